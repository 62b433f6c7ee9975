"""Blanks: how sure classifiers stay of their subsets when removed pixels show something else."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import group_name, heat_map, new_figure, text_panel
from overinterp.inputs import Inputs

FILLS = {
    "search": "the search's",
    "mean": "mean colour",
    "black": "black",
    "white": "white",
    "noise": "noise",
    "blur": "blurred image",
}
FILLS |= {"another": "another image", "all": "all of these"}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `blanks`: mean confidence by group and fill, and the share of the subsets that still suffice."""
    table = inputs.tables["blanks"]
    if not len(table):
        return text_panel("no subset was found")
    groups = list(dict.fromkeys(table.group))
    names = [f"{group_name(row)} ({row['images']})" for _, row in table.drop_duplicates("group").iterrows()]
    figure, axes = new_figure(2 * (0.55 * len(groups) + 0.9) + 2.6, 2, sharex=True)
    fills = [fill for fill in FILLS if fill in set(table.fill)]
    panels = {"confidence": "mean confidence (%)", "sufficient_share": "subsets that still suffice (%)"}
    for axis, (column, title) in zip(axes, panels.items(), strict=True):
        shares = table.pivot(index="group", columns="fill", values=column).loc[groups, fills].astype(float)
        heat_map(axis, shares, [FILLS[fill] for fill in fills], names)
        axis.set_title(title, loc="left", pad=2)
    axes[1].tick_params(axis="x", rotation=90)
    threshold = f"{table.threshold.iloc[0]:g}"
    axes[1].set_xlabel(f"in the place of removed pixels\n(in brackets: images with a subset at {threshold})", loc="right")
    return figure
