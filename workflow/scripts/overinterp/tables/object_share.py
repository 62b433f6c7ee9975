"""Do the subsets lie on the object? The share of their pixels inside the boxes, against two kinds of chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.artifacts.images import load_objects
from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, named

CAPTION = (
    "Share of the subsets' pixels inside the objects' boxes; the boxes' share of the image; and what masks of other images of "
    "the same search have inside (the same place preferences, no regard for the object). Means over images."
)


def make(inputs: Inputs) -> Table:
    """One row a search, kind of subset and class, and one for all classes (class_name empty).

    Settings: fraction, that is kept, and threshold of the sufficient input subsets.
    """
    objects = load_objects(inputs.boxes, inputs.data)
    names, settings = inputs.data["class_names"], inputs.settings
    parts = []
    for searched in inputs.searches:
        for subset in ("kept", "sis"):
            images = shares(searched.shards, objects, subset, settings)
            groups = [("", images)] + [(names[label], part) for label, part in images.groupby("label") if len(part) > 1]
            for name, part in groups:
                parts.append({**searched.row, "subset": subset, **summary(part), "class_name": name})
    rows = pd.DataFrame(parts).assign(fraction=settings["fraction"], threshold=settings["threshold"])
    whole = rows[rows.class_name == ""]
    columns = ["group", "search", "subset"]
    means = whole.groupby(columns, sort=False)[["share", "box_share", "same_places_share"]].mean()
    counts = whole.groupby(columns, sort=False).agg(networks=("model", "size"), images=("images", "max"))
    return Table(rows, counts.join(means).reset_index(), CAPTION)


def shares(orderings, objects: Mapping[int, np.ndarray], subset: str, settings: dict) -> pd.DataFrame:
    """One row an image that has a box and a subset.

    Args:
        orderings: Called for an iterator of orderings, twice.
        objects: By image number bool (H, W), True inside a box.
        subset: 'kept', a fraction of the pixels, or 'sis', a sufficient input subset.
        settings: fraction and threshold.

    Returns:
        index, label, share (of the subset's pixels that are inside), box_share (of all pixels) and same_places_share: what the
        subsets of the other images, laid on this one, have inside on average, a small subset counting as much as a large one.
    """
    places, count = 0.0, 0
    for ordering in orderings():
        chosen, there = _masks(ordering, subset, settings)
        sizes = chosen[there].sum((1, 2), keepdims=True)
        places, count = places + (chosen[there] / sizes).sum(0), count + int(there.sum())
    found = []
    for ordering in orderings():
        chosen, there = _masks(ordering, subset, settings)
        for row in np.flatnonzero(there):
            number = int(ordering.index[row])
            if number not in objects:
                continue
            inside, mask = objects[number], chosen[row]
            others = places - mask / mask.sum()
            elsewhere = others[inside].sum() / (count - 1) if count > 1 else np.nan
            found.append((number, int(ordering.label[row]), mask[inside].sum() / mask.sum(), inside.mean(), elsewhere))
    return pd.DataFrame(found, columns=["index", "label", "share", "box_share", "same_places_share"])


def summary(images: pd.DataFrame) -> dict:
    """Means over images, and the share's advantage over the masks of other images, with 95 % bootstrap intervals over images."""
    found = {"images": len(images), "box_share": images.box_share.mean(), "same_places_share": images.same_places_share.mean()}
    values = {"share": images.share, "above_same_places": images.share - images.same_places_share}
    for name, column in values.items():
        found |= named(name, interval(column.to_numpy(float)))
    return found


def _masks(ordering, subset: str, settings: dict) -> tuple[np.ndarray, np.ndarray]:
    """bool (N, H, W), and bool (N,) which images have a subset."""
    if subset == "kept":
        return ordering.kept_fraction(settings["fraction"]), np.ones(len(ordering), bool)
    subsets = sis.find_sis(ordering, settings["threshold"])
    return sis.masks(ordering, subsets), subsets.status == sis.FOUND
