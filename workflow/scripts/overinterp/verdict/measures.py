"""What is measured of one classifier, image by image: how many pixels suffice, where they lie, and whether any class will do."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.inputs import Searched
from overinterp.search.ordering import Ordering
from overinterp.tables import object_share
from overinterp.tables.pixel_rings import outermost

PLACE = 0.05  # share of the image that is called one place
CELLS = 16  # a side at most, of the grid in which places are compared
BORDER = 16  # the border is this part of the shorter side, one pixel at least
COLUMNS = ["index", "label", "predicted", "correct", "half", "status", "full_at_threshold", "size_pixels", "pixels", "size"]
COLUMNS += ["border", "border_uniform", "one_place", "one_place_uniform"]
FILLS = ["survives", "size_under_all", "edges"]
OBJECTS = ["object", "object_uniform", "object_elsewhere"]


def of_classifier(
    own: Searched, other: Searched | None, evaluated: pd.DataFrame, objects: dict, threshold: float, small: float
) -> tuple[pd.DataFrame, np.ndarray]:
    """All that is measured of one classifier: one row an image, and where its subsets lie, as of `of_images`.

    Args:
        own: Its search towards the predicted class.
        other: Its search towards another class; None where there is none.
        evaluated: Its part of mask_edges and blanks.
        objects: The boxes around the images' objects; empty where none are known.
        threshold: Confidence in (0, 1).
        small: Share of the pixels that is called few.
    """
    table, places = of_images(own.shards(), threshold)
    table = with_other(table, other.shards() if other else (), threshold, small)
    inside = object_share.shares(own.shards if objects else tuple, objects, "sis", {"threshold": threshold})
    return with_objects(with_fills(table, evaluated), inside), places


def of_images(orderings: Iterable[Ordering], threshold: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Sufficient input subsets of the images of one search, and where they lie.

    Args:
        orderings: Of one search towards the predicted class.
        threshold: Confidence in (0, 1).

    Returns:
        One row an image: `COLUMNS`. size: share of the image's pixels. half: 0 or 1 in turn, by class and number.
        border: share of the subset's pixels within a sixteenth of the shorter side from the edge, border_uniform that of all
        pixels. one_place: share of the subset's pixels in those cells, a twentieth of the image, that subsets of *the other
        half* of the images use most; one_place_uniform: of all pixels. NaN where no subset was found, or the full image does not
        reach the threshold.
        And float32 (images, cells, cells): of each image's subset the share in each cell; NaN likewise.
    """
    rows, maps = [], []
    for ordering in orderings:
        subsets = sis.find_sis(ordering, threshold)
        masks = sis.masks(ordering, subsets)
        size = np.where(subsets.usable, subsets.size, np.nan)
        edge = border(ordering.height, ordering.width)
        with np.errstate(invalid="ignore"):
            on_border = (masks & edge).sum((1, 2)) / size
            maps.append((_cells(masks) / size[:, None, None]).astype(np.float32))
        rows.append(
            {
                "index": ordering.index, "label": ordering.label, "predicted": ordering.predicted, "correct": ordering.correct,
                "status": subsets.status, "full_at_threshold": subsets.full_at_threshold, "size_pixels": subsets.size,
                "pixels": np.full(len(ordering), ordering.pixels), "size": size / ordering.pixels, "border": on_border,
                "border_uniform": np.full(len(ordering), edge.mean()),
            }
        )  # fmt: skip
        area = _cells(np.ones((1, ordering.height, ordering.width), bool))[0] / ordering.pixels
    table = pd.concat([pd.DataFrame(part) for part in rows], ignore_index=True)
    table["half"] = np.argsort(np.lexsort((table["index"], table.label)), kind="stable") % 2
    places = np.concatenate(maps)
    table["one_place"], table["one_place_uniform"] = _one_place(places, table.half.to_numpy(), area)
    return table[COLUMNS], places


def of_blank(searches: Iterable[Iterable[Ordering]]) -> tuple[int, float]:
    """Of the classes that these orderings are towards, that of which the blank image makes the classifier surest; how sure."""
    targets, sure = [], []
    for orderings in searches:
        for ordering in orderings:
            targets += ordering.target.tolist()
            sure += ordering.confidence[:, -1].tolist()
    return targets[int(np.argmax(sure))], max(sure)


def border(height: int, width: int) -> np.ndarray:
    """bool (H, W): the pixels that are called the border."""
    return outermost((height, width), max(1, round(min(height, width) / BORDER)))


