"""Whether right answers rest on more pixels than wrong ones."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.sis_size_by_threshold import MARKERS
from overinterp.figures.style import COLOURS, group_name, images_in_words, new_figure, span, text_panel, threshold_ticks
from overinterp.inputs import Inputs
from overinterp.tables.rows import FEWEST_WRONG
from overinterp.tables.sis_size_correct_incorrect import EQUAL

TIMES = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50)


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table of its name: right answers' mean size over wrong ones', and its 95 % interval.

    On a logarithmic axis, on which twice as many lies as far from equal as half as many. Hollow: the ratio of geometric means at
    equal confidence in the full image.

    Settings: split.
    """
    found = inputs.tables["sis_size_correct_incorrect"]
    found = found[found.split == inputs.settings["split"]]
    if found.empty:
        return text_panel(f"No threshold has {FEWEST_WRONG} wrong answers\nthat reach it with a subset: nothing to compare.")
    groups = found.group.nunique()
    figure, axis = new_figure(5.7 + 0.8 * groups)
    axis.axhline(1, color="grey", linewidth=0.8)
    axis.set_yscale("log")
    for number, (_, rows) in enumerate(found.groupby("group", sort=False)):
        name = group_name(rows.iloc[0])
        place = np.log(rows.threshold / (1 - rows.threshold)) + 0.07 * number
        axis.errorbar(
            place,
            1 + rows.difference,
            np.stack([rows.difference - rows.low, rows.high - rows.difference]),
            color=COLOURS[number % 10],
            marker=MARKERS[number % 10],
            markersize=4,
            linewidth=1,
            capsize=2,
            label=f"{name} ({span(rows.correct)} right answers; of {images_in_words(rows.networks.iloc[0], rows.images)})",
        )
        # beside it hollow, the ratio at equal confidence in the full image
        ratio, low, high = rows[EQUAL].to_numpy(float).T
        looks = {"markersize": 3.5, "markerfacecolor": "white", "linestyle": "none"}
        axis.vlines(place + 0.03, low, high, color=COLOURS[number % 10], linewidth=0.6)
        axis.plot(place + 0.03, ratio, MARKERS[number % 10], color=COLOURS[number % 10], **looks)
        for x, wrong in zip(place, rows.incorrect, strict=True):  # a line of counts for each group, below all intervals
            axis.annotate(
                f"{wrong}",
                (x, 0.02 + 0.08 * number),
                xycoords=("data", "axes fraction"),
                ha="center",
                fontsize=6.5,
                color=COLOURS[number % 10],
            )
    threshold_ticks(axis, found.threshold)
    axis.margins(x=0.08, y=0.05)
    low, high = np.log(axis.get_ylim())
    room = 0.02 + 0.08 * groups
    ticks = [times for times in TIMES if low <= np.log(times) <= high]
    axis.set_yticks(ticks, [f"{times:g}" for times in ticks])
    axis.minorticks_off()
    axis.set_ylim(np.exp(low - (high - low) * room / (1 - room)), np.exp(high))
    axis.set(
        xlabel="confidence threshold (logit scale); bars: 95 %",
        ylabel="pixels of right answers' subsets /\nof wrong answers' (log scale)",
    )
    axis.set_title(
        "filled: means; hollow: at equal confidence\nnumbers at the bottom: wrong answers that enter", loc="left", color="0.3"
    )
    figure.legend(loc="outside lower left", ncols=1, borderaxespad=0)
    return figure
