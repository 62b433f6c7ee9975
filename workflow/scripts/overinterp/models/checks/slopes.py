"""Can a search go by slopes of what a classifier says? Asked before any search, and where one by slopes begins."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from overinterp.data.source import Source
from overinterp.pixels import to_float


def confirm_slopes(network: nn.Module, source: Source, device: str) -> None:
    """Refuse a classifier without a gradient with respect to the image, which all searches but `exact` go by.

    Raises:
        ValueError: It has none.
    """
    image = to_float(source.read(np.arange(1)), device).requires_grad_(True)
    with torch.enable_grad():
        found = network(image)
    if not found.requires_grad:
        raise ValueError(
            "classifier: found no gradient of its outputs with respect to the image, expected one, for every search but `exact` "
            "goes by it; take torch.no_grad(), .detach() or .numpy() out of its forward pass"
        )
