"""Will any class do? How often a subset makes a classifier sure of another class, and how large it is."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, new_figure, rows_of_groups, text_panel
from overinterp.outputs import Inputs

TARGETS = {"runner_up": ("the runner-up", COLOURS[0], "o"), "other": ("a random other class", COLOURS[1], "s")}
PANELS = {"found_share": "images with such\na subset (%)", "size_ratio": "its size / that of the\npredicted class"}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `wrong_class`: for each group and target the share of images and the ratio of sizes, with intervals."""
    table = inputs.tables["wrong_class"]
    if not len(table):
        return text_panel("no image was searched towards both classes")
    figure, axes = new_figure(0.85 * table.group.nunique() + 2.6, 1, 2, sharey=True)
    for axis, (column, name) in zip(axes, PANELS.items(), strict=True):
        groups = rows_of_groups(axis, table)
        scale = 100 if column == "found_share" else 1
        for target, part in table.groupby("target", sort=False):
            label, colour, marker = TARGETS[target]
            for row in part.itertuples():
                place = groups.index(row.group) + 0.2 * (2 * list(TARGETS).index(target) - 1)
                ends = [scale * getattr(row, f"{column}_{end}") for end in ("low", "high")]
                axis.plot(ends, [place] * 2, color=colour, linewidth=1)
                named = label if column == "found_share" and row.Index == part.index[0] else None
                axis.plot(scale * getattr(row, column), place, marker, color=colour, markersize=4, label=named, clip_on=False)
        axis.set_xlabel(name)
    axes[0].set_xlim(0, 100)
    axes[1].axvline(1, color="grey", linewidth=0.8, linestyle=":")
    axes[1].set_xlim(left=0)
    figure.legend(loc="outside upper right", ncols=2, handletextpad=0.2, columnspacing=0.8)
    return figure
