"""Will any class do? How often a subset makes a classifier sure of another class, and how large it is."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, beside, greyed, new_figure, rows_of_groups, text_panel
from overinterp.inputs import Inputs

TARGETS = {"runner_up": ("the runner-up", COLOURS[0], "o"), "other": ("a random other class", COLOURS[1], "s")}
PANELS = {"found_share": "images with such\na subset (%)", "size_ratio": "its size / that of\nthe predicted class"}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `wrong_class`: for each group and target the share of images and the ratio of sizes, with intervals.

    Beside each row: the images asked of, and how many searches found a subset for both classes, of which the ratio is. Below it,
    hollow, the ratio with the class held equal, where classes have both.
    """
    table = inputs.tables["wrong_class"]
    if not len(table):
        return text_panel("no image was searched towards both classes")
    figure, axes = new_figure(0.85 * table.group.nunique() + 3.3, 1, 2, sharey=True)
    targets = [target for target in TARGETS if target in set(table.target)]
    for axis, (column, name) in zip(axes, PANELS.items(), strict=True):
        groups = rows_of_groups(axis, table)
        scale = 100 if column == "found_share" else 1
        for row in table.itertuples():
            _, colour, marker = TARGETS[row.target]
            place = groups.index(row.group) + 0.2 * (2 * targets.index(row.target) + 1 - len(targets))
            value, low, high = (scale * getattr(row, column + end) for end in ("", "_low", "_high"))
            colour = greyed(colour, low)
            axis.plot([low, high], [place] * 2, color=colour, linewidth=1)
            axis.plot(value, place, marker, color=colour, markersize=4, clip_on=False)
            if axis is axes[1]:
                beside(axis, place, f"{row.images}/{row.both_found}")
                _same_class(axis, place + 0.16, row, TARGETS[row.target])
        axis.set_xlabel(name)
    for label, colour, marker in (TARGETS[target] for target in targets):
        axes[0].plot([], [], marker, color=colour, markersize=4, label=label)
    beside(axes[1], -0.55, "images/\nboth found", va="bottom")
    axes[0].set_xlim(0, 100)
    axes[1].axvline(1, color="grey", linewidth=0.8, linestyle=":")
    axes[1].set_xlim(left=0)
    hollow = "; hollow: with the class held equal" if table.same_class_ratio.notna().any() else ""
    figure.supxlabel(f"bars: 95 %{hollow}", fontsize=6.5, color="0.3")
    figure.legend(loc="outside upper right", ncols=2, handletextpad=0.2, columnspacing=0.8)
    return figure


def _same_class(axis, place: float, row, target: tuple[str, str, str]) -> None:
    if np.isnan(row.same_class_ratio):
        return
    _, colour, marker = target
    colour = greyed(colour, row.same_class_ratio_low)
    axis.plot([row.same_class_ratio_low, row.same_class_ratio_high], [place] * 2, color=colour, linewidth=0.8)
    axis.plot(row.same_class_ratio, place, marker, color=colour, markersize=3.5, markerfacecolor="white", clip_on=False)
