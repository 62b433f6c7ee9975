"""Whether right answers rest on more pixels than wrong ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.statistics import difference_interval, ratio_at_equal, ratio_within
from overinterp.tables.rows import DESCRIBING, FEWEST_WRONG, described, plain, square, used

CAPTION = (
    f"Mean SIS size, right against wrong answers: relative difference, 95 % interval; {FEWEST_WRONG} wrong answers at least."
)
RATIO = ["ratio", "ratio_low", "ratio_high"]
EQUAL = ["ratio_at_equal_confidence", "ratio_at_equal_confidence_low", "ratio_at_equal_confidence_high"]
SAME = ["ratio_of_same_class", "ratio_of_same_class_low", "ratio_of_same_class_high"]
ODDS = ["log_odds_correct", "log_odds_incorrect"]
COLUMNS = ["networks", "images", "threshold", "difference", "low", "high", "correct", "incorrect", *RATIO, *EQUAL, *SAME, *ODDS]


def make(inputs: Inputs) -> Table:
    """One row a split, group of networks and threshold with enough wrong answers.

    Settings: search, whose sizes are compared; it ends in single-pixel steps.
    """
    rows = differences(inputs.tables["sis_size"], inputs.settings["search"])
    return Table(rows, rows[["split", "group", *COLUMNS]], CAPTION)


def differences(table: pd.DataFrame, search: str) -> pd.DataFrame:
    """Relative difference of mean SIS size, right against wrong answers, for each split, group and threshold.

    Shown are networks trained on full images without input dropout or attacks, and brought classifiers. The answers of a
    group's networks are pooled over seeds, each with equal weight: one network may be wrong on an image and another right.

    Right answers are surer ones, and of other classes. So beside the difference stands the ratio of geometric means, right over
    wrong, as it is, at equal log-odds of the full image, and of equal predicted classes; and the mean log-odds of either.
    """
    found = []
    for _, group in table[(table.search == search) & plain(table)].groupby(["split", "group"], sort=False):
        for threshold, part in used(group).groupby("threshold"):
            wrong = int((~part.correct).sum())
            if wrong < FEWEST_WRONG or wrong == len(part):
                continue
            right_sizes, wrong_sizes = (
                square(part.assign(size_pixels=part.size_pixels.where(part.correct == correct))) for correct in (True, False)
            )
            values = (group.model.nunique(), group["index"].nunique(), threshold)
            values += (*difference_interval(right_sizes, wrong_sizes), len(part) - wrong, wrong)
            sizes, right, odds = (square(part, column) for column in ("size_pixels", "correct", "log_odds_full"))
            values += (*ratio_at_equal(sizes, right, np.zeros_like(odds)), *ratio_at_equal(sizes, right, odds))
            of = square(part, "target_class")
            values += ratio_within(np.where(right == 1, sizes, np.nan), np.where(right == 0, sizes, np.nan), of, of)
            values += tuple(part[part.correct == correct].log_odds_full.mean() for correct in (True, False))
            found.append({**described(group), **dict(zip(COLUMNS, values, strict=True))})
    return pd.DataFrame(found, columns=[*DESCRIBING, *COLUMNS])
