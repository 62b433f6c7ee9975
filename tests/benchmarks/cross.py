"""Kept pixels in a cross through the middle of the image, where `config/padding.py` moves the network's edge.

    python tests/benchmarks/cross.py results/imagenette_padding 0.1 8

Prints a CSV. For each classifier and search: the share of its kept pixels (here 10 %) in the outermost 8 rings, and in a cross of
2 x 8 rows and columns in the middle, each with a 95 % bootstrap interval over images, beside an even share.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from overinterp.artifacts.orderings import load_orderings
from overinterp.statistics import interval


def places(height: int, width: int, wide: int) -> dict[str, np.ndarray]:
    """bool (height, width): the outermost so many rings; and a cross as wide on either side of the middle."""
    rows, columns = np.arange(height), np.arange(width)
    depth = np.minimum.outer(np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns))
    near = (abs(rows - (height - 1) / 2) < wide)[:, None] | (abs(columns - (width - 1) / 2) < wide)[None]
    return {"border": depth < wide, "cross": near}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("fraction", type=float)
    parser.add_argument("wide", type=int)
    given = parser.parse_args()
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["model", "search", "place", "share", "low", "high", "even", "images"])
    for folder in sorted(given.study.glob("orderings/*/*/test")):
        found = load_orderings(sorted(map(str, folder.glob("shard-*.npz"))))
        kept = found.kept_fraction(given.fraction)
        for name, place in places(*kept.shape[1:], given.wide).items():
            share = (kept & place).sum((1, 2)) / kept.sum((1, 2))
            shares = [f"{value:.4f}" for value in (*interval(share), place.mean())]
            rows.writerow([*folder.parts[-3:-1], name, *shares, len(kept)])
