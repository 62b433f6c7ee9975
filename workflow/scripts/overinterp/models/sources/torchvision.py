"""Classifiers of torchvision: weights by their name (IMAGENET1K_V1) or from a file."""

from __future__ import annotations

import inspect
import re
from urllib.error import URLError

from torch import nn

from overinterp.artifacts.files import sha256
from overinterp.models.sources.taken import Taken, file_of, imagenet_ids, unreachable
from overinterp.models.weights import fit, outputs_in, read_weights


def take(entry: dict) -> Taken:
    """A model of `torchvision.models`, with the transforms and the class names that belong to its weights.

    A file that is one of torchvision's own, told by its digest, is treated as those weights. Any other file of 1,000 outputs is
    taken to want the transforms of the model's default weights, which is noted.

    Raises:
        ValueError: No such model or weights, or weights that do not fit or cannot be fetched.
    """
    from torchvision import models

    name, weights, notes = entry["model"], entry.get("weights"), []
    if name not in models.list_models(module=models):
        raise ValueError(f"classifiers.{entry['name']}.model: found {name!r}, expected a classification model of torchvision")
    known = models.get_model_weights(name)
    if isinstance(weights, dict):
        file = file_of(entry)
        chosen = next((w for w in known if (m := re.search(r"-([0-9a-f]{8})\.", w.url)) and sha256(file).startswith(m[1])), None)
        state = read_weights(file, entry["trust"])
        spec = {"model": name, "options": _options(name, state, chosen is not None)}
        spec["classes"] = outputs_in(state, lambda k: rebuild({**spec, "classes": k}), 1000, file)
        module = fit(rebuild(spec), state, file)
        if chosen is None:
            notes.append(
                f"{file}: not one of torchvision's files; preprocessing is that of {known.DEFAULT} unless the config says other"
            )
        chosen = chosen or known.DEFAULT
    else:
        if weights is None or weights not in known.__members__ or weights == "DEFAULT":
            allowed = ", ".join(w.name for w in known)
            raise ValueError(f"classifiers.{entry['name']}.weights: found {weights!r}, expected one of {allowed}, or a file")
        chosen = known[weights]
        try:
            state = chosen.get_state_dict(check_hash=True)
        except (URLError, OSError, RuntimeError) as error:
            raise unreachable(chosen.url, error) from error
        spec = {"model": name, "options": _options(name, state, True), "classes": len(chosen.meta["categories"])}
        module = fit(rebuild(spec), state, chosen.url)
    transforms = chosen.transforms()
    preprocessing = {
        "resize": transforms.resize_size[0],
        "crop": transforms.crop_size[0],
        "interpolation": transforms.interpolation.value,
        "mean": list(transforms.mean),
        "std": list(transforms.std),
    }
    same = len(chosen.meta["categories"]) == spec["classes"]
    return Taken(
        module, preprocessing, spec, list(chosen.meta["categories"]) if same else None, imagenet_ids(spec["classes"]), notes
    )


def _options(name: str, state: dict, official: bool) -> dict:
    """What some builders want to know beside the number of classes."""
    from torchvision import models

    allowed = inspect.signature(models.get_model_builder(name)).parameters
    kinds = inspect.signature({"inception_v3": models.Inception3, "googlenet": models.GoogLeNet}.get(name, nn.Module)).parameters
    if "transform_input" not in {**allowed, **kinds}:
        return {}
    with_aux = any(".AuxLogits." in f".{key}" or ".aux1." in f".{key}" for key in state)
    return {"transform_input": official, "aux_logits": with_aux, "init_weights": False}


def rebuild(spec: dict) -> nn.Module:
    """The model without weights."""
    from torchvision import models

    return models.get_model(spec["model"], weights=None, num_classes=spec["classes"], **spec["options"])
