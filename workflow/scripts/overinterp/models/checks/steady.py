"""Can a search go by what a classifier says: is it the same of an image in every pass? Asked before any search."""

from __future__ import annotations

import numpy as np
from torch import nn

from overinterp.data.source import Source
from overinterp.evaluation import logits
from overinterp.pixels import to_float
from overinterp.search.passes import in_passes

IMAGES = 16  # at most, that are shown again
STEADY = 0.01  # of the largest logit: by more, an image's logits may not differ from pass to pass


def confirm_steady(network: nn.Module, source: Source, device: str) -> None:
    """Refuse a classifier whose logits of the same images differ when they are shown again, or one by one.

    Args:
        network: From pixel-space images to logits.
        source: The first `IMAGES` are shown.
        device: Where.

    Raises:
        ValueError: Naming how they were shown, and the largest difference.
    """
    numbers = np.arange(min(IMAGES, len(source)))
    images = to_float(source.read(numbers), device)
    first = logits(network, source, numbers, device=device)
    limit = STEADY * max(1.0, float(np.abs(first).max()))
    for how, other in (
        ("again", logits(network, source, numbers, device=device)),
        ("alone", in_passes(network, images, 1).cpu().numpy()),
    ):
        with np.errstate(invalid="ignore"):  # of logits that are not finite; `known.verdict` refuses those
            apart = float(np.abs(other - first).max())
        if apart > limit:
            raise ValueError(
                f"classifier: found logits of the same images that differ by {apart:.3g} when they are shown {how}, expected "
                "the same: something is drawn anew in each pass (F.dropout wants training=self.training), or depends on the "
                "rest of the batch (normalisation that is still training)"
            )
