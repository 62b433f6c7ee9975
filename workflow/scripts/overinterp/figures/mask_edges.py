"""Mask edges: neighbours put back against random pixels put back, by classifier."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, greyed, new_figure, rows_of_groups, text_panel
from overinterp.inputs import Inputs


def draw(inputs: Inputs) -> Figure:
    """Draw the table `mask_edges`: for each group and radius the paired difference of confidence, with its interval."""
    table = inputs.tables["mask_edges"]
    if not len(table):
        return text_panel("no subset was found")
    figure, axis = new_figure(0.85 * table.group.nunique() + 2.6)
    groups = rows_of_groups(axis, table, "(n = {images})")
    axis.axvline(0, color="grey", linewidth=0.8, linestyle=":")
    radii = table.radius.nunique()
    for number, (radius, part) in enumerate(table.groupby("radius")):
        label = f"{2 * radius + 1}x{2 * radius + 1} pixels around each"
        axis.plot([], [], "os"[number], color=COLOURS[number], markersize=4, label=label)
        for row in part.itertuples():
            place = groups.index(row.group) + 0.22 * (2 * number + 1 - radii)
            colour = greyed(COLOURS[number], row.difference_low)
            axis.plot([row.difference_low, row.difference_high], [place] * 2, color=colour, linewidth=1)
            axis.plot(row.difference, place, "os"[number], color=colour, markersize=4)
    most = max(0.1, table[["difference", "difference_low", "difference_high"]].abs().max().max() * 1.1)
    axis.set_xlim(-most, most)
    label = "confidence with neighbours put back, minus that with\nas many random pixels put back; bars: 95 %"
    axis.set_xlabel(label, loc="right")
    figure.legend(loc="outside upper right", ncols=2, handletextpad=0.2, columnspacing=0.8)
    return figure
