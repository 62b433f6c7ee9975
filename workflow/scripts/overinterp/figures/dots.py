"""Dots: how sure classifiers are of where their subsets lie, by what is shown there."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import group_name, heat_map, new_figure, text_panel
from overinterp.inputs import Inputs

SHOWN = {
    "values": "own colours",
    "shuffled": "own colours, swapped",
    "noise": "random colours",
    "sides": "light or dark as it is",
    "lighter": "dots, lighter",
    "white": "dots, white",
    "darker": "dots, darker",
    "black": "dots, black",
    "dots": "dots, mean",
    "moved": "dots, moved together",
    "jittered": "dots, each moved by 1",
    "random": "dots, random places",
}
COLOURS = {"lighter", "white", "darker", "black"}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `dots`: mean confidence by group, kind of subset and what is shown.

    Settings: threshold, of the subsets.
    """
    table = inputs.tables["dots"]
    if not len(table):
        return text_panel("no subset was found")
    rows = table.drop_duplicates(["group", "subset"])
    names = [f"{group_name(row)} ({row['images']})\n{_pixels(row, inputs.settings)}" for _, row in rows.iterrows()]
    shown = [name for name in SHOWN if name in set(table.shown)]
    figure, axis = new_figure(0.72 * len(rows) + 4.7)
    shares = table.pivot(index=["group", "subset"], columns="shown", values="confidence").astype(float)
    shares = shares.loc[list(zip(rows.group, rows.subset, strict=True)), shown]
    heat_map(axis, shares, [SHOWN[name] for name in shown], names)
    mean = shown.index("dots")
    for first in (mean - len(set(shown) & COLOURS), mean, mean + 1):  # the colours, their mean, and dots elsewhere
        axis.axvline(first, color="white", linewidth=3)
    axis.tick_params(axis="x", rotation=90)
    axis.set_xlabel("mean confidence (%) when nothing else is shown\n(in brackets: images)", loc="right")
    return figure


def _pixels(row, settings: dict) -> str:
    """What is shown of each image."""
    pixels = f"{row['pixels']:,.0f} pixel{'s' * (round(row['pixels']) != 1)}"
    return f"{pixels}, sure at {settings['threshold']:g}" if row["subset"] == "sis" else f"{pixels}, kept"
