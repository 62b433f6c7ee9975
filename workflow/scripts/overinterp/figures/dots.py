"""Dots: how sure classifiers are of where their subsets lie, by what is shown there."""

from __future__ import annotations

import seaborn as sns
from matplotlib.figure import Figure

from overinterp.figures.style import group_name, legible, new_figure, text_panel
from overinterp.outputs import Inputs

PAINTS = {
    "values": "own colours",
    "shuffled": "dealt out anew",
    "lighter": "lighter dots",
    "white": "white dots",
    "darker": "darker dots",
    "black": "black dots",
}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `dots`: mean confidence by group, kind of subset and what is shown, at its places and at random ones.

    Settings: threshold, of the subsets.
    """
    table = inputs.tables["dots"]
    if not len(table):
        return text_panel("no subset was found")
    rows = table.drop_duplicates(["group", "subset"])
    names = [f"{group_name(row)} ({row['images']})\n{_pixels(row, inputs.settings)}" for _, row in rows.iterrows()]
    paints = [paint for paint in PAINTS if paint in set(table.paint)]
    figure, axes = new_figure(2 * (0.8 * len(rows) + 0.9) + 2.4, 2, sharex=True)
    panels = {"confidence": "at the pixels' places", "random_confidence": "at as many random places"}
    for axis, (column, title) in zip(axes, panels.items(), strict=True):
        wide = table.pivot(index=["group", "subset"], columns="paint", values=column)
        matrix = 100 * wide.loc[list(zip(rows.group, rows.subset, strict=True)), paints].astype(float)
        sns.heatmap(
            matrix, vmin=0, vmax=100, cmap="cividis", annot=True, fmt=".0f", annot_kws={"size": 6.5}, cbar=False,
            xticklabels=[PAINTS[paint] for paint in paints], yticklabels=names, ax=axis,
        )  # fmt: skip
        legible(axis)
        axis.set(xlabel="", ylabel="")
        axis.tick_params(length=0, labelsize=6.5)
        axis.tick_params(axis="y", rotation=0)
        axis.set_title(title, loc="left", pad=2)
    axes[1].tick_params(axis="x", rotation=90)
    axes[1].set_xlabel("mean confidence (%) when this is shown there\nand all else is blank (in brackets: images)", loc="right")
    return figure


def _pixels(row, settings: dict) -> str:
    """What is shown of each image."""
    pixels = f"{row['pixels']:,.0f} pixel{'s' * (round(row['pixels']) != 1)}"
    kind = f"sufficient at {settings['threshold']:g}" if row["subset"] == "sis" else f"kept {100 * row['fraction']:.3g} %"
    return f"{kind}: {pixels}"
