"""Confidence while pixels are removed."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, count_in_words, new_figure
from overinterp.search.ordering import Ordering

POINTS = 300  # at most so many places on the horizontal axis


def curves(ordering: Ordering, remaining: np.ndarray) -> np.ndarray:
    """(N, len(remaining)): confidence at the last recorded column that leaves at least so many pixels."""
    gone = ordering.pixels - remaining
    columns = np.stack([np.searchsorted(removed, gone, side="right") - 1 for removed in ordering.removed])
    return np.take_along_axis(ordering.confidence, np.maximum(columns, 0), 1)


def draw(groups: dict[str, list[Ordering]]) -> Figure:
    """Draw the median and the 10 to 90 % band over images, one panel a group.

    Args:
        groups: Orderings of the networks of each group, by the group's name; each network's images count.
    """
    columns = min(2, len(groups))
    rows = -(-len(groups) // columns)
    figure, axes = new_figure(3.4 * rows + 0.8, rows, columns, sharex=True, sharey=True, squeeze=False)
    pixels = next(iter(groups.values()))[0].pixels
    remaining = np.unique(np.geomspace(1, pixels, POINTS).round().astype(int))[::-1]
    ticks = [pixels, *[t for t in (1000, 300, 100, 30, 10, 3, 1) if t < 0.7 * pixels]]
    for axis in axes.flat[len(groups) :]:
        axis.set_axis_off()
    for axis, (name, orderings) in zip(axes.flat, groups.items(), strict=False):
        found = np.concatenate([curves(ordering, remaining) for ordering in orderings])
        low, median, high = np.quantile(found, [0.1, 0.5, 0.9], axis=0)
        axis.fill_between(remaining, low, high, color=COLOURS[0], alpha=0.25, linewidth=0)
        axis.plot(remaining, median, color=COLOURS[0])
        axis.set_title(f"{name}\n({count_in_words(orderings)})", pad=2)
        axis.set_xscale("log")
        axis.set(xlim=(pixels, 1), ylim=(0, 1.02))
        axis.set_xticks(ticks, [str(t) for t in ticks])
        axis.minorticks_off()
    figure.supxlabel(f"pixels left of {pixels} (logarithmic, falling)", fontsize=7)
    figure.supylabel("confidence in the predicted class", fontsize=7)
    return figure
