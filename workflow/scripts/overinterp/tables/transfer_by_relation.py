"""What a network's subsets are to itself, to its kind and to others: means over pairs, with intervals over images."""

from __future__ import annotations

import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, named
from overinterp.tables.transfer import RELATIONS, per_image, taught

CAPTION = (
    "Confidence in the class that the source predicts, and accuracy: means over images, of each over the pairs of source and "
    "target that were shown it, with 95 % intervals over images, for these classifiers; random: as many random pixels. Compared: "
    "images whose source's class is one of the study's, of which confidence is. Networks of shuffled labels and "
    "untrained ones are left out."
)
NUMBERS = {
    "confidence": "confidence",
    "accuracy": "right",
    "random_confidence": "random_confidence",
    "random_accuracy": "random_right",
}


def make(inputs: Inputs) -> Table:
    """One row a relation of source and target that there is.

    Each image has the mean over the pairs that were shown it; pairs share classifiers, so these are not resampled. Pairs with a
    null are left out: neither what it keeps nor what it makes of others' tells of a classifier that learned the images' classes.

    Settings: classifiers (describing rows by name), members (of ensembles).
    """
    found, rows = per_image(inputs), []
    found = found[taught(found)]
    for name in RELATIONS:
        part = found[found.relation == name]
        if part.empty:
            continue
        row = {"relation": name, "pairs": len(part[["source", "target"]].drop_duplicates()), "images": part["index"].nunique()}
        row["compared"] = part[part.confidence.notna()]["index"].nunique()
        for number, column in NUMBERS.items():
            row |= named(number, interval(part.groupby("index")[column].mean()))
        rows.append(row)
    columns = [f"{number}{end}" for number in NUMBERS for end in ("", "_low", "_high")]
    table = pd.DataFrame(rows, columns=["relation", "pairs", "images", "compared", *columns])
    return Table(table, table, CAPTION)
