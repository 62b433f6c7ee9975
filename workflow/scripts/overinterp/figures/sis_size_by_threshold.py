"""Size of sufficient input subsets against the confidence threshold."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from overinterp.figures.style import COLOURS, NULLS, group_name, new_figure, span, text_panel, threshold_ticks
from overinterp.inputs import Inputs

MARKERS = "osD^vP*X<>"
MOST_LINES = 5  # of a panel: bands of more cover one another
TICKS = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]  # pixels


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table `sis_size_by_threshold`: mean and 95 % interval over images, one line a group.

    Dotted: the networks of the group that need the fewest and the most pixels. Hollow points: fewer than eight images. Crosses
    beside the points: the mean over the images that all have right, for lines are each of their own images. More than
    `MOST_LINES` groups are spread over panels of one scale.

    Nulls are grey: networks taught shuffled labels dashed, untrained ones dotted.

    Settings: split.
    """
    found = inputs.tables["sis_size_by_threshold"]
    found = found[found.split == inputs.settings["split"]]
    if found.empty:
        return text_panel("No image reaches a threshold with a subset:\nno size to draw.")
    groups = [rows for _, rows in found.groupby("group", sort=False)]
    panels = -(-len(groups) // MOST_LINES)
    lines = -(-len(groups) // panels)  # of a panel
    size = {"sharex": True, "sharey": True, "squeeze": False}
    figure, axes = new_figure(1.7 + panels * (5.2 if panels == 1 else 4.4) + 0.4 * len(groups), panels, **size)
    for place, axis in enumerate(axes[:, 0]):
        _lines(axis, groups[lines * place : lines * (place + 1)])
    axis = axes[-1, 0]
    threshold_ticks(axis, found.threshold)
    axis.set_yscale("log")
    low, high = axis.get_ylim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    if len(ticks) < 3:
        ticks = [int(tick) for tick in MaxNLocator(6, integer=True).tick_values(low, high) if low <= tick <= high]
    axis.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
    for one in axes[:, 0]:
        one.minorticks_off()
        one.set_ylabel("mean SIS size\n(pixels, log scale)")
    more = "; dotted: the seeds furthest apart" if (found.models > 1).any() else ""
    more += "\nhollow: fewer than 8 images, no band" if found.low.isna().any() else ""
    matched = found.matched_images.dropna().astype(int)
    more += f"\ncrosses beside: the {span(matched)} images that all have right" if len(matched) else ""
    axis.set_xlabel(f"confidence threshold (logit scale);\nof {span(found.images)} images those that reach it\nbands: 95 %{more}")
    return figure


def _lines(axis, groups: list) -> None:
    for number, rows in enumerate(groups):
        name = group_name(rows.iloc[0])
        null = NULLS.get(rows.labels.iloc[0])
        colour = "0.35" if null else COLOURS[number % len(COLOURS)]
        place = np.log(rows.threshold / (1 - rows.threshold))
        seeds = f", {rows.models.iloc[0]} seeds" if rows.models.iloc[0] > 1 else ""
        axis.plot(
            place,
            rows["mean"],
            color=colour,
            marker=MARKERS[number % 10],
            markersize=3,
            linestyle=null or "-",
            label=f"{name}{seeds} ({span(rows.subsets)} subsets)",
        )
        few = rows.low.isna()
        if few.any():
            hollow = {"color": colour, "markerfacecolor": "white", "markersize": 3.5, "markeredgewidth": 0.8}
            axis.plot(place[few], rows["mean"][few], MARKERS[number % 10], **hollow)
        if rows.matched_mean.notna().any():
            beside = place + 0.1 + 0.05 * number  # not over one another, nor over the points
            axis.plot(beside, rows.matched_mean, "x", color=colour, markersize=4, markeredgewidth=1)
        axis.fill_between(place, rows.low, rows.high, color=colour, alpha=0.15, linewidth=0)
        for single in (rows.least, rows.most) if seeds else ():
            axis.plot(place, single, color=colour, linewidth=0.6, linestyle=":")
    axis.legend(loc="lower left", bbox_to_anchor=(-0.12, 1), borderaxespad=0.3)
