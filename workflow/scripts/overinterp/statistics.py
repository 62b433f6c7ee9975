import numpy as np


def ratio_interval(numerator: np.ndarray, denominator: np.ndarray, seed: int = 0, draws: int = 2000, level: float = 0.95):
    """Percentile bootstrap, over images, of a pooled ratio: the sum of one count over the sum of another.

    Args:
        numerator: (N,) counts, one an image.
        denominator: (N,) counts.
        seed: Of the resampling.
        draws: Resamples.
        level: Of the interval, in (0, 1).

    Returns:
        Ratio, low and high end; all NaN where there is nothing to count.
    """
    if not len(numerator) or denominator.sum() == 0:
        return np.nan, np.nan, np.nan
    rows = np.random.default_rng(seed).integers(len(numerator), size=(draws, len(numerator)))
    below = denominator[rows].sum(1)
    ratios = np.divide(numerator[rows].sum(1), below, out=np.full(draws, np.nan), where=below > 0)
    low, high = np.nanquantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return numerator.sum() / denominator.sum(), low, high
