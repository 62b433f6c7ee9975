"""Images, and below them the sufficient input subset of each network."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection

from overinterp import sis
from overinterp.figures.style import new_figure
from overinterp.search.ordering import Ordering

REMOVED = np.array([214, 228, 240], np.uint8)  # pale blue: no grey level, and unlike most colours
COLUMNS = 8


def choose(orderings: list[Ordering], classes: int) -> np.ndarray:
    """Rows of images to show: of each class in turn the next that the first network classifies rightly.

    Args:
        orderings: Of the networks, first images first; only images that all of them hold are chosen.
        classes: Number of classes.

    Returns:
        At most eight row numbers.
    """
    common = min(map(len, orderings))
    label, right = orderings[0].label[:common], orderings[0].correct[:common]
    by_class = [np.flatnonzero(right & (label == c)) for c in range(classes)]
    turns = [rows[turn] for turn in range(COLUMNS) for rows in by_class if turn < len(rows)]
    chosen = np.array(turns[:COLUMNS], np.int64)
    return chosen[np.argsort(label[chosen], kind="stable")]


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


def draw(images: np.ndarray, class_names: list[str], orderings: dict[str, Ordering], threshold: float):
    """Draw the figure.

    Args:
        images: uint8 (N, H, W, C).
        class_names: One name a class.
        orderings: By the network's name.
        threshold: Confidence of the subsets.
    """
    chosen = choose(list(orderings.values()), len(class_names))
    figure, axes = new_figure(1.1 * (1 + len(orderings)) + 0.3, 1 + len(orderings), len(chosen), squeeze=False)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    longest = max(map(len, class_names))
    for axis, row in zip(axes[0], chosen, strict=True):
        axis.imshow(shown_pixels(images[row], np.ones(images.shape[1:3], bool)), interpolation="nearest")
        name = class_names[orderings[next(iter(orderings))].label[row]]
        axis.set_title(name, pad=2, rotation=0 if longest < 6 else 35, ha="center" if longest < 6 else "left")
    axes[0, 0].set_ylabel("image", rotation=0, ha="right", va="center")
    for line, (name, ordering) in zip(axes[1:], orderings.items(), strict=True):
        line[0].set_ylabel(name.replace(", ", "\n", 1), rotation=0, ha="right", va="center")
        subsets = sis.find_sis(ordering, threshold)
        masks = sis.masks(ordering, subsets)
        for axis, row in zip(line, chosen, strict=True):
            axis.imshow(shown_pixels(images[row], masks[row]), interpolation="nearest")
            axis.add_collection(LineCollection(outline(masks[row]), colors="black", linewidths=0.5, capstyle="projecting"))
            status = subsets.status[row]
            axis.set_xlabel(f"{subsets.size[row]}" if status == sis.FOUND else status, labelpad=1)
    return figure
