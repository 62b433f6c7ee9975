"""Classifiers of timm: weights from the hub, by the model's tag and a revision, or from a file."""

from __future__ import annotations

from torch import nn

from overinterp.models.sources.taken import Taken, file_of, imagenet_ids, unreachable
from overinterp.models.weights import fit, outputs_in, read_weights


def take(entry: dict) -> Taken:
    """A model of timm, with the data configuration that belongs to its tag.

    Raises:
        ValueError: No such model, weights from the hub without tag or revision, or weights that do not fit or cannot be fetched.
    """
    import timm

    name, file, key = entry["model"], file_of(entry), f"classifiers.{entry['name']}"
    if not timm.is_model(name):
        near = ", ".join(timm.list_models(f"*{name.split('.')[0][:8]}*")[:5]) or "timm.list_models()"
        raise ValueError(f"{key}.model: found {name!r}, expected a model of timm, such as {near}")
    if file:
        state = read_weights(file, entry["trust"])
        classes = outputs_in(state, lambda k: rebuild({"model": name, "classes": k}), 1000, file)
        spec = {"model": name, "classes": classes}
        module = fit(rebuild(spec), state, file)
    else:
        module, spec = _from_hub(entry, key)
    return Taken(module, _preprocessing(module, key), spec, _names(spec["classes"]), imagenet_ids(spec["classes"]))


def _from_hub(entry: dict, key: str):
    import timm

    name = entry["model"]
    if "." not in name:
        tags = ", ".join(timm.list_pretrained(f"{name}.*")[:5])
        raise ValueError(
            f"{key}.model: found {name!r}, expected a name with its tag, such as {tags}: weights of a name alone change"
        )
    if not entry.get("revision"):
        raise ValueError(
            f"{key}.revision: found none, expected the commit of the hub's repository, so that weights stay the same"
        )
    hub = timm.get_pretrained_cfg(name).hf_hub_id
    try:
        module = timm.create_model(name, pretrained=True, pretrained_cfg_overlay={"hf_hub_id": f"{hub}@{entry['revision']}"})
    except Exception as error:  # the hub's client raises many kinds
        raise unreachable(f"{hub}@{entry['revision']}", error) from error
    return module, {"model": name, "classes": module.num_classes}


def _preprocessing(module: nn.Module, key: str) -> dict:
    from timm.data import resolve_model_data_config

    config = resolve_model_data_config(module)
    _, height, width = config["input_size"]
    if config["crop_mode"] not in ("center", "squash"):
        raise ValueError(
            f"{key}.preprocessing: found crop mode {config['crop_mode']!r} with this model, expected resize and crop here"
        )
    shorter = int(min(height, width) / config["crop_pct"])
    squashed = config["crop_mode"] == "squash"
    return {
        "resize": [int(height / config["crop_pct"]), int(width / config["crop_pct"])] if squashed else shorter,
        "crop": [height, width],
        "interpolation": config["interpolation"],
        "mean": list(config["mean"]),
        "std": list(config["std"]),
    }


def _names(classes: int) -> list[str] | None:
    if classes != 1000:
        return None
    from timm.data import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    return [info.index_to_description(number).split(",")[0] for number in range(classes)]


def rebuild(spec: dict) -> nn.Module:
    """The model without weights."""
    import timm

    return timm.create_model(spec["model"], pretrained=False, num_classes=spec["classes"])
