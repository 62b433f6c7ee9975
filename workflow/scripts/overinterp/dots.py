"""Subsets shown as dots: where their pixels lie, without what they show. Our own; nothing is trained for it.

Dots of one colour at the places of a subset say what a classifier makes of the places alone; light and dark ones, other
colours, and dots moved together or one by one, say what of places and colours matters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from overinterp import sis
from overinterp.perturbations import Shown, with_random
from overinterp.pixels import blank_tensor
from overinterp.views import paints
from overinterp.views.masks import of_image

COLOURS = ("lighter", "white", "darker", "black")
APART = 0.1  # a colour nearer than this to the blank in every channel is no dot
AROUND = np.array([(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column])
PASSES = 2 * (4 + 4 * len(COLOURS) + 1)  # forward passes an image costs at most


def colours(blank) -> dict[str, np.ndarray]:
    """Colours (C,) in [0, 1] by name, of `COLOURS`: 'lighter' and 'darker' lie halfway from the blank to white and to black.

    Those nearer to the blank than `APART` in every channel are left out.
    """
    blank = np.asarray(blank, np.float32)
    ends = {"lighter": 0.5 + blank / 2, "white": np.ones_like(blank), "darker": blank / 2, "black": np.zeros_like(blank)}
    return {name: colour for name, colour in ends.items() if np.abs(colour - blank).max() >= APART}


def moved(masks: np.ndarray, numbers: np.ndarray, seed) -> np.ndarray:
    """Masks bool (n, H, W) moved as they are, round and round, each by rows and columns drawn by the image's number.

    By at most an eighth of the shorter side either way, and at least by one pixel.
    """
    most = max(1, min(masks.shape[1:]) // 8)
    ways = np.array([(row, column) for row in range(-most, most + 1) for column in range(-most, most + 1) if row or column])
    drawn = [ways[of_image(seed, number).integers(len(ways))] for number in numbers.tolist()]
    return np.stack([np.roll(mask, way, (0, 1)) for mask, way in zip(masks, drawn, strict=True)])


def jittered(masks: np.ndarray, numbers: np.ndarray, seed) -> np.ndarray:
    """Masks bool (n, H, W) with each pixel at one of its eight neighbours, round and round, drawn by the image's number.

    Pixels that meet are one: there may be fewer.
    """
    found = np.zeros_like(masks)
    for row, number in enumerate(numbers.tolist()):
        places = np.argwhere(masks[row])
        places = (places + AROUND[of_image(seed, number).integers(len(AROUND), size=len(places))]) % masks.shape[1:]
        found[row, places[:, 0], places[:, 1]] = True
    return found


def as_dots(shown: Shown, ordering, threshold: float, fraction: float) -> pd.DataFrame:
    """One row an image and variant, of `overinterp.perturbations.COLUMNS`.

    test: 'dots_sis' and 'dots_kept', of the subset at ``threshold`` and of the ``fraction`` of the pixels that the search keeps.
    variant: at their places 'values', the image's own colours, 'shuffled', these dealt out anew among the places, 'noise', a
    random colour for each, 'sides', lighter or darker as the image's own is than the blank on average over channels (where both
    are colours), and `colours`, one for all; these too of the places 'moved' and 'jittered', and of as many
    'random' ones, moved_white say; and 'random_values', what the image shows at these. Removed pixels show the search's blank.
    """
    subsets = sis.find_sis(ordering, threshold)
    image = {"index": ordering.index, "correct": ordering.correct, "size_pixels": subsets.size}
    rows = []
    for test, kept in {"dots_sis": sis.masks(ordering, subsets), "dots_kept": ordering.kept_fraction(fraction)}.items():
        for variant, masks, paint in _variants(shown, kept, ordering.index):
            found = {
                "test": test,
                "variant": variant,
                "pixels": masks.sum((1, 2)),
                "confidence": shown.confidence(masks, paint=paint),
            }
            rows.append(pd.DataFrame({**image, **found}))
    return pd.concat(rows, ignore_index=True)


def _variants(shown: Shown, kept: np.ndarray, numbers: np.ndarray) -> Iterator[tuple[str, np.ndarray, torch.Tensor | None]]:
    places = torch.from_numpy(kept[:, None]).to(shown.device)
    yield "values", kept, None
    yield "shuffled", kept, paints.shuffled(shown.images, places, numbers, shown.blank, shown.seed)
    yield "noise", kept, shown.fills["noise"]
    paint = {name: blank_tensor(colour, shown.device) for name, colour in colours(shown.blank.flatten().cpu()).items()}
    if {"lighter", "darker"} <= set(paint):
        brighter = (shown.images - shown.blank).mean(1, keepdim=True) >= 0
        yield "sides", kept, torch.where(brighter, paint["lighter"], paint["darker"])
    random = with_random(np.zeros_like(kept), kept.sum((1, 2)), numbers, shown.seed)
    where = {
        "": kept,
        "moved_": moved(kept, numbers, shown.seed),
        "jittered_": jittered(kept, numbers, shown.seed),
        "random_": random,
    }
    for name, colour in paint.items():
        for at, masks in where.items():
            yield at + name, masks, colour.expand_as(shown.images)
    yield "random_values", random, None
