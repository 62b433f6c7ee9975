"""Sizes of subsets of adversarially trained networks against those of ordinary ones, image by image."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.sis_size_by_threshold import used
from overinterp.figures.style import COLOURS, new_figure, text_panel, words
from overinterp.statistics import interval

FEWEST = 10  # pairs for a threshold to be shown


def pairs(table: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """Mean size over seeds of each image that both an ordinary and an adversarially trained network have a subset of.

    Args:
        table: `sis_size`, of one search and split.
        conditions: Names of the conditions with adversarial training.

    Returns:
        architecture, threshold, index, ordinary and adversarial (pixels).
    """
    rows = used(table[table.kind == "network"])
    kinds = {"ordinary": rows[rows.condition == "full"], "adversarial": rows[rows.condition.isin(conditions)]}
    keys = ["architecture", "threshold", "index"]
    sizes = [part.groupby(keys).size_pixels.mean().rename(kind) for kind, part in kinds.items()]
    return pd.concat(sizes, axis=1).dropna().reset_index()


def draw(table: pd.DataFrame, conditions: list[str]) -> Figure:
    """Draw the figure from the table `sis_size` at its highest threshold with enough pairs: one point an image."""
    found = pairs(table, conditions)
    if found.empty:
        return text_panel("No image has a subset with an ordinary\nand with an adversarially trained network.")
    counts = found.groupby("threshold").size()
    enough = counts[counts >= FEWEST]
    threshold = enough.index.max() if len(enough) else counts.idxmax()
    found = found[found.threshold == threshold]
    figure, axis = new_figure(7.5)
    limits = (0.8, 1.3 * found[["ordinary", "adversarial"]].to_numpy().max())
    axis.plot(limits, limits, color="0.5", linewidth=0.8, zorder=0)
    for number, (architecture, rows) in enumerate(found.groupby("architecture", sort=False)):
        mean, low, high = np.exp(interval(np.log(rows.adversarial / rows.ordinary).to_numpy()))
        axis.plot(
            rows.ordinary,
            rows.adversarial,
            "osD"[number % 3],
            color=COLOURS[number],
            markersize=3,
            alpha=0.6,
            markeredgewidth=0,
            label=f"{words(architecture)}: {len(rows)} images, ratio {mean:.2f} ({low:.2f} to {high:.2f})",
        )
    axis.set(xscale="log", yscale="log", xlim=limits, ylim=limits, aspect="equal")
    axis.set(xlabel="SIS size, ordinary training (pixels)", ylabel="SIS size,\nadversarial training (pixels)")
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000) if tick < limits[1]]
    axis.set_xticks(ticks, ticks)
    axis.set_yticks(ticks, ticks)
    axis.minorticks_off()
    axis.set_title(f"confidence {threshold:g}")
    figure.legend(loc="outside lower left", borderaxespad=0)
    return figure
