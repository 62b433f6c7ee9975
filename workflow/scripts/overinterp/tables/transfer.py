"""Every classifier shown the subsets found with every other: one row a pair."""

from __future__ import annotations

import pandas as pd

from overinterp.artifacts.tables import read_table
from overinterp.outputs import Inputs, Table
from overinterp.statistics import wilson

CAPTION = "Mean confidence of the column's classifier in the class that the row's classifier predicts, on the row's subsets."


def relation(pair, members: dict[str, list[str]]) -> str:
    """What a pair's target is to its source.

    Args:
        pair: A row.
        members: Of ensembles, by name.

    Returns:
        itself, another seed, trained otherwise (one architecture), its ensemble (or a member of it), or another classifier.
    """
    if pair.source == pair.target:
        return "itself"
    if pair.source_group == pair.target_group:
        return "another seed"
    if pair.source in members.get(pair.target, []) or pair.target in members.get(pair.source, []):
        return "its ensemble"
    alone = "ensemble" not in (pair.source_kind, pair.target_kind)
    return "trained otherwise" if alone and pair.source_architecture == pair.target_architecture else "another classifier"


def make(inputs: Inputs) -> Table:
    """Put the parts together, sources in rows, both in the plan's order, with Wilson's intervals of accuracies over images.

    Chance is one in the number of the target's outputs.

    Settings: members (of ensembles).
    """
    parts = [read_table(path) for path in inputs.parts]
    order = list(dict.fromkeys(part.target.iloc[0] for part in parts))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(place=rows.source.map(order.index)).sort_values("place", kind="stable").drop(columns="place")
    intervals = [wilson(row.accuracy, row.images) for row in rows.itertuples()]
    rows[["accuracy_low", "accuracy_high"]] = intervals
    rows["relation"] = [relation(row, inputs.settings["members"]) for row in rows.itertuples()]
    rows["chance"] = 1 / rows.pop("classes")
    square = rows.pivot(index="source", columns="target", values="mean_confidence").loc[order, order]
    return Table(rows, square.rename_axis(columns=None).reset_index(), CAPTION)
