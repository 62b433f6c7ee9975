"""Mean size of sufficient input subsets of the images of each class, with intervals over images."""

from __future__ import annotations

from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval
from overinterp.tables.rows import described, headed, square, used

CAPTION = "Mean SIS size in pixels by the true class, with its 95 % interval over images."


def make(inputs: Inputs) -> Table:
    """One row a split, group, threshold and class of which some subset enters.

    Settings: search, whose sizes are shown.
    """
    table, names = inputs.tables["sis_size"], inputs.data["class_names"]
    found = []
    for _, group in table[table.search == inputs.settings["search"]].groupby(["split", "group"], sort=False):
        group = used(group).astype({"label": int})  # names, in other tables
        for (threshold, label), part in group.groupby(["threshold", "label"]):
            mean, low, high = interval(square(part))
            row = {"threshold": threshold, "class_name": names[label], "subsets": len(part), "correct": int(part.correct.sum())}
            found.append({**described(group), **row, "mean": mean, "low": low, "high": high})
    shown = ["split", "group", "threshold", "class_name", "subsets", "correct", "mean", "low", "high"]
    rows = headed(found, shown)
    return Table(rows, rows[shown], CAPTION)
