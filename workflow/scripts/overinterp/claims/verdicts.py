"""The three verdicts on a number with its interval, and how it is printed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.statistics import FEWEST_IMAGES

HOLDS, FAILS, OPEN = "**holds**", "**does not hold**", "not judged"


def beyond(low: float, high: float, limit: float, images: int, above: bool = True) -> str:
    """The verdict on the claim that a quantity lies above (or below) a limit."""
    if images < FEWEST_IMAGES or not np.isfinite([low, high]).all():
        return OPEN
    if not above:
        low, high, limit = -high, -low, -limit
    return HOLDS if low > limit else FAILS if high < limit else OPEN


def between(value: float, low: float, high: float, form: str) -> str:
    """A number and its interval, as `form` prints each; in words where there is none."""
    ends = f"{low:{form}} to {high:{form}}" if np.isfinite([low, high]).all() else "too few for an interval"
    return f"{value:{form}} ({ends})"


def told(row, name: str, form: str) -> str:
    """A row's column and its interval, of the columns ``_low`` and ``_high``."""
    return between(row[name], row[f"{name}_low"], row[f"{name}_high"], form)


def named(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """The rows, if there are any.

    Raises:
        ValueError: There are none, so that what was judged before would be left out in silence.
    """
    if rows.empty:
        raise ValueError(f"found no row of {what}")
    return rows