def _cells(masks: np.ndarray) -> np.ndarray:
    """(n, cells, cells) pixels of masks bool (n, H, W) in each cell of a grid, of at most one cell a pixel."""
    edges = [np.linspace(0, side, min(side, CELLS) + 1).round().astype(int)[:-1] for side in masks.shape[1:]]
    return np.add.reduceat(np.add.reduceat(masks.astype(np.int64), edges[0], axis=1), edges[1], axis=2)


def most_used(places: np.ndarray, area: np.ndarray) -> np.ndarray:
    """bool (cells, cells): the cells that subsets use most for their size, the least number that makes up `PLACE` of the image.

    Args:
        places: (images, cells, cells) shares of each image's subset, none NaN.
        area: (cells, cells) shares of the image.
    """
    density = (places.sum(0) / area).ravel()
    order = np.argsort(-density, kind="stable")
    count = 1 + int(np.searchsorted(area.ravel()[order].cumsum(), PLACE - 1e-9))
    found = np.zeros(area.size, bool)
    found[order[:count]] = True
    return found.reshape(area.shape)


def _one_place(places: np.ndarray, half: np.ndarray, area: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = ~np.isnan(places[:, 0, 0])
    share, uniform = np.full(len(places), np.nan), np.full(len(places), np.nan)
    for one in (0, 1):
        seen, asked = there & (half != one), there & (half == one)
        if seen.any():
            cells = most_used(places[seen], area)
            share[asked], uniform[asked] = places[asked][:, cells].sum(1), area[cells].sum()
    return share, uniform


def with_other(table: pd.DataFrame, orderings: Iterable[Ordering], threshold: float, small: float) -> pd.DataFrame:
    """The table with what a search towards another class found.

    The columns are other_class, other_status, other_size_pixels, any_class and size_ratio. any_class: 1 where at most a share
    ``small`` of the pixels makes the classifier sure of a class that is neither the one it predicts nor the image's own, 0 where
    not; NaN where that was not searched, where the class drawn is the image's own, or where the blank image is sure of it.
    size_ratio: that subset's size over that of the predicted class.
    """
    parts = [pd.DataFrame(columns=["index", "other_class", "other_status", "other_size_pixels"])]
    for ordering in orderings:
        subsets = sis.find_sis(ordering, threshold)
        found = {"index": ordering.index, "other_class": ordering.target, "other_status": subsets.status}
        parts.append(pd.DataFrame({**found, "other_size_pixels": subsets.size}))
    other = pd.concat(parts[1:] or parts, ignore_index=True)
    table = table.merge(other.astype({"index": np.int64, "other_size_pixels": np.float64}), on="index", how="left")
    strange = table.other_class != table.label
    found = strange & (table.other_status == sis.FOUND)
    few = found & (table.other_size_pixels <= small * table.pixels + 1e-9)
    table["any_class"] = few.astype(float).where(found | (strange & (table.other_status == sis.NONE)))
    table["size_ratio"] = table.other_size_pixels.where(found) / (table["size"] * table.pixels)
    return table


def with_fills(table: pd.DataFrame, evaluated: pd.DataFrame) -> pd.DataFrame:
    """The table with what became of the subsets when removed pixels showed something else or came back, `FILLS`.

    survives: 1 where the subset suffices under every other fill, else 0; size_under_all: share of the image that does. edges:
    confidence with the neighbours of the subset's pixels put back, minus that with as many random pixels.

    Args:
        table: As of `of_images`.
        evaluated: As `overinterp.perturbations.perturbed` returns.
    """
    evaluated = evaluated[evaluated.test.isin(["edges", "fill"])]
    wide = evaluated.pivot(index="index", columns="variant", values=["pixels", "confidence"])
    if not len(wide):
        return table.assign(**dict.fromkeys(FILLS, np.nan))
    size = wide["pixels"]["sis"]
    found = pd.DataFrame(
        {
            "survives": (wide["pixels"]["all"] == size).astype(float),
            "size_under_all": wide["pixels"]["all"],
            "edges": wide["confidence"]["neighbours_1"] - wide["confidence"]["random_1"],
        }
    )
    table = table.merge(found.reset_index(), on="index", how="left")
    return table.assign(size_under_all=table.size_under_all / table.pixels)


def with_objects(table: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The table with where subsets lie against the objects' boxes, `OBJECTS`; NaN of images without a box or a subset.

    object: share of the subset's pixels inside the image's boxes; object_uniform: the boxes' share of the image;
    object_elsewhere: what the subsets of other images have inside them.

    Args:
        table: As of `of_images`.
        shares: As of `overinterp.tables.object_share.shares`.
    """
    names = {"share": "object", "box_share": "object_uniform", "same_places_share": "object_elsewhere"}
    found = table.merge(shares[["index", *names]].rename(columns=names), on="index", how="left")
    found.loc[found["size"].isna(), OBJECTS] = np.nan
    return found
