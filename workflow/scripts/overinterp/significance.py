"""Tests: of pairs, of two groups, and p values adjusted for their number. Intervals: `overinterp.statistics`."""

from __future__ import annotations

import numpy as np


def paired_test(first: np.ndarray, second: np.ndarray) -> float:
    """Two-sided p value of Wilcoxon's signed-rank test of values of the same images.

    Args:
        first: (images,).
        second: (images,), of the same images.

    Returns:
        p; 1 where all pairs are equal, NaN without any pair. The smallest that n pairs allow is 2 / 2**n.
    """
    differences = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    if not len(differences):
        return np.nan
    from scipy.stats import wilcoxon  # takes a second, and few tables ask for it

    return float(wilcoxon(differences).pvalue) if differences.any() else 1.0


def larger(first: np.ndarray, second: np.ndarray) -> float:
    """One-sided p value of the first group's values being the larger ones, which holds its level with few values and with ties.

    Fisher's exact test where all values are 0 or 1, else Mann and Whitney's (exact without ties where a group has eight at most).

    Args:
        first: (n,), one value at least.
        second: (m,), likewise.
    """
    from scipy.stats import fisher_exact, mannwhitneyu  # likewise

    groups = [np.asarray(values, np.float64) for values in (first, second)]
    if np.isin(np.concatenate(groups), (0, 1)).all():
        return float(fisher_exact([[values.sum(), len(values) - values.sum()] for values in groups], "greater").pvalue)
    return float(mannwhitneyu(*groups, alternative="greater").pvalue)


def holm(p_values: np.ndarray) -> np.ndarray:
    """p values adjusted for their number by Holm's step-down method; NaN stays NaN and is not counted.

    Args:
        p_values: (tests,).
    """
    p_values = np.asarray(p_values, np.float64)
    order = np.argsort(p_values)[: (~np.isnan(p_values)).sum()]
    adjusted = np.full(len(p_values), np.nan)
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1)
    return adjusted
