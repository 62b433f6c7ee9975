"""Size and status of the sufficient input subset of every image, at every threshold."""

from __future__ import annotations

import pandas as pd

from overinterp import sis
from overinterp.inputs import Inputs, Table
from overinterp.search.ordering import Ordering
from overinterp.search.stages import preset
from overinterp.tables.rows import used

CAPTION = (
    "Size of sufficient input subsets in pixels, over images whose full version reaches the threshold and that have one; mean: "
    "of the networks' means."
)
GROUPS = ["search", "split", "group", "threshold"]


def make(inputs: Inputs) -> Table:
    """Read subsets off the orderings, one shard at a time.

    Settings: thresholds, searches (method and pixels_per_step of each, by name).
    """
    parts = []
    for searched in inputs.searches:
        search = inputs.settings["searches"][searched.row["search"]]
        found = [sizes(ordering, inputs.settings["thresholds"], search) for ordering in searched.shards()]
        part = pd.concat(found, ignore_index=True)
        part = part.sort_values("threshold", kind="stable")
        parts.append(pd.concat([pd.DataFrame(searched.row, index=part.index), part], axis=1))
    rows = pd.concat(parts, ignore_index=True)
    sizes_of = used(rows).groupby(GROUPS, sort=False).size_pixels
    mean = used(rows).groupby([*GROUPS, "model"], sort=False).size_pixels.mean().groupby(GROUPS, sort=False).mean()
    found = pd.DataFrame({"subsets": sizes_of.size(), "mean": mean, "median": sizes_of.median()})
    counts = rows.groupby([*GROUPS, "status"], sort=False).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[sis.NONE, sis.EMPTY], fill_value=0)
    return Table(rows, counts.join(found).reset_index(), CAPTION)


def sizes(ordering: Ordering, thresholds: list[float], search: dict) -> pd.DataFrame:
    """One row an image and threshold; ``tried``: pixels from which on down this search tried every one (`Schedule.tried`)."""
    tried = preset(search["method"], ordering.pixels, search["pixels_per_step"]).tried(ordering.pixels)
    parts = []
    for threshold in thresholds:
        subsets = sis.find_sis(ordering, threshold)
        columns = {
            "index": ordering.index,
            "label": ordering.label,
            "predicted": ordering.predicted,
            "target_class": ordering.target,
            "correct": ordering.correct,
            "threshold": threshold,
            "status": subsets.status,
            "full_at_threshold": subsets.full_at_threshold,
            "size_pixels": subsets.size,
            "pixels": ordering.pixels,
            "tried": tried,
            "log_odds_full": ordering.log_odds[:, 0],
            "log_odds_blank": ordering.log_odds[:, -1],
            "ties": ordering.ties,
            "near_ties": ordering.near_ties,
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)
