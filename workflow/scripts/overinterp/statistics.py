"""Intervals. Images are the unit that is resampled; networks that saw the same images share every resample."""

from __future__ import annotations

import numpy as np

CHUNK = 200  # resamples held in memory at a time


def interval(values: np.ndarray, seed: int = 0, draws: int = 2000, level: float = 0.95) -> tuple[float, float, float]:
    """Mean over images, with a percentile bootstrap interval over images.

    With fewer than five seeds a spread over seeds cannot be estimated, so seeds are not resampled: the interval is
    for these networks on other images of the kind.

    Args:
        values: (images,) or (networks, images); NaN where a network has no value for an image.
        seed: Of the resampling.
        draws: Resamples.
        level: Of the interval, in (0, 1).

    Returns:
        Mean (over networks, of each one's mean over its images), low and high end; NaN without any value.
    """
    values = np.atleast_2d(np.asarray(values, np.float64))
    return _summary(_mean(values), _resampled(values, seed, draws), level)


def difference_interval(
    first: np.ndarray, second: np.ndarray, seed: int = 0, draws: int = 2000, level: float = 0.95
) -> tuple[float, float, float]:
    """Relative difference of two means, (first - second) / second, with an interval over images.

    All values of a group weigh the same, whichever network they are from: a network with one value in a group, such
    as one wrong answer, does not weigh as much there as one with many.

    Args:
        first: (images,) or (networks, images), NaN where a network has no value for an image or it is in the other group.
        second: Likewise, the same images: each resample of images serves both groups.
        seed: Of the resampling.
        draws: Resamples.
        level: Of the interval, in (0, 1).

    Returns:
        Relative difference, low and high end; NaN where a group is empty.
    """
    groups = [np.atleast_2d(np.asarray(values, np.float64)) for values in (first, second)]
    sums = [(np.nansum(values, 0), (~np.isnan(values)).sum(0)) for values in groups]
    means = [_ratio(total.sum(), count.sum()) for total, count in sums]
    drawn = [_resampled_ratio(total, count, seed, draws) for total, count in sums]
    return _summary(means[0] / means[1] - 1, drawn[0] / drawn[1] - 1, level)


def ratio_interval(
    numerator: np.ndarray, denominator: np.ndarray, seed: int = 0, draws: int = 2000, level: float = 0.95
) -> tuple[float, float, float]:
    """A pooled ratio, the sum of one count over the sum of another, with an interval over images.

    Args:
        numerator: (images,) counts.
        denominator: (images,) counts.
        seed: Of the resampling.
        draws: Resamples.
        level: Of the interval, in (0, 1).

    Returns:
        Ratio, low and high end; NaN where there is nothing to count.
    """
    if not len(numerator) or denominator.sum() == 0:
        return np.nan, np.nan, np.nan
    return _summary(numerator.sum() / denominator.sum(), _resampled_ratio(numerator, denominator, seed, draws), level)


def _mean(values: np.ndarray) -> float:
    """Mean over the last axis without NaN, then over the networks that have any value."""
    counts = (~np.isnan(values)).sum(-1)
    means = np.divide(np.nansum(values, -1), counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    have = ~np.isnan(means)
    return np.divide(np.nansum(means, 0), have.sum(0), out=np.full(means.shape[1:], np.nan), where=have.sum(0) > 0)[()]


def _ratio(above, below) -> np.ndarray:
    above, below = np.asarray(above, np.float64), np.asarray(below)
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)


def _resamples(images: int, seed: int, draws: int):
    """Yield rows of images (at most CHUNK, images), the same for the same seed."""
    rng = np.random.default_rng(seed)
    for start in range(0, draws, CHUNK):
        yield rng.integers(images, size=(min(CHUNK, draws - start), images))


def _resampled(values: np.ndarray, seed: int, draws: int) -> np.ndarray:
    return np.concatenate([_mean(values[:, rows]) for rows in _resamples(values.shape[1], seed, draws)])


def _resampled_ratio(above: np.ndarray, below: np.ndarray, seed: int, draws: int) -> np.ndarray:
    return np.concatenate([_ratio(above[rows].sum(1), below[rows].sum(1)) for rows in _resamples(len(above), seed, draws)])


def _summary(value: float, drawn: np.ndarray, level: float) -> tuple[float, float, float]:
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn) or np.isnan(value):
        return np.nan, np.nan, np.nan
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(value), float(low), float(high)
