"""Classifiers side by side: how right, how few pixels, how much of them on the border and the object, and what places tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.statistics import wilson

CAPTION = (
    "Classifiers side by side: accuracy on full test images (mean over seeds; Wilson's 95 % interval of a single one), mean size "
    "of their sufficient subsets at the threshold, and the share of what each search keeps that lies on the outermost rings "
    "(pixels), over that of evenly spread ones (1: even). Where the study has boxes, what of it lies on the object, over the "
    "boxes' share of the images; how sure it is of its class where nothing is shown but dots of one colour at its subsets' "
    "places (mean over colours); where it has audits, the share of the kept pixels' accuracy above chance that students reach on "
    "where a classifier's kept pixels lie. 95 % intervals over images where a group has one network; where it has "
    "several, which can differ by more than that, the least and the most of them instead."
)
KEYS = ["kind", "group", "architecture", "condition", "source"]


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers that differ in their seed alone and a quantity: accuracy, size, border, object, dots, leak.

    Settings: threshold, of the sizes. Border and object have a row for each search. Object, dots and leak are there where
    the tables `object_share`, `dots` and `leakage` are.
    """
    accuracy, sizes, rings = (inputs.tables[name] for name in ("accuracy", "sis_size_by_threshold", "pixel_rings"))
    full = accuracy[(accuracy.split == "test") & (accuracy.test_mask == "all")]
    sizes = sizes[
        (sizes.split == "test") & (sizes.target == "predicted") & np.isclose(sizes.threshold, inputs.settings["threshold"])
    ]
    rings = rings[(rings.split == "test") & (rings.target == "predicted")]
    rings = rings[rings.rings == rings.rings.min()]
    objects = inputs.tables.get("object_share", pd.DataFrame(columns=["class_name", "subset", "group", "search"]))
    objects = objects[(objects.class_name.fillna("") == "") & (objects.subset == "kept")]
    dots = inputs.tables.get("dots", pd.DataFrame(columns=["subset", "shown", "group", "search"]))
    dots = dots[(dots.subset == "sis") & (dots.shown == "dots")]
    leaks = inputs.tables.get("leakage", pd.DataFrame(columns=["control", "target", "teacher", "search", "fraction"]))
    leaks = leaks[(leaks.control == "position") & (leaks.target == "predicted") & leaks.fraction.notna()]
    leaks = leaks.drop_duplicates(["teacher", "search"])
    leaks = leaks.drop(columns=[*KEYS, "model"], errors="ignore").merge(
        full[["model", *KEYS]], left_on="teacher", right_on="model"
    )
    found = []

    def tell(part, quantity, search, value, low, high, least, most, images=None):
        networks = int(part.models.iloc[0]) if "models" in part else len(part)
        rings_counted = int(part.rings.iloc[0]) if "rings" in part else None
        row = {**part.iloc[0][KEYS], "networks": networks, "rings": rings_counted, "quantity": quantity, "search": search}
        ends = {"low": low, "high": high, "least": np.nan, "most": np.nan}
        if networks > 1:
            ends = {"low": np.nan, "high": np.nan, "least": least, "most": most}
        found.append(row | {"images": int(images or part.images.max()), "value": value, **ends})

    for group in rings.group.unique():
        part = full[full.group == group]
        low, high = wilson(part.accuracy.iloc[0], part.images.iloc[0])
        tell(part, "accuracy", "", part.accuracy.mean(), low, high, part.accuracy.min(), part.accuracy.max())
        for _, part in sizes[sizes.group == group].groupby("search"):
            reach = part.subsets.iloc[0] / part.models.iloc[0]  # images a network that have a subset
            ends = part.iloc[0][["low", "high", "least", "most"]]
            tell(part, "size", part.search.iloc[0], part["mean"].iloc[0], *ends, reach)
        for search, part in rings[rings.group == group].groupby("search", sort=False):
            ends = np.array([part.share_low.iloc[0], part.share_high.iloc[0], part.share.min(), part.share.max()])
            even = part.uniform_share.iloc[0]
            tell(part, "border", search, part.share.mean() / even, *(ends / even))
        for search, part in objects[objects.group == group].groupby("search", sort=False):
            ratios = part.share / part.box_share
            low, high = part[["share_low", "share_high"]].iloc[0] / part.box_share.iloc[0]
            tell(part, "object", search, ratios.mean(), low, high, ratios.min(), ratios.max())
        for _, part in dots[dots.group == group].groupby("search"):
            ends = part.iloc[0][["confidence_low", "confidence_high", "least", "most"]]
            tell(part, "dots", part.search.iloc[0], part.confidence.iloc[0], *ends)
        for search, part in leaks[leaks.group == group].groupby("search", sort=False):
            ends = part.iloc[0][["share_low", "share_high"]]
            tell(part, "leak", search, part.share.mean(), *ends, part.share.min(), part.share.max())
    ends = ["low", "high", "least", "most"]
    rows = pd.DataFrame(found, columns=[*KEYS, "networks", "rings", "quantity", "search", "images", "value", *ends])
    return Table(rows, rows[["group", "networks", "quantity", "search", "rings", "images", "value", *ends]], CAPTION)
