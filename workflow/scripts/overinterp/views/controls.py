"""Masks that ask what of a teacher's masks matters: other images' masks, and random ones that lie where masks lie.

All take ``orderings`` of the images shown, a fraction or a threshold (of sufficient input subsets; images without one have no
mask), and a seed. Of a fraction each keeps as many pixels of every image as the teacher's masks do.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from overinterp.search.ordering import kept_pixels
from overinterp.views.masks import REMEMBERED, Masks, of_image, packed_masks, stored, unpacked

DEALT = 2**32  # beyond the number of every image


def matched(shape, view, orderings, seed) -> Masks:
    """Random pixels, each as often as the teacher's masks keep it: where these lie in general, and nothing of the image.

    Systematic sampling along a random order of the pixels (Madow 1949): each pixel is kept with the very probability of its
    share of masks, and of each image as many. At a threshold masks differ in size, which can tell the class: sizes are dealt out
    anew among the images, and so many pixels drawn one after another, each time with chances like the shares of masks that keep
    the pixels left. Places of small subsets are so kept nearly; large ones are spread more evenly.
    """
    pixels = int(np.prod(shape))
    if "threshold" in view:
        return _matched_subsets(shape, view, orderings, seed)
    count = kept_pixels(pixels, view["fraction"])

    @cache
    def times():
        """Masks that keep each pixel (P,), and masks."""
        _, _, packed = packed_masks(view, orderings)
        return _times(packed, pixels), len(packed)

    @lru_cache(maxsize=max(1, REMEMBERED // pixels))
    def draw(number):
        kept, masks = times()
        generator = of_image(seed, number)
        order = generator.permutation(pixels)
        points = generator.integers(masks) + masks * np.arange(count)
        mask = np.zeros(pixels, bool)
        mask[order[np.searchsorted(kept[order].cumsum(), points, side="right")]] = True
        return np.packbits(mask)

    return Masks(lambda asked: unpacked(np.stack([draw(number) for number in asked.tolist()]), shape), count=count)


def _matched_subsets(shape, view, orderings, seed) -> Masks:
    index, _, packed = packed_masks(view, orderings)
    times, drawn = _times(packed, int(np.prod(shape))), np.zeros_like(packed)
    sizes = of_image(seed, DEALT).permutation(np.bitwise_count(packed).sum(1, dtype=np.int64))
    for row, (number, size) in enumerate(zip(index.tolist(), sizes.tolist(), strict=True)):
        mask = np.zeros(len(times), bool)
        mask[of_image(seed, number).choice(len(times), size, replace=False, p=times / times.sum())] = True
        drawn[row] = np.packbits(mask)
    return Masks(stored(index, drawn, shape, view), index)


def _times(packed: np.ndarray, pixels: int) -> np.ndarray:
    """Masks that keep each pixel (P,)."""
    parts = np.array_split(packed, 64)
    return sum(np.unpackbits(part, axis=1, count=pixels).sum(0, dtype=np.int64) for part in parts)


def swapped_same_class(shape, view, orderings, seed) -> Masks:
    """The mask of another image of the same class, drawn once for each image; images without another have none."""
    return _swapped(shape, view, orderings, seed, same=True)


def swapped_other_class(shape, view, orderings, seed) -> Masks:
    """The mask of an image of another class, drawn once for each image from all such images."""
    return _swapped(shape, view, orderings, seed, same=False)


def _swapped(shape, view, orderings, seed, same: bool) -> Masks:
    index, labels, packed = packed_masks(view, orderings)
    partner = np.full(len(index), -1)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        pool = own if same else np.flatnonzero(labels != label)
        if len(pool) <= same:  # nobody lends a mask
            continue
        drawn = of_image(seed, int(label)).integers(len(pool) - same, size=len(own))
        # of the same class, its own place is skipped
        partner[own] = pool[drawn + (drawn >= np.arange(len(own)))] if same else pool[drawn]
    index, packed = index[partner >= 0], packed[partner[partner >= 0]]

    count = None if "threshold" in view else kept_pixels(int(np.prod(shape)), view["fraction"])
    return Masks(stored(index, packed, shape, view), index, count)
