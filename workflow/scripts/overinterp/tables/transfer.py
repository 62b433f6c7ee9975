"""Every classifier shown the subsets found with every other: one row a pair."""

from __future__ import annotations

import pandas as pd

from overinterp.artifacts.tables import read_table
from overinterp.outputs import Inputs, Table

CAPTION = "Mean confidence of the column's classifier in the class that the row's classifier predicts, on the row's subsets."


def make(inputs: Inputs) -> Table:
    """Put the parts together, sources in rows, both in the order of the plan."""
    parts = [read_table(path) for path in inputs.parts]
    order = list(dict.fromkeys(part.target.iloc[0] for part in parts))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(place=rows.source.map(order.index)).sort_values("place", kind="stable").drop(columns="place")
    square = rows.pivot(index="source", columns="target", values="mean_confidence").loc[order, order]
    return Table(rows, square.rename_axis(columns=None).reset_index(), CAPTION)
