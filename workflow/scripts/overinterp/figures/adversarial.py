"""Sizes of subsets of adversarially trained networks against those of ordinary ones, on the same images."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, greyed, new_figure, text_panel, threshold_ticks, words
from overinterp.inputs import Inputs

TICKS = [digit * 10.0**power for power in range(-2, 3) for digit in (1, 2, 5)]  # ratios


def draw(inputs: Inputs) -> Figure:
    """Draw the table `adversarial`: the paired ratio of sizes and its interval at every threshold of the config, none picked.

    Numbers are of the images; points of fewer than eight are grey and have no interval.
    """
    table = inputs.tables["adversarial"]
    if table.empty:
        return text_panel("No image has a subset with an ordinary\nand with an adversarially trained network.")
    points = table.drop_duplicates(["architecture", "threshold"])
    figure, axis = new_figure(6.5)
    axis.axhline(1, color="grey", linewidth=0.8)
    for number, (architecture, rows) in enumerate(points.groupby("architecture", sort=False)):
        places = np.log(rows.threshold / (1 - rows.threshold)) + 0.06 * number
        colour, marker = COLOURS[number], "osD"[number % 3]
        axis.plot(places, rows.ratio, color=colour, linewidth=0.8, zorder=0)
        axis.plot([], [], color=colour, marker=marker, markersize=4, label=words(architecture))
        above = {"textcoords": "offset points", "ha": "center", "fontsize": 6.5, "color": "0.3"}
        for place, row in zip(places, rows.itertuples(), strict=True):
            looks = {"color": greyed(colour, row.ratio_low), "fmt": marker, "markersize": 4, "linewidth": 1, "capsize": 2}
            axis.errorbar(place, row.ratio, [[row.ratio - row.ratio_low], [row.ratio_high - row.ratio]], **looks)
            axis.annotate(f"{row.images}", (place, np.nanmax([row.ratio, row.ratio_high])), (0, 3), **above)
    threshold_ticks(axis, points.threshold)
    axis.set_yscale("log")
    axis.margins(x=0.08, y=0.15)
    low, high = axis.get_ylim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    axis.set(xlabel="confidence threshold (logit scale)", ylabel="SIS size, adversarial training\nover ordinary (log scale)")
    axis.set_title("numbers: images that both have a subset of", loc="left", color="0.3")
    figure.legend(loc="outside lower left", ncols=3, borderaxespad=0)
    return figure
