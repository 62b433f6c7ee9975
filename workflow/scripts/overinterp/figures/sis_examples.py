"""Images, and below them the sufficient input subset of each network."""

from __future__ import annotations

from functools import reduce

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from overinterp import sis
from overinterp.figures.pixel_heatmap import confidence_at
from overinterp.figures.style import new_figure, text_panel
from overinterp.search.ordering import Ordering

REMOVED = np.array([214, 228, 240], np.uint8)  # pale blue: no grey level, and unlike most colours
COLUMNS = 10


def choose(orderings: list[Ordering], classes: int) -> np.ndarray:
    """Images to show: all that were searched if ten at most, else of each class the first that the first network has right.

    Args:
        orderings: Of the networks; only images that all of them hold are chosen.
        classes: Number of classes.

    Returns:
        At most ten numbers of images in their split, by class.
    """
    first = orderings[0]
    common = reduce(np.intersect1d, [ordering.index for ordering in orderings])
    if len(common) <= COLUMNS:
        shared = first.take(np.isin(first.index, common))
        return shared.index[np.lexsort((shared.index, shared.label))]
    usable = first.correct & np.isin(first.index, common)
    by_class = [np.sort(first.index[usable & (first.label == c)]) for c in range(classes)]
    return np.concatenate([numbers[: max(1, COLUMNS // classes)] for numbers in by_class])[:COLUMNS].astype(np.int64)


def shown_pixels(image: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3): kept pixels in their colour, removed ones pale blue."""
    colour = np.broadcast_to(image, (*image.shape[:2], 3))
    return np.where(kept[..., None], colour, REMOVED)


def outline(kept: np.ndarray) -> list:
    """Line segments around the kept pixels, in pixel coordinates."""
    padded = np.pad(kept, 1)
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    lines = [[(x - 0.5, y - 0.5), (x + 0.5, y - 0.5)] for y, x in across]
    return lines + [[(x - 0.5, y - 0.5), (x - 0.5, y + 0.5)] for y, x in down]


def draw(
    images: np.ndarray, class_names: list[str], orderings: dict[str, Ordering], threshold: float, published: dict | None = None
) -> Figure:
    """Draw the figure.

    Args:
        images: uint8 (N, H, W, C).
        class_names: One name a class.
        orderings: By the network's name.
        threshold: Confidence of the subsets. Under each stand its size and the confidence in the pixels shown.
        published: By the network's name and the image's number, sizes to print in brackets below.
    """
    chosen = choose(list(orderings.values()), len(class_names))
    if not len(chosen):
        return text_panel("No image that every network searched\nis classified rightly by the first.")
    published = {name: sizes for name, sizes in (published or {}).items() if sizes}
    figure, axes = new_figure(
        1.25 * (1 + len(orderings)) + 0.25 * len(published) + 0.4, 1 + len(orderings), len(chosen), squeeze=False
    )
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    orderings = {name: ordering.take([list(ordering.index).index(n) for n in chosen]) for name, ordering in orderings.items()}
    labels = next(iter(orderings.values())).label
    turned = 90 if max(map(len, class_names)) > 5 else 0
    for axis, number, label in zip(axes[0], chosen, labels, strict=True):
        axis.imshow(shown_pixels(images[number], np.ones(images.shape[1:3], bool)), interpolation="nearest")
        axis.set_title(class_names[label], pad=2, fontsize=6.5, rotation=turned)
    axes[0, 0].set_ylabel("image", rotation=0, ha="right", va="center", fontsize=6.5)
    for line, (name, ordering) in zip(axes[1:], orderings.items(), strict=True):
        broken = name.replace(", ", "\n", 1) if ", " in name else name.replace(" ", "\n", 1)
        line[0].set_ylabel(broken, rotation=0, ha="right", va="center", fontsize=6.5)
        subsets = sis.find_sis(ordering, threshold)
        masks = sis.masks(ordering, subsets)
        confidence = confidence_at(ordering, ordering.pixels - masks.sum((1, 2)))
        for row, axis in enumerate(line):
            axis.imshow(shown_pixels(images[chosen[row]], masks[row]), interpolation="nearest")
            axis.add_collection(LineCollection(outline(masks[row]), colors="black", linewidths=0.5, capstyle="projecting"))
            size = f"{subsets.size[row]}"
            if subsets.status[row] != sis.FOUND:
                size = "–"
                middle = {"transform": axis.transAxes, "ha": "center", "va": "center", "rotation_mode": "anchor"}
                axis.text(0.5, 0.5, subsets.status[row], rotation=45, fontsize=6.5, **middle)
            theirs = published.get(name, {}).get(int(chosen[row]))
            below = f"\n({theirs})" if theirs else "\n" if name in published else ""
            axis.set_xlabel(f"{size}\n{confidence[row]:.2f}{below}", labelpad=1, fontsize=6.5, linespacing=1.05)
    return figure
