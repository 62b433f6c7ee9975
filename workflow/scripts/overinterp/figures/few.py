"""Grey of what is of too few images for an interval."""

from __future__ import annotations

from overinterp.statistics import FEWEST_IMAGES

GREY = "0.7"


def greyed(colour: str, images: float) -> str:
    """The colour, or grey where the images are too few for an interval."""
    return colour if images >= FEWEST_IMAGES else GREY
