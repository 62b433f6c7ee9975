"""Sizes of right against wrong answers at equal confidence in the full image.

    python tests/benchmarks/right_and_wrong.py results/photographs/tables/sis_size.csv > right_and_wrong.csv

Right answers are the surer ones, and of surer answers fewer pixels may suffice. So beside the ratio of geometric means as it is,
the one at equal log-odds: least squares of log size on right or wrong, the full image's log-odds and their square, over the
images that reach a threshold. 95 % bootstrap intervals over images, right and wrong ones resampled apart; no line of fewer than
10 wrong answers.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from overinterp.tables.rows import FEWEST_WRONG

DRAWN = 2000


def ratios(right: np.ndarray, odds: np.ndarray, size: np.ndarray) -> tuple[float, float]:
    """Geometric mean size of right answers over that of wrong ones: as it is, and at equal log-odds."""
    known = np.stack([np.ones(len(odds)), right, odds, odds**2], 1)
    apart = np.log(size[right]).mean() - np.log(size[~right]).mean()
    return np.exp(apart), np.exp(np.linalg.lstsq(known, np.log(size), rcond=None)[0][1])


def compared(table: pd.DataFrame) -> dict:
    """One row of the table: images of one classifier, search and threshold."""
    right, odds, size = table.correct.to_numpy(bool), table.log_odds_full.to_numpy(), table.size_pixels.to_numpy(float)
    rng, groups = np.random.default_rng(0), (np.flatnonzero(right), np.flatnonzero(~right))
    found = ratios(right, odds, size)
    drawn = []
    for _ in range(DRAWN):
        chosen = np.concatenate([rng.choice(group, len(group)) for group in groups])
        drawn.append(ratios(right[chosen], odds[chosen], size[chosen]))
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    row = {
        "right": len(groups[0]),
        "wrong": len(groups[1]),
        "log_odds_right": odds[right].mean(),
        "log_odds_wrong": odds[~right].mean(),
    }
    for place, name in enumerate(("ratio", "ratio_at_equal_log_odds")):
        row |= {name: found[place], f"{name}_low": low[place], f"{name}_high": high[place]}
    return row


if __name__ == "__main__":
    sizes = pd.read_csv(sys.argv[1])
    sizes = sizes[(sizes.target == "predicted") & (sizes.status == "found") & sizes.full_at_threshold]
    rows = []
    for (model, search, threshold), table in sizes.groupby(["model", "search", "threshold"], sort=False):
        if (~table.correct.astype(bool)).sum() >= FEWEST_WRONG:
            rows.append({"model": model, "search": search, "threshold": threshold, **compared(table)})
    pd.DataFrame(rows).to_csv(sys.stdout, index=False, float_format="%.4g", lineterminator="\n")
