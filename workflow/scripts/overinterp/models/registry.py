"""Our architectures by name."""

from __future__ import annotations

from torch import nn

from overinterp.plan.lists import ARCHITECTURES, find


def build(architecture: str, channels: int, classes: int) -> nn.Module:
    """An untrained network.

    Args:
        architecture: A name in `overinterp.plan.lists.ARCHITECTURES`.
        channels: Channels of the images.
        classes: Number of classes.

    Raises:
        ValueError: There is no such architecture.
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture: found {architecture!r}, expected one of {', '.join(ARCHITECTURES)}")
    return find(ARCHITECTURES[architecture])(channels, classes)
