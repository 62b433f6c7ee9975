"""Is a classifier still the one that was taken in? Told by what it makes of images that no file holds."""

from __future__ import annotations

import torch
from torch import nn

MOST = 16  # outputs that are remembered of each image
APART = 0.02  # difference, relative to the largest, that no other machine makes


@torch.no_grad()
def logits(module: nn.Module, preprocessing: dict) -> list[list[float]] | None:
    """The first logits of two ramps of grey, of a module in evaluation mode; None where it says two things of one image."""
    size, channels = preprocessing["size"] or [32, 32], len(preprocessing["mean"])
    images = torch.linspace(-1, 1, 2 * channels * size[0] * size[1]).reshape(2, channels, *size)
    first, second = (module(images)[:, :MOST].double() for _ in range(2))
    return first.tolist() if torch.equal(first, second) else None


def confirm(module: nn.Module, info: dict) -> None:
    """Compare a module that was built again with what ``model.json`` remembers of it.

    Raises:
        ValueError: It says something else: part of it is no weight, and drawn anew whenever it is built.
    """
    told = info.get("remembered")
    if told is None:
        return
    before, now = torch.tensor(told, dtype=torch.float64), torch.tensor(logits(module, info["preprocessing"]) or [])
    if before.shape != now.shape or (before - now).abs().max() > APART * before.abs().max().clamp(min=1):
        raise ValueError(
            f"classifier {info['architecture']}: found other logits than when it was taken in, of the same image with the same "
            "weights, expected the same; is something drawn at random when it is built that is not in its state dict "
            "(register_buffer it), or is a file that it reads another? then take it in again: --forcerun import_classifier"
        )
