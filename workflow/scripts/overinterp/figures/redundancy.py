"""Redundancy: disjoint subsets an image, of right and wrong answers."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, beside, greyed, new_figure, rows_of_groups, text_panel
from overinterp.inputs import Inputs

ANSWERS = {"right": (COLOURS[0], "o", -0.18), "wrong": (COLOURS[3], "s", 0.18)}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `redundancy`: for each group the mean number of subsets of right and of wrong answers, a line at the cap.

    Under its name each group's accuracy on full test images.
    """
    table = inputs.tables["redundancy"]
    if not len(table):
        return text_panel("no subset was found")
    figure, axis = new_figure(0.85 * table.group.nunique() + 2.4)
    groups = rows_of_groups(axis, table, "({accuracy:.1%} right)")
    for answer, part in table[table.answer != "all"].groupby("answer"):
        look, marker, shift = ANSWERS[answer]
        axis.plot([], [], marker, color=look, markersize=4, label=f"{answer} answers")
        for row in part.itertuples():
            place, colour = groups.index(row.group) + shift, greyed(look, row.subsets_low)
            axis.plot([row.subsets_low, row.subsets_high], [place] * 2, color=colour, linewidth=1)
            axis.plot(row.subsets, place, marker, color=colour, markersize=4)
            beside(axis, place, f"{row.images}")
    cap = table.cap.max()
    axis.axvline(cap, color="grey", linewidth=0.8, linestyle=":")
    axis.set(ylim=(len(groups) - 0.5, -0.6), xlim=(0, 1.05 * cap))
    beside(axis, -0.55, "images", va="bottom")
    axis.set_xlabel("disjoint subsets an image (dotted: where counting ends)", loc="right")
    figure.legend(loc="outside upper right", ncols=2, handletextpad=0.2, columnspacing=0.8)
    return figure
