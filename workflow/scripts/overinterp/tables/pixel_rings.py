"""Share of the kept pixels that lies on the outermost rings of the image, against a uniform spread."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.inputs import Inputs, Table
from overinterp.statistics import ratio_interval

SMALL, LARGE = (1, 2, 4), (8, 16, 32)  # numbers of rings, for images of less than 128 pixels and for larger ones
CAPTION = "Share of the kept pixels on the outermost rings of the image, and that of uniformly spread pixels; mean over networks."


def make(inputs: Inputs) -> Table:
    """One row a search and number of rings.

    Settings: fraction, that is kept.
    """
    parts = []
    for searched in inputs.searches:
        part = ring_shares(searched.shards(), inputs.settings["fraction"])
        parts.append(pd.concat([pd.DataFrame(searched.row, index=part.index), part], axis=1))
    rows = pd.concat(parts, ignore_index=True)
    groups = rows.groupby(["split", "group", "search", "rings"], sort=False)
    summary = groups.agg(networks=("model", "size"), share=("share", "mean"), uniform_share=("uniform_share", "first"))
    return Table(rows, summary.reset_index(), CAPTION)


def ring_shares(orderings, fraction: float) -> pd.DataFrame:
    """Shares of the kept pixels of all images, pooled, with 95 % bootstrap intervals over images.

    Args:
        orderings: An iterable of orderings.
        fraction: Kept fraction.

    Returns:
        One row for each number of rings: rings, fraction, images, share, share_low, share_high, uniform_share.
    """
    on_ring, in_all, uniform = {}, [], {}
    for ordering in orderings:
        kept = ordering.kept_fraction(fraction)
        in_all.append(kept.sum((1, 2)))
        for rings in SMALL if min(kept.shape[1:]) < 128 else LARGE:
            border = outermost(kept.shape[1:], rings)
            on_ring.setdefault(rings, []).append((kept & border).sum((1, 2)))
            uniform[rings] = border.mean()
    total = np.concatenate(in_all)
    rows = []
    for rings, counts in on_ring.items():
        rows.append((rings, fraction, len(total), *ratio_interval(np.concatenate(counts), total), uniform[rings]))
    return pd.DataFrame(rows, columns=["rings", "fraction", "images", "share", "share_low", "share_high", "uniform_share"])


def outermost(shape, rings: int) -> np.ndarray:
    """bool (H, W): the pixels of the outermost rings."""
    found = np.ones(shape, bool)
    found[rings:-rings, rings:-rings] = False
    return found
