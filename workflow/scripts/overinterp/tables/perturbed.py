"""What `evaluate_subsets` wrote, as matrices of networks and images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from overinterp.artifacts.tables import read_table
from overinterp.tables.rows import described, square


def of_groups(parts, kind: str) -> Iterator[tuple[dict, dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """For each group of classifiers that differ in their seed alone: what it is, and by variant confidence and pixels.

    Args:
        parts: Files.
        kind: A test of `overinterp.perturbations.perturbed` or `overinterp.dots.as_dots`.

    Yields:
        The describing columns with models, images (with a subset of any of them) and threshold; confidence and pixels
        (networks, images) of each variant, NaN where a network has no subset of an image.
    """
    rows = pd.concat([read_table(path) for path in parts], ignore_index=True)
    for _, group in rows[rows.test == kind].groupby("group", sort=False):
        variants = list(group.groupby("variant", sort=False))
        confidence, pixels = ({variant: square(part, name) for variant, part in variants} for name in ("confidence", "pixels"))
        counts = {"models": group.model.nunique(), "images": group["index"].nunique(), "threshold": group.threshold.iloc[0]}
        yield {**described(group), **counts}, confidence, pixels
