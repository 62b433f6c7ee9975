"""How much of the sufficient input subsets lies on planted pixels."""

from __future__ import annotations

import pandas as pd

from overinterp.figures.style import COLOURS, network_name, new_figure


def draw(table: pd.DataFrame):
    """Draw precision with its interval, and touch share, from the table `planted_recovery`; crosses: by chance."""
    names = [f"{row.search}: {network_name(row._asdict())}" for row in table.itertuples()]
    figure, axes = new_figure(0.85 * len(names) + 2.6, 1, 2, sharey=True, width_ratios=[1, 1])
    places = range(len(names))
    errors = [table.precision - table.precision_low, table.precision_high - table.precision]
    axes[0].errorbar(
        table.precision, places, xerr=errors, fmt="o", color=COLOURS[0], markersize=4, capsize=2, linewidth=1, clip_on=False
    )
    axes[1].plot(table.touch_share, places, "o", color=COLOURS[0], markersize=4, clip_on=False)
    for axis, chance in zip(axes, (table.uniform_precision, table.uniform_touch_share), strict=True):
        axis.plot(chance, places, "x", color=COLOURS[3], markersize=5, clip_on=False)
        axis.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6), xticks=[0, 0.5, 1])
    axes[0].set_yticks(places, [name.replace(": ", ":\n") for name in names])
    axes[0].set_xlabel("planted share of\nall subset pixels")
    axes[1].set_xlabel("subsets that touch\na planted pixel")
    for place, row in enumerate(table.itertuples()):
        text = f"{row.found} found, {row.none} none, {row.empty} empty"
        axes[1].annotate(text, (0.02, place), (0, -6), textcoords="offset points", fontsize=6, color="0.3", va="top")
    handles = [
        axes[1].plot([], [], "o", color=COLOURS[0], markersize=4)[0],
        axes[1].plot([], [], "x", color=COLOURS[3], markersize=5)[0],
    ]
    figure.legend(handles, ["found", "uniformly random pixels"], loc="outside upper left", ncols=2, borderaxespad=0)
    return figure
