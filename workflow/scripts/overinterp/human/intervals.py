"""Intervals of what people answer: for other people, or for other people who see other pictures."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from overinterp.statistics import LEVEL


def interval_over_units(values: np.ndarray) -> tuple[float, float, float]:
    """Mean of independent units, such as people, with Student's t interval.

    With few units it holds its level where a bootstrap's percentiles are too narrow.

    Args:
        values: (units,).

    Returns:
        Mean, low and high end; without an interval (NaN) of one unit, or where all are equal and tell nothing of
        their spread; all NaN of none.
    """
    values = np.asarray(values, np.float64)
    if not len(values):
        return np.nan, np.nan, np.nan
    mean = float(values.mean())
    if len(values) == 1 or np.ptp(values) == 0:
        return mean, np.nan, np.nan
    half = float(stdtrit(len(values) - 1, (1 + LEVEL) / 2) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def interval_over_both(values: np.ndarray) -> tuple[float, float, float]:
    """Mean of a table of people by pictures, with an interval for other people who see other pictures.

    Both are drawn: the variance of the mean is that over people plus that over pictures, less the answers' own, which is in both,
    and never less than either of the two; Student's t has one degree of freedom less than there are of the fewer.

    Args:
        values: (people, pictures), none missing.

    Returns:
        Mean, low and high end; without an interval (NaN) of one person or one picture, or where all values are equal; all NaN of
        none.
    """
    values = np.asarray(values, np.float64)
    if not values.size:
        return np.nan, np.nan, np.nan
    people, pictures = values.shape
    mean, fewer = float(values.mean()), min(people, pictures)
    if fewer == 1 or np.ptp(values) == 0:
        return mean, np.nan, np.nan
    of_person, of_picture = values.mean(1), values.mean(0)
    own = values - of_person[:, None] - of_picture + mean
    over_people, over_pictures = of_person.var(ddof=1) / people, of_picture.var(ddof=1) / pictures
    both = over_people + over_pictures - (own**2).sum() / ((people - 1) * (pictures - 1)) / values.size
    half = float(stdtrit(fewer - 1, (1 + LEVEL) / 2) * np.sqrt(max(both, over_people, over_pictures)))
    return mean, mean - half, mean + half
