"""Every network shown the subsets of every other: the pairs one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import heat_map, network_name, new_figure, span
from overinterp.inputs import Inputs

MOST_PRINTED = 12  # networks; the numbers of more would not be legible


def matrices(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """For confidence and accuracy the square matrix, source in rows, target in columns, in the table's order."""
    order = list(dict.fromkeys(table.source))
    return {
        name: table.pivot(index="source", columns="target", values=name).loc[order, order].to_numpy(float)
        for name in ("mean_confidence", "accuracy")
    }


def draw(inputs: Inputs) -> Figure:
    """Draw both matrices, in per cent, from the table `transfer`."""
    table = inputs.tables["transfer"]
    firsts = table.drop_duplicates("source")
    columns = ("kind", "group", "architecture", "condition", "seed")
    names = [network_name({key: row[f"source_{key}"] for key in columns}) for _, row in firsts.iterrows()]
    size = len(names)
    figure, axes = new_figure(2 * (0.48 * size + 0.9) + 3.2, 2, sharex=True)
    labels = {"mean_confidence": "confidence in the source's class (%)", "accuracy": "accuracy (%)"}
    for axis, (name, matrix) in zip(axes, matrices(table).items(), strict=True):
        heat_map(axis, matrix, names, names, written=size <= MOST_PRINTED)
        axis.set_title(labels[name], loc="left", pad=2)
        axis.annotate("found with", (0, 1), (-4, 2), "axes fraction", textcoords="offset points", ha="right", color="0.3")
    axes[1].tick_params(axis="x", rotation=90)
    axes[1].set_xlabel(f"shown to ({span(table.images)} images, {100 * table.fraction.iloc[0]:.3g} % of the pixels)", loc="right")
    figure.colorbar(axes[0].collections[0], ax=axes, location="top", shrink=0.5, aspect=30, pad=0.01)
    return figure
