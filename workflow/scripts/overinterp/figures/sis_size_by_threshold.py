"""Size of sufficient input subsets against the confidence threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, group_name, new_figure, text_panel
from overinterp.statistics import interval

MARKERS = "osD^vP*X<>"


def used(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that enter a mean: a subset was found, and the full image reaches the threshold, as in the paper."""
    return table[(table.status == "found") & table.full_at_threshold]


def square(rows: pd.DataFrame) -> np.ndarray:
    """(networks, images) sizes, NaN where a network has none for an image."""
    return rows.pivot(index="model", columns="index", values="size_pixels").to_numpy(float)


def sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Mean size and interval for each group and threshold; models, images of each, and how many subsets enter."""
    rows = []
    for (_, _, _), group in table.groupby(["kind", "architecture", "condition"], sort=False, dropna=False):
        name, models, images = group_name(group.iloc[0]), group.model.nunique(), group["index"].nunique()
        for threshold, part in used(group).groupby("threshold"):
            mean, low, high = interval(square(part))
            rows.append((name, models, images, threshold, mean, low, high, len(part)))
    return pd.DataFrame(rows, columns=["group", "models", "images", "threshold", "mean", "low", "high", "subsets"])


def draw(table: pd.DataFrame) -> Figure:
    """Draw the figure from the table `sis_size`: mean and 95 % interval over images, one line a group."""
    found = sizes(table)
    if found.empty:
        return text_panel("No image reaches a threshold with a subset:\nno size to draw.")
    groups = found.groupby("group", sort=False)
    figure, axis = new_figure(6.5 + 0.4 * len(groups))
    for number, (name, rows) in enumerate(groups):
        colour = COLOURS[number % len(COLOURS)]
        counts = f"{rows.subsets.min()}–{rows.subsets.max()}" if rows.subsets.nunique() > 1 else f"{rows.subsets.max()}"
        place = np.log(rows.threshold / (1 - rows.threshold))
        seeds = f", {rows.models.iloc[0]} seeds" if rows.models.iloc[0] > 1 else ""
        axis.plot(
            place,
            rows["mean"],
            color=colour,
            marker=MARKERS[number % 10],
            markersize=3,
            label=f"{name}{seeds} ({counts} subsets)",
        )
        axis.fill_between(place, rows.low, rows.high, color=colour, alpha=0.15, linewidth=0)
    thresholds = np.array(sorted(table.threshold.unique()))
    axis.set_xticks(np.log(thresholds / (1 - thresholds)), [f"{threshold:g}" for threshold in thresholds])
    axis.set(xlabel="confidence threshold (logit scale)", ylabel="mean SIS size (pixels)", ylim=(0, None))
    images = "–".join(map(str, sorted({found.images.min(), found.images.max()})))
    axis.text(0.98, 0.02, f"{images} images each", transform=axis.transAxes, ha="right", va="bottom", fontsize=6.5, color="0.3")
    figure.legend(loc="outside lower left", ncols=1, borderaxespad=0)
    return figure
