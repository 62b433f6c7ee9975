"""Images, and below them the sufficient input subset of each network."""

from __future__ import annotations

from functools import reduce

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from overinterp import sis
from overinterp.figures.style import network_name, new_figure, short, text_panel
from overinterp.inputs import Inputs
from overinterp.published import sis_sizes
from overinterp.search.ordering import Ordering

REMOVED = np.array([214, 228, 240], np.uint8)  # pale blue: no grey level, and unlike most colours
SMALL, FEW = 10, 4  # images shown: of small ones, of large ones
LARGE_SIDE = 64  # pixels from which an image is large
ACROSS = 5  # images side by side, of those that are neither outlined nor large: a pixel of 32x32 is 0.4 mm then
OUTLINED = 16  # largest side at which kept pixels are outlined; above, lines would hide them, and only pale ones are
PALE = 150  # summed over channels: pixels less apart from the colour of removed ones than this are lost on it


def choose(orderings: list[Ordering], classes: int, most: int = SMALL) -> np.ndarray:
    """Images to show: all that were searched if few enough, else of each class the first that the first network has right.

    Args:
        orderings: Of the networks; only images that all of them hold are chosen.
        classes: Number of classes.
        most: Images shown at most.

    Returns:
        Numbers of images in their split, by class; where there are more classes than images shown, of classes evenly apart.
    """
    first = orderings[0]
    common = reduce(np.intersect1d, [ordering.index for ordering in orderings])
    if len(common) <= most:
        shared = first.select(common)
        return shared.index[np.lexsort((shared.index, shared.label))]
    usable = first.correct & np.isin(first.index, common)
    by_class = [np.sort(first.index[usable & (first.label == c)]) for c in range(classes)]
    found = np.concatenate([numbers[: max(1, most // classes)] for numbers in by_class]).astype(np.int64)
    return found[np.linspace(0, len(found) - 1, most).round().astype(int)] if len(found) > most else found


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


def draw(inputs: Inputs) -> Figure:
    """Draw images, and below each the subset of every network, its size and the confidence in the pixels shown.

    Searches: one a network. Settings: threshold, dataset (for published sizes, printed in brackets below).
    """
    orderings = {network_name(searched.row): searched.load() for searched in inputs.searches}
    class_names, threshold = inputs.data["class_names"], inputs.settings["threshold"]
    side = max(inputs.source.shape[:2])
    large = side >= LARGE_SIDE
    chosen = choose(list(orderings.values()), len(class_names), FEW if large else SMALL)
    if not len(chosen):
        return text_panel("No image that every network searched\nis classified rightly by the first.")
    published = {
        network_name(searched.row): sis_sizes(inputs.settings["dataset"], searched.row, threshold) for searched in inputs.searches
    }
    published = {name: sizes for name, sizes in published.items() if sizes}
    across = len(chosen) if large or side <= OUTLINED else min(len(chosen), ACROSS)
    blocks = -(-len(chosen) // across)
    lines = 1 + len(orderings)
    names = [short(class_names[label]) for label in inputs.source.labels[chosen]]
    longest = max(map(len, names))
    turned = 90 if 0.125 * longest > 6.6 / across else 0  # as wide as a tile, in cm
    head = 0.14 * longest + 0.2 if turned else 0.45
    height = (6.6 / across + 0.05) * lines + 0.6 * len(orderings) + 0.25 * len(published) + head  # a block's, in cm
    figure, axes = new_figure(blocks * height, blocks * lines, across, squeeze=False)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.02, hspace=0.02)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for block, part in enumerate(axes.reshape(blocks, lines, across)):
        shown = slice(block * across, (block + 1) * across)
        images = inputs.source.read(chosen[shown])
        for axis in part[:, len(images) :].flat:
            axis.set_visible(False)
        for axis, image, name in zip(part[0], images, names[shown], strict=False):
            axis.imshow(shown_pixels(image, np.ones(image.shape[:2], bool)), interpolation="nearest")
            axis.set_title(name, pad=2, fontsize=6.5, rotation=turned)
        part[0, 0].set_ylabel("image", rotation=0, ha="right", va="center", fontsize=6.5)
        for line, (name, ordering) in zip(part[1:], orderings.items(), strict=True):
            _subsets(line, name, ordering.select(chosen[shown]), images, threshold, published.get(name))
    return figure


def _subsets(line, name: str, ordering: Ordering, images: np.ndarray, threshold: float, published: dict | None) -> None:
    """One network's subsets, a tile each, and below it what they are worth; ``published`` sizes by image, where there are any."""
    broken = name.replace(", ", "\n", 1) if ", " in name else name.replace(" ", "\n", 1)
    line[0].set_ylabel(broken, rotation=0, ha="right", va="center", fontsize=6.5)
    said = "pixels\nconfidence" + "\n(published)" * (published is not None)
    line[0].annotate(
        said,
        (0, 0),
        (-4, -1),
        "axes fraction",
        "offset points",
        ha="right",
        va="top",
        fontsize=6.5,
        linespacing=1.05,
        color="0.35",
    )
    subsets = sis.find_sis(ordering, threshold)
    masks = sis.masks(ordering, subsets)
    confidence = ordering.confidence_after(ordering.pixels - masks.sum((1, 2))[:, None])[:, 0]
    for row, (axis, image) in enumerate(zip(line, images, strict=False)):
        axis.imshow(shown_pixels(image, masks[row]), interpolation="nearest")
        if max(image.shape[:2]) <= OUTLINED:
            axis.add_collection(LineCollection(outline(masks[row]), colors="black", linewidths=0.5, capstyle="projecting"))
        elif max(image.shape[:2]) < LARGE_SIDE:
            lost = masks[row] & (np.abs(image.astype(int) - REMOVED).sum(2) < PALE)
            axis.add_collection(LineCollection(outline(lost), colors="0.3", linewidths=0.25, capstyle="projecting"))
        size = f"{subsets.size[row]}"
        if subsets.status[row] != sis.FOUND:
            size = "–"
            middle = {"transform": axis.transAxes, "ha": "center", "va": "center", "rotation_mode": "anchor"}
            axis.text(0.5, 0.5, subsets.status[row], rotation=45, fontsize=6.5, **middle)
        theirs = (published or {}).get(int(ordering.index[row]))
        below = f"\n({theirs})" if theirs else "\n" * (published is not None)
        axis.set_xlabel(f"{size}\n{confidence[row]:.2f}{below}", labelpad=1, fontsize=6.5, linespacing=1.05)
