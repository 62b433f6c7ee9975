"""The ordering of an image's pixels: the result of every search, and the centre of the project."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import numpy as np


@dataclass(frozen=True)
class Ordering:
    """Orderings of the P pixels of N images, in which they were removed, and the log-odds on the way.

    Invariant: blanking ``order[i, :removed[i, j]]`` of image i gives ``log_odds[i, j]``, up to float noise.

    Attributes:
        order: (N, P) uint16 (uint32 above 65,536 pixels), row-major pixel numbers, first removed first.
        removed: (N, S + 1) int32, non-decreasing: pixels removed at each recorded column. Column 0 is the start
            (0, or the number masked beforehand), the last is P; short rows repeat their last pair.
        log_odds: (N, S + 1) float32, of the target class at those columns.
        target: (N,) int64, class whose confidence the search kept.
        label: (N,) int64, true class.
        predicted: (N,) int64, class predicted on the full image.
        index: (N,) int64, number of the image in its split.
        ties: (N,) int32, steps decided by the tie rule: the last pixel taken and the first left out scored the same.
        near_ties: (N,) int32, steps whose two differ, but by less than float32 noise; steps by a ranking are not counted.
        height: Rows of the image.
        width: Columns of the image.
        meta: How and of what it was made; plain values.
    """

    order: np.ndarray
    removed: np.ndarray
    log_odds: np.ndarray
    target: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    index: np.ndarray
    ties: np.ndarray
    near_ties: np.ndarray
    height: int
    width: int
    meta: dict = field(default_factory=dict)

    ARRAYS: ClassVar = ("order", "removed", "log_odds", "target", "label", "predicted", "index", "ties", "near_ties")

    def __len__(self) -> int:
        return len(self.order)

    @property
    def common(self) -> dict:
        """What is not of one image, and the same in all shards of a search."""
        return {"height": self.height, "width": self.width, "meta": self.meta}

    @property
    def pixels(self) -> int:
        """P, pixels of an image."""
        return self.height * self.width

    @property
    def confidence(self) -> np.ndarray:
        """(N, S + 1) float64: softmax probability of the target class at each column."""
        return 1 / (1 + np.exp(-self.log_odds.astype(np.float64)))

    def confidence_after(self, removed) -> np.ndarray:
        """Confidence at the last recorded column with at most so many pixels removed, else at the first.

        Args:
            removed: Whole numbers, (k,) of every image or (N, k).

        Returns:
            (N, k) float64.
        """
        asked = np.broadcast_to(removed, (len(self), np.shape(removed)[-1]))
        columns = [np.searchsorted(own, most, side="right") - 1 for own, most in zip(self.removed, asked, strict=True)]
        return np.take_along_axis(self.confidence, np.maximum(np.array(columns, np.int64).reshape(asked.shape), 0), 1)

    @property
    def correct(self) -> np.ndarray:
        """(N,) bool: the full image is classified rightly."""
        return self.predicted == self.label

    def kept_after(self, removed: np.ndarray) -> np.ndarray:
        """Pixels left after removing the first so many of the order.

        Args:
            removed: (N,) whole numbers in [0, P].

        Returns:
            bool (N, H, W), True where a pixel is left.
        """
        kept = np.zeros(self.order.shape, bool)
        late = np.arange(self.pixels) >= np.asarray(removed)[:, None]
        np.put_along_axis(kept, self.order.astype(np.int64), late, axis=1)
        return kept.reshape(-1, self.height, self.width)

    def kept_fraction(self, fraction: float) -> np.ndarray:
        """Backselect subsets: the last ceil(fraction * P) pixels of the order.

        Returns:
            bool (N, H, W), True where a pixel is kept.
        """
        return self.kept_after(np.full(len(self), self.pixels - kept_pixels(self.pixels, fraction)))

    def ranks(self) -> np.ndarray:
        """(N, P) int: the step at which each row-major pixel stands in the order, 0 removed first."""
        return np.argsort(self.order, axis=1)

    def select(self, numbers) -> Ordering:
        """The orderings of the images with these numbers, in this order.

        Raises:
            ValueError: An image is not here.
        """
        place = {number: row for row, number in enumerate(self.index.tolist())}
        missing = [int(number) for number in numbers if int(number) not in place]
        if missing:
            raise ValueError(f"orderings: found no image {missing[0]}, expected one of the {len(self)} that were searched")
        return self.take(np.array([place[int(number)] for number in numbers], np.int64))

    def take(self, rows) -> Ordering:
        """The orderings of some of the images."""
        return Ordering(**{name: getattr(self, name)[rows] for name in self.ARRAYS}, **self.common)


def kept_pixels(pixels: int, fraction: float) -> int:
    """Pixels that a kept fraction means: ceil(fraction * pixels), rounded first to 6 digits against float noise."""
    return int(np.ceil(round(fraction * pixels, 6)))


Part = TypeVar("Part")  # `Ordering`, or what `overinterp.search.kept` leaves of it


def concatenate(parts: list[Part]) -> Part:
    """One ordering of all images of several; columns are padded by repeating each row's last pair.

    Parts by different versions of the code go together: whoever has Snakemake keep old results in spite of changed code means it.
    The whole names all versions.

    Raises:
        ValueError: No parts, or parts of different sizes or searches.
    """
    if not parts:
        raise ValueError("orderings: found none, expected at least one shard")
    first, codes = parts[0], sorted({part.meta["code"] for part in parts if "code" in part.meta})
    ours = _compared(first)
    for part in parts[1:]:
        theirs = _compared(part)
        if theirs != ours:
            key = next(key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key))
            raise ValueError(
                f"orderings: found shards of different searches, {key} {theirs.get(key)} and {ours.get(key)}; expected one "
                "search: delete the older ones and run again"
            )
    columns = max(part.log_odds.shape[1] for part in parts)
    arrays = {}
    for name in first.ARRAYS:
        values = [getattr(part, name) for part in parts]
        if name in ("removed", "log_odds"):
            values = [np.pad(v, ((0, 0), (0, columns - v.shape[1])), mode="edge") for v in values]
        arrays[name] = np.concatenate(values)
    common = {**first.common, "meta": {**first.meta, **({"code": "+".join(codes)} if codes else {})}}
    return type(first)(**arrays, **common)


def _compared(part) -> dict:
    """What has to be the same in all parts of a whole."""
    common = {**part.common, **part.meta}
    return {key: value for key, value in common.items() if key not in ("meta", "code")}
