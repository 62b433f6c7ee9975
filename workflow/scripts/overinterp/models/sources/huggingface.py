"""Image classifiers of Hugging Face's transformers, from a local folder or from the hub at a revision. No remote code, ever."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from overinterp.models.sources.taken import Taken, imagenet_ids, unreachable

NAMES = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}  # Pillow's numbers


class Logits(nn.Module):
    """A model whose answer is an object, as a function to its logits."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, images):
        """Logits (N, K) of normalised images (N, C, H, W)."""
        return self.model(pixel_values=images).logits


def take(entry: dict) -> Taken:
    """A model for image classification, with its image processor's preprocessing; the processor's class is recorded.

    Raises:
        ValueError: transformers is missing, there is no revision for a name of the hub, the hub cannot be reached, weights are
            not safetensors, or the processor does what is not resize, crop, 1/255 and normalise.
    """
    try:
        from transformers import AutoImageProcessor, AutoModelForImageClassification
    except ImportError as error:
        raise ValueError(
            "huggingface: found no library transformers, expected it: pip install -r requirements-huggingface.txt"
        ) from error
    name, key = entry["model"], f"classifiers.{entry['name']}"
    local = Path(name).is_dir()
    if not local and not entry.get("revision"):
        raise ValueError(f"{key}.revision: found none and no folder {name}, expected the commit of the hub's repository")
    where = {"trust_remote_code": False} | ({"local_files_only": True} if local else {"revision": entry["revision"]})
    try:
        model = AutoModelForImageClassification.from_pretrained(name, use_safetensors=None if entry["trust"] else True, **where)
        processor = AutoImageProcessor.from_pretrained(name, **where)
    except Exception as error:  # the hub's client and the library raise many kinds
        if local:
            raise ValueError(f"{name}: cannot be read as a model of transformers ({error})") from error
        raise unreachable(f"{name}@{entry['revision']}", error) from error
    names = [model.config.id2label[number] for number in range(model.config.num_labels)]
    spec = {"config": model.config.to_dict(), "model_type": model.config.model_type, "processor": type(processor).__name__}
    return Taken(Logits(model), _preprocessing(processor, key), spec, names, imagenet_ids(len(names)))


def _preprocessing(processor, key: str) -> dict:
    def said(name, default=None):
        value = getattr(processor, name, default)
        return default if value is None else value

    if said("do_rescale", True) and abs(said("rescale_factor", 1 / 255) - 1 / 255) > 1e-6:
        raise ValueError(f"{key}: found a processor that rescales by {processor.rescale_factor}, expected 1/255")
    normalised = said("do_normalize", True)
    return {
        "resize": _size(said("size"), key) if said("do_resize", True) else None,
        "crop": _size(said("crop_size"), key) if said("do_center_crop", False) else None,
        "interpolation": NAMES[int(said("resample", 2))],
        "mean": list(said("image_mean")) if normalised else [0.0, 0.0, 0.0],
        "std": list(said("image_std")) if normalised else [1.0, 1.0, 1.0],
    }


def _size(size, key: str):
    size = dict(size) if not isinstance(size, int) else {"shortest_edge": size}
    size = {name: value for name, value in size.items() if value is not None}
    if set(size) == {"height", "width"}:
        return [size["height"], size["width"]]
    if set(size) == {"shortest_edge"}:
        return size["shortest_edge"]
    raise ValueError(f"{key}.preprocessing: found size {size} with this model, expected resize and crop here")


def rebuild(spec: dict) -> nn.Module:
    """The model without weights."""
    from transformers import AutoConfig, AutoModelForImageClassification

    known = {key: value for key, value in spec["config"].items() if key not in ("model_type", "transformers_version")}
    return Logits(AutoModelForImageClassification.from_config(AutoConfig.for_model(spec["model_type"], **known)))
