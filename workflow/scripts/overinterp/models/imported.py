"""Taking in a classifier: from its entry in the config to what is kept of it, checked on the way."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import nn

from overinterp.data import geometry
from overinterp.models.checks import remembered
from overinterp.models.sources.taken import KEYS, Taken
from overinterp.plan.lists import SOURCES, find

logger = logging.getLogger(__name__)


def take(entry: dict) -> tuple[Taken, dict]:
    """Load a classifier from its source and try it once.

    Args:
        entry: An item of the config's ``classifiers``.

    Returns:
        The classifier, and its content of ``model.json``: source, architecture, classes, class_names, class_ids, preprocessing
        (with size, [H, W] or None), parameters, notes.

    Raises:
        ValueError: What the source says; or preprocessing is incomplete, or the module does not give logits (N, K).
    """
    taken = find(SOURCES[entry["from"]]).take(entry)
    taken.module = taken.module.eval()
    preprocessing = preprocessing_of(entry, taken.preprocessing)
    classes = try_out(entry, taken.module, preprocessing)
    names = taken.class_names
    if "class_names" in entry:
        try:
            lines = Path(entry["class_names"]).read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise ValueError(f"{entry['class_names']}: found no UTF-8 ({error}), expected a name a line") from error
        names = [line.strip() for line in lines if line.strip()]
    if names is not None and len(names) != classes:
        raise ValueError(f"classifiers.{entry['name']}.class_names: found {len(names)}, expected {classes}, one an output")
    for note in taken.notes:
        logger.info(note)
    return taken, {
        "source": {key: entry[key] for key in ("from", "model", "weights", "revision", "trust") if key in entry},
        "spec": taken.spec,
        "architecture": entry["model"],
        "classes": classes,
        "class_names": names,
        "class_ids": taken.class_ids,
        "preprocessing": preprocessing,
        "remembered": remembered.logits(taken.module, preprocessing),
        "parameters": sum(value.numel() for value in taken.module.parameters()),
        "notes": taken.notes,
    }


def preprocessing_of(entry: dict, own: dict) -> dict:
    """What the config says, key by key, else what the source knows.

    Raises:
        ValueError: mean or std is said by neither, or they are of different lengths.
    """
    found = {"resize": None, "crop": None, "interpolation": "bilinear", "mean": None, "std": None, **own}
    found = {key: entry.get("preprocessing", {}).get(key, found[key]) for key in KEYS}
    for key in ("mean", "std"):
        if found[key] is None:
            raise ValueError(
                f"classifiers.{entry['name']}.preprocessing.{key}: found none, expected one value a channel: {entry['from']} "
                "does not know it"
            )
    if len(found["mean"]) != len(found["std"]):
        raise ValueError(
            f"classifiers.{entry['name']}.preprocessing: found {len(found['mean'])} means and {len(found['std'])} stds"
        )
    if found["interpolation"] not in geometry.INTERPOLATIONS:
        found = found["interpolation"]
        raise ValueError(f"classifiers.{entry['name']}.preprocessing.interpolation: found {found!r}, expected one of Pillow's")
    size = geometry.size_of(found)
    return {**found, "size": list(size) if size else None}


@torch.no_grad()
def try_out(entry: dict, module: nn.Module, preprocessing: dict) -> int:
    """Number of outputs K, from showing the module two and three images.

    Raises:
        ValueError: It does not take a batch of such images, or gives something else than finite logits (N, K), K at least 2.
    """
    name, size, channels = entry["name"], preprocessing["size"] or [32, 32], len(preprocessing["mean"])
    for count in (2, 3):
        images = torch.linspace(-1, 1, count * channels * size[0] * size[1]).reshape(count, channels, *size)
        try:
            logits = module(images)
        except (Exception, SystemExit) as error:  # whatever a module raises for an input that it does not take
            shape = f"{count} images of {channels}x{size[0]}x{size[1]}"
            said = [*str(error).splitlines(), type(error).__name__][0]  # an assertion says nothing
            raise ValueError(
                f"classifier {name}: found an error for {shape} ({said}); {_mended(entry, module, preprocessing)}"
            ) from error
        if not isinstance(logits, torch.Tensor):
            raise ValueError(
                f"classifier {name}: found {_kind(logits)} from its forward pass, expected a tensor of logits (N, K); wrap it "
                "in a function of yours (from: python)"
            )
        if logits.shape in ((count,), (count, 1)):
            raise ValueError(
                f"classifier {name}: found one number an image, shape {tuple(logits.shape)}, expected logits ({count}, K), K >= "
                "2; of one logit z, (N, 1), return torch.cat([torch.zeros_like(z), z], 1), class 0 first; of a sigmoid take its "
                "logit(eps=1e-6) before"
            )
        if logits.dim() != 2 or len(logits) != count or logits.shape[1] < 2:
            raise ValueError(
                f"classifier {name}: found logits of shape {tuple(logits.shape)} for {count} images, expected ({count}, K), "
                "K >= 2"
            )
        if not logits.isfinite().all():
            raise ValueError(
                f"classifier {name}: found logits that are not finite, expected finite ones; are its weights damaged, or are "
                "they made of probabilities, which round to 0 and 1 (p.logit(eps=1e-6))?"
            )
    return logits.shape[1]


def _mended(entry: dict, module: nn.Module, preprocessing: dict) -> str:
    """What to do about a module that does not take the images it is tried on."""
    kinds = {str(weight.dtype).removeprefix("torch.") for weight in module.parameters()} - {"float32"}
    if kinds:
        return f"its weights are {' and '.join(sorted(kinds))}, images float32: return net.float(), or turn images to its kind"
    side, found = preprocessing["resize"] or 224, "check preprocessing: its size, and mean and std, one value a channel"
    if preprocessing["size"] is None:
        found = (
            "tried at 32x32 because preprocessing names no size (resize: 224 is the shorter side alone); set crop: "
            f"{side} or resize: [{side}, {side}] if that is what it takes, else check mean and std, one value a channel"
        )
    return found + (", and export with a batch of any size" if entry["from"] == "exported" else "")


def _kind(value) -> str:
    if isinstance(value, dict):
        return f"a dict with keys {', '.join(map(str, list(value)[:5]))}"
    return f"a {type(value).__name__}" + (f" of {len(value)}" if isinstance(value, tuple | list) else "")
