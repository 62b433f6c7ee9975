"""What is left of orderings where kept fractions alone are wanted, as for the masks of a large training set: a bit a pixel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from overinterp.search.ordering import Ordering, kept_pixels


@dataclass(frozen=True)
class Kept:
    """Kept fractions of N images: 11 KB an image of 299x299 and fraction, where its ordering takes 360.

    Attributes:
        bits: (N, F, ceil(P / 8)) uint8: for each fraction the mask of kept pixels, row-major, packed.
        log_odds: (N, F) float32, of the target class on the kept pixels alone; NaN where the search recorded no such step.
        target: (N,) int64, class whose confidence the search kept.
        label: (N,) int64, true class.
        predicted: (N,) int64, class predicted on the full image.
        index: (N,) int64, number of the image in its split.
        ties: (N,) int32, steps of the search decided by the tie rule.
        fractions: The F kept fractions.
        height: Rows of the image.
        width: Columns of the image.
        meta: How and of what it was made; plain values.
    """

    bits: np.ndarray
    log_odds: np.ndarray
    target: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    index: np.ndarray
    ties: np.ndarray
    fractions: tuple[float, ...]
    height: int
    width: int
    meta: dict = field(default_factory=dict)

    ARRAYS: ClassVar = ("bits", "log_odds", "target", "label", "predicted", "index", "ties")

    @classmethod
    def of(cls, ordering: Ordering, fractions) -> Kept:
        """What is kept of orderings at some fractions."""
        masks = np.stack([ordering.kept_fraction(fraction) for fraction in fractions], axis=1)
        log_odds = np.full((len(ordering), len(fractions)), np.nan, np.float32)
        for place, fraction in enumerate(fractions):
            at = ordering.removed == ordering.pixels - kept_pixels(ordering.pixels, fraction)
            rows = np.flatnonzero(at.any(1))
            log_odds[rows, place] = ordering.log_odds[rows, at[rows].argmax(1)]
        same = {name: getattr(ordering, name) for name in ("target", "label", "predicted", "index", "ties")}
        bits = np.packbits(masks.reshape(*masks.shape[:2], -1), axis=2)
        return cls(bits, log_odds, **same, fractions=tuple(fractions), **ordering.common)

    def __len__(self) -> int:
        return len(self.index)

    @property
    def common(self) -> dict:
        """What is not of one image, and the same in all shards of a search."""
        return {"fractions": self.fractions, "height": self.height, "width": self.width, "meta": self.meta}

    def kept_fraction(self, fraction: float) -> np.ndarray:
        """bool (N, H, W), True where a pixel is kept.

        Raises:
            ValueError: This fraction was not stored.
        """
        if fraction not in self.fractions:
            raise ValueError(f"masks: found fractions {', '.join(map(str, self.fractions))}, expected {fraction} among them")
        bits = self.bits[:, self.fractions.index(fraction)]
        return np.unpackbits(bits, axis=1, count=self.height * self.width).astype(bool).reshape(-1, self.height, self.width)
