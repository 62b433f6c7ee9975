"""Size of sufficient input subsets against the confidence threshold."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from overinterp.figures.style import COLOURS, GREY, NULLS, group_name, new_figure, span, text_panel
from overinterp.outputs import Inputs

MARKERS = "osD^vP*X<>"
TICKS = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]  # pixels


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table `sis_size_by_threshold`: mean and 95 % interval over images, one line a group.

    Dotted: the networks of the group that need the fewest and the most pixels. Grey points: fewer than eight images.

    Nulls are grey: networks taught shuffled labels dashed, untrained ones dotted.

    Settings: split.
    """
    found = inputs.tables["sis_size_by_threshold"]
    found = found[found.split == inputs.settings["split"]]
    if found.empty:
        return text_panel("No image reaches a threshold with a subset:\nno size to draw.")
    groups = found.groupby("group", sort=False)
    figure, axis = new_figure(6.9 + 0.4 * len(groups))
    for number, (_, rows) in enumerate(groups):
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
            axis.plot(place[few], rows["mean"][few], MARKERS[number % 10], color=GREY, markersize=3)
        axis.fill_between(place, rows.low, rows.high, color=colour, alpha=0.15, linewidth=0)
        for single in (rows.least, rows.most) if seeds else ():
            axis.plot(place, single, color=colour, linewidth=0.6, linestyle=":")
    thresholds = np.array(sorted(found.threshold.unique()))
    axis.set_xticks(np.log(thresholds / (1 - thresholds)), [f"{threshold:g}" for threshold in thresholds])
    axis.set_yscale("log")
    low, high = axis.get_ylim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    if len(ticks) < 2:
        ticks = [int(tick) for tick in MaxNLocator(6, integer=True).tick_values(low, high) if low <= tick <= high]
    axis.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
    axis.minorticks_off()
    dotted = "; dotted: the seeds furthest apart" if (found.models > 1).any() else ""
    label = f"confidence threshold (logit scale);\nof {span(found.images)} images those that reach it\nbands: 95 %{dotted}"
    axis.set(xlabel=label, ylabel="mean SIS size (pixels)")
    figure.legend(loc="outside lower left", ncols=1, borderaxespad=0)
    return figure
