"""What becomes of a subset's confidence when its surroundings come back, or when the blank changes.

Mask edges: "An adversarial perspective on overinterpretation" (Springer 2022). Putting the neighbours of kept pixels back keeps
the whole subset, and yet confidence can collapse, where what the network likes are the edges between kept pixels and blank.
Blanks: Jain et al. 2022 (arXiv 2204.08945), missingness bias.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import gaussian_filter
from torch.nn.functional import max_pool2d

from overinterp import sis
from overinterp.evaluation import batch_rows
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.passes import in_passes
from overinterp.search.scoring import log_odds
from overinterp.views.masks import of_image

RADII = (1, 2)  # of the neighbourhoods put back, in pixels: 3x3 and 5x5
FILLS = ("black", "white", "noise", "blur", "another")
COLUMNS = ["index", "correct", "size_pixels", "test", "variant", "pixels", "confidence"]
FEWEST_ROWS = 8  # of a pass: a single row can be computed another way
GROWTH = 1.25  # from one size to the next, where the subset that suffices under every fill is sought


def dilated(masks: np.ndarray, radius: int) -> np.ndarray:
    """Masks bool (n, H, W) with all pixels at most so many rows and columns from a kept one."""
    pooled = max_pool2d(torch.from_numpy(masks).float()[:, None], 2 * radius + 1, stride=1, padding=radius)
    return (pooled[:, 0] > 0).numpy()


def eroded(masks: np.ndarray) -> np.ndarray:
    """The kept pixels of masks bool (n, H, W) whose eight neighbours are kept too; outside the image everything is."""
    return ~dilated(~masks, 1)


def with_random(masks: np.ndarray, more: np.ndarray, numbers: np.ndarray, seed) -> np.ndarray:
    """Masks bool (n, H, W) with so many (n,) more pixels, drawn uniformly from the others for each image by its number."""
    found = masks.reshape(len(masks), -1).copy()
    for row, (count, number) in enumerate(zip(more.tolist(), numbers.tolist(), strict=True)):
        others = np.flatnonzero(~found[row])
        found[row, of_image(seed, number).choice(others, size=count, replace=False)] = True
    return found.reshape(masks.shape)


def edges(masks: np.ndarray, numbers: np.ndarray, seed) -> dict[str, np.ndarray]:
    """The masks of each variant: sis, for each radius neighbours_<radius> and as many random_<radius>, and eroded."""
    found = {"sis": masks}
    for radius in RADII:
        wide = dilated(masks, radius)
        more = wide.sum((1, 2)) - masks.sum((1, 2))
        found |= {f"neighbours_{radius}": wide, f"random_{radius}": with_random(masks, more, numbers, seed)}
    return found | {"eroded": eroded(masks)}


def filled(name: str, images: torch.Tensor, others: torch.Tensor | None, numbers: np.ndarray, seed) -> torch.Tensor:
    """What removed pixels show, float32 (n, C, H, W) in [0, 1].

    Args:
        name: 'black', 'white'; 'noise': uniform in each channel of each pixel, of the image's own draw; 'blur': the image itself,
            blurred with a standard deviation of an eighth of its shorter side; 'another': ``others``.
        images: (n, C, H, W).
        others: Likewise, images of another class; None where there are none.
        numbers: (n,) of the images.
        seed: Of the noise.
    """
    if name in ("black", "white"):
        return torch.full_like(images, float(name == "white"))
    if name == "noise":
        drawn = np.stack([of_image(seed, number).random(images.shape[1:], np.float32) for number in numbers.tolist()])
        return torch.from_numpy(drawn).to(images.device)
    if name == "blur":
        deviation = min(images.shape[2:]) / 8
        pixels = images.cpu().numpy()  # torchvision's blur is the slower one on large images, and its import on small ones
        blurred = gaussian_filter(pixels, deviation, mode="mirror", radius=int(2 * deviation), axes=(2, 3))
        return torch.from_numpy(blurred).to(images.device)
    return others


def strangers(labels: np.ndarray, numbers: np.ndarray, seed) -> np.ndarray:
    """(n,) for each of some images of a split with ``labels`` (N,) of several classes one of another class, drawn by number."""
    return np.array([of_image(seed, n).choice(np.flatnonzero(labels != labels[n])) for n in numbers.tolist()], np.int64)


def suffices_under_all(confident: Callable[[np.ndarray, np.ndarray], np.ndarray], sizes: np.ndarray, pixels: int) -> np.ndarray:
    """(n,) size of the first of growing sets, the last pixels of each order, that suffices under every fill; all if none did.

    Sizes grow by `GROWTH` from the subset's own, so the answer is up to a quarter too large.

    Args:
        confident: From rows (k,) and sizes (k,) to bool (k,): the last so many pixels of those rows suffice under every fill.
        sizes: (n,) of the subsets.
        pixels: Of an image.
    """
    found, rows, now = np.full(len(sizes), pixels), np.arange(len(sizes)), sizes.copy()
    while len(rows):
        enough = confident(rows, now[rows])
        found[rows[enough]] = now[rows[enough]]
        rows = rows[~enough]
        now[rows] = np.minimum(np.ceil(now[rows] * GROWTH).astype(np.int64), pixels)
        rows = rows[now[rows] < pixels]
    return found


def most_passes(pixels: int, mean: bool) -> int:
    """Forward passes that an image costs at most: every variant, every fill (mean: that, too), and sizes from one pixel on."""
    fills = len(FILLS) + mean
    return 2 + 2 * len(RADII) + fills + (1 + fills) * (1 + math.ceil(math.log(pixels, GROWTH)))


class Shown:
    """Subsets of some images, and the confidence that a classifier has in their target classes.

    Attributes:
        fills: What removed pixels show, by name: `FILLS`, 'another' only where the split has several classes; and the mean
            colour, where the blank of the search is another.
        passes: Forward passes made so far.
        on_pass: Called with their number after each few.
    """

    on_pass: Callable[[int], None] = staticmethod(lambda passes: None)

    def __init__(self, network, source, numbers, target, blank, seed, device, mean=None):
        self.network, self.seed, self.device, self.passes = network, seed, device, 0
        self.images = to_float(source.read(numbers), device)
        several = len(np.unique(source.labels)) > 1
        others = to_float(source.read(strangers(source.labels, numbers, seed)), device) if several else None
        names = [name for name in FILLS if several or name != "another"]
        self.fills = {name: filled(name, self.images, others, numbers, seed) for name in names}
        if mean is not None and not np.allclose(mean, blank):
            self.fills["mean"] = blank_tensor(mean, device).expand_as(self.images)
        self.target = torch.from_numpy(target).to(device)
        self.blank, self.rows = blank_tensor(blank, device), batch_rows(source.shape)

    def confidence(self, masks: np.ndarray, fill: str = "", rows=slice(None), paint: torch.Tensor | None = None) -> np.ndarray:
        """(n,) softmax probability of the target class.

        Removed pixels show a fill, or the blank of the search; the others the images' colours, or those of ``paint``.
        """
        front = self.images[rows] if paint is None else paint
        behind = self.fills[fill][rows] if fill else self.blank
        shown = torch.where(torch.from_numpy(masks[:, None]).to(self.device), front, behind)
        together = min(self.rows, max(FEWEST_ROWS, 2 ** math.ceil(math.log2(len(masks)))))  # few are not filled up to many
        found = log_odds(in_passes(self.network, shown, together), self.target[rows]).double().sigmoid().cpu().numpy()
        self.passes += len(masks)
        self.on_pass(self.passes)
        return found


def perturbed(shown: Shown, ordering, threshold: float) -> pd.DataFrame:
    """One row an image and variant, of `COLUMNS`: size_pixels is of the subset, pixels of the variant, test 'edges' or 'fill'."""
    subsets = sis.find_sis(ordering, threshold)
    masks = sis.masks(ordering, subsets)
    image = {"index": ordering.index, "correct": ordering.correct, "size_pixels": subsets.size}
    rows = []
    for variant, kept in edges(masks, ordering.index, shown.seed).items():
        found = {"test": "edges", "variant": variant, "pixels": kept.sum((1, 2)), "confidence": shown.confidence(kept)}
        rows.append(pd.DataFrame({**image, **found}))
    for fill in shown.fills:
        found = {"test": "fill", "variant": fill, "pixels": subsets.size, "confidence": shown.confidence(masks, fill)}
        rows.append(pd.DataFrame({**image, **found}))

    def confident(some, sizes):
        kept = ordering.take(some).kept_after(ordering.pixels - sizes)
        return np.all([shown.confidence(kept, fill, some) >= threshold for fill in ("", *shown.fills)], axis=0)

    robust = suffices_under_all(confident, subsets.size, ordering.pixels)
    rows.append(pd.DataFrame({**image, "test": "fill", "variant": "all", "pixels": robust, "confidence": np.nan}))
    return pd.concat(rows, ignore_index=True)
