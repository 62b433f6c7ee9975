"""Which pixels of an image a view shows: one function a mask. A mask is looked up by the image's number, never by its place.

Every function here takes ``shape`` (H, W), ``view`` (the config's block), ``orderings`` (an iterator of those that choose, or
None) and ``seed``, and returns a `Masks`, or None for all pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from overinterp import sis
from overinterp.search.ordering import kept_pixels

REMEMBERED = 2**31  # bits of random masks that are kept for the next epoch


@dataclass(frozen=True)
class Masks:
    """Masks of some images.

    Attributes:
        find: From numbers of images (n,) to bool (n, H, W), True where a pixel is kept.
        numbers: (N,) the images that have one; None for every image.
        count: Pixels kept of every image; None where they differ.
    """

    find: Callable[[np.ndarray], np.ndarray]
    numbers: np.ndarray | None = None
    count: int | None = None

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """bool (n, H, W)."""
        return self.find(np.asarray(numbers, np.int64))


def everything(shape, view, orderings, seed) -> None:
    """All pixels."""
    return None


def kept(shape, view, orderings, seed) -> Masks:
    """The pixels that a search removes last: a fraction of them, or the sufficient input subset at a threshold.

    Held as bits, so that 50,000 masks of 1,024 pixels take 6.4 MB. Images without a subset at the threshold, or below it as a
    whole, have no mask. Masks of a fraction are read when the first of them is asked for: a training on what is packed asks for
    none.

    Raises:
        ValueError: No orderings, or an image is in more than one of them.
    """
    if "threshold" in view:
        index, _, packed = packed_masks(view, orderings)
        return Masks(stored(index, packed, shape, view), index)

    @cache
    def read():
        index, _, packed = packed_masks(view, orderings)
        return stored(index, packed, shape, view)

    return Masks(lambda asked: read()(asked), count=kept_pixels(int(np.prod(shape)), view["fraction"]))


def stored(index: np.ndarray, packed: np.ndarray, shape, view) -> Callable[[np.ndarray], np.ndarray]:
    """A function from numbers of images (n,) to masks, bool (n, H, W).

    Args:
        index: (N,) numbers of the images that have one, rising.
        packed: Their bits (N, ceil(P / 8)).
        shape: (H, W).
        view: Whose masks they are.
    """

    def find(asked):
        place = np.minimum(np.searchsorted(index, asked), len(index) - 1)
        missing = asked[index[place] != asked]
        if len(missing):
            found = f"no mask of image {missing[0]}, expected one of each of {len(index)} images searched"
            raise ValueError(f"mask {view['mask']}: found {found}")
        return unpacked(packed[place], shape)

    return find


def packed_masks(view, orderings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks that orderings choose: numbers (N,) of the images that have one, rising, their labels (N,), bits (N, ceil(P / 8)).

    Raises:
        ValueError: No orderings, or an image is in more than one of them.
    """
    numbers, labels, bits = [], [], []
    for ordering in orderings or ():
        has_one, mask = chosen(ordering, view)
        numbers.append(ordering.index[has_one])
        labels.append(ordering.label[has_one])
        bits.append(np.packbits(mask.reshape(len(mask), mask.shape[1] * mask.shape[2]), axis=1))
    if not numbers:
        raise ValueError(f"mask {view['mask']}: found no orderings, expected those of the search that chooses the pixels")
    index = np.concatenate(numbers)
    if len(np.unique(index)) != len(index):
        raise ValueError(f"mask {view['mask']}: found an image in more than one shard, expected each once")
    order = np.argsort(index, kind="stable")
    return index[order], np.concatenate(labels)[order], np.concatenate(bits)[order]


def chosen(ordering, view) -> tuple[np.ndarray, np.ndarray]:
    """Which images of an ordering have a mask, bool (N,), and these masks, bool (n, H, W).

    Of a fraction all have one, at a threshold those that reach it as a whole and have a sufficient input subset.
    """
    if "threshold" not in view:
        return np.ones(len(ordering), bool), ordering.kept_fraction(view["fraction"])
    subsets = sis.find_sis(ordering, view["threshold"])
    return subsets.usable, sis.masks(ordering, subsets)[subsets.usable]


def unpacked(bits: np.ndarray, shape) -> np.ndarray:
    """bool (n, H, W) of bits (n, ceil(P / 8))."""
    return np.unpackbits(bits, axis=1, count=int(np.prod(shape))).astype(bool).reshape(-1, *shape)


def of_image(seed, number: int) -> np.random.Generator:
    """What is drawn for one image: a function of the seed and its number alone."""
    return np.random.default_rng([*np.atleast_1d(seed), number])


def random(shape, view, orderings, seed) -> Masks:
    """As many pixels, uniformly at random: one fixed mask an image, a function of the seed and the image's number alone."""
    pixels = int(np.prod(shape))
    count = kept_pixels(pixels, view["fraction"])

    @lru_cache(maxsize=max(1, REMEMBERED // pixels))
    def draw(number):
        generator = np.random.PCG64(seed)
        generator.advance(number * pixels)
        drawn = np.random.Generator(generator).random(pixels)
        mask = np.zeros(pixels, bool)
        mask[np.argpartition(drawn, count - 1)[:count]] = True  # the smallest
        return np.packbits(mask)

    def find(asked):
        return unpacked(np.stack([draw(number) for number in asked.tolist()]), shape)

    return Masks(find, count=count)


def border(shape, view, orderings, seed) -> Masks:
    """As many pixels, from the edge inwards: whole rings, and of the next ring as many as are left, spread evenly along it."""
    return _same_for_all(shape, inwards(shape)[: kept_pixels(int(np.prod(shape)), view["fraction"])])


def center(shape, view, orderings, seed) -> Masks:
    """As many pixels, from the center outwards: what `border` leaves of the image."""
    pixels = int(np.prod(shape))
    return _same_for_all(shape, inwards(shape)[pixels - kept_pixels(pixels, view["fraction"]) :])


def inwards(shape) -> np.ndarray:
    """(P,) row-major pixel numbers, ring after ring from the edge inwards.

    Along a ring, clockwise from the middle of its left side, places follow one another by the golden section of its length, so
    that any number of them is spread evenly.
    """
    height, width = shape
    row, column = np.divmod(np.arange(height * width), width)
    ring = np.minimum(np.minimum(row, height - 1 - row), np.minimum(column, width - 1 - column))
    found = []
    for number in range(ring.max() + 1):
        here = np.flatnonzero(ring == number)
        angle = np.arctan2(row[here] - (height - 1) / 2, column[here] - (width - 1) / 2)
        along = here[np.argsort(angle, kind="stable")]
        golden = (np.arange(len(along)) * (5**0.5 - 1) / 2) % 1
        found.append(along[np.argsort(np.argsort(golden, kind="stable"), kind="stable")])
    return np.concatenate(found)


def _same_for_all(shape, pixels: np.ndarray) -> Masks:
    mask = np.zeros(int(np.prod(shape)), bool)
    mask[pixels] = True
    mask = mask.reshape(shape)
    return Masks(lambda asked: np.repeat(mask[None], len(asked), axis=0), count=len(pixels))
