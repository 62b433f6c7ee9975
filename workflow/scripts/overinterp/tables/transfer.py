"""Every classifier shown the subsets found with every other, and as many random pixels: one row a pair."""

from __future__ import annotations

import pandas as pd

from overinterp.artifacts.tables import read_table
from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, wilson

CAPTION = "Mean confidence of the column's classifier in the class that the row's classifier predicts, on the row's subsets."
RELATIONS = ("itself", "another seed", "trained otherwise", "its ensemble", "another classifier")
ROLES = ("kind", "group", "architecture", "condition", "seed", "labels")  # of the source and of the target of a pair


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


def taught(pairs: pd.DataFrame) -> pd.Series:
    """Whether source and target both are classifiers of the images' classes: none of shuffled labels, none untrained."""
    return (pairs.source_labels == "given") & (pairs.target_labels == "given")


def per_image(inputs: Inputs) -> pd.DataFrame:
    """The parts together: a row a source, target and image, in the plan's order of targets, with what describes both.

    Settings: classifiers (describing rows by name), members (of ensembles).
    """
    rows = pd.concat([read_table(path) for path in inputs.parts], ignore_index=True)
    order = list(rows.target.unique())
    pairs = rows[["source", "target"]].drop_duplicates()
    pairs = pairs.assign(place=pairs.source.map(order.index)).sort_values("place", kind="stable").drop(columns="place")
    for role in ("source", "target"):
        for key in ROLES:
            pairs[f"{role}_{key}"] = [inputs.settings["classifiers"][name][key] for name in pairs[role]]
    pairs["relation"] = [relation(pair, inputs.settings["members"]) for pair in pairs.itertuples()]
    return pairs.merge(rows, on=["source", "target"], validate="one_to_many")


def make(inputs: Inputs) -> Table:
    """One row a pair, with intervals over images (accuracies: Wilson's), and the mean confidences as a square.

    Compared: images whose target is a class of the study; random_*: of as many random pixels of the same images. Chance is one
    in the number of the target's outputs.

    Settings: classifiers (describing rows by name), members (of ensembles).
    """
    found = per_image(inputs)
    rows = []
    describing = [f"{role}_{key}" for role in ("source", "target") for key in ROLES]
    for _, pair in found.groupby(["source", "target"], sort=False):
        first = pair.iloc[0]
        row = first[["source", "target", "search", *describing, "fraction"]].to_dict()
        row |= {"images": len(pair), "compared": int(pair.confidence.notna().sum())}
        row |= dict(zip(("mean_confidence", "confidence_low", "confidence_high"), interval(pair.confidence), strict=True))
        row |= {"accuracy": pair.right.mean(), "random_confidence": pair.random_confidence.mean()}
        row |= {"random_accuracy": pair.random_right.mean()}
        row["accuracy_low"], row["accuracy_high"] = wilson(row["accuracy"], len(pair))
        rows.append({**row, "relation": first.relation, "chance": 1 / first.classes})
    table = pd.DataFrame(rows)
    order = list(table.source.unique())
    square = table.pivot(index="source", columns="target", values="mean_confidence").loc[order, order]
    return Table(table, square.rename_axis(columns=None).reset_index(), CAPTION)
