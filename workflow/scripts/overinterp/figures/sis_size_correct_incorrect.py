"""Whether right answers rest on more pixels than wrong ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.figures.sis_size_by_threshold import used
from overinterp.figures.style import COLOURS, group_name, new_figure
from overinterp.statistics import difference_interval

FEWEST = 10  # wrong answers below which no point is drawn


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """Relative difference of mean SIS size, right against wrong answers, for each architecture and threshold.

    Networks of one architecture are pooled over seeds: one of them may be wrong on an image and another right.

    Returns:
        group, threshold, difference, low, high, correct and incorrect (how many answers of each); thresholds with
        fewer than ten wrong answers are left out.
    """
    rows = []
    single = table[(table.kind == "network") & (table.condition == "full")]
    for _, group in single.groupby("architecture", sort=False):
        for threshold, part in used(group).groupby("threshold"):
            wrong = int((~part.correct).sum())
            if wrong < FEWEST or wrong == len(part):
                continue
            right_sizes, wrong_sizes = (
                part.assign(size=part.size_pixels.where(part.correct == correct)).pivot(
                    index="model", columns="index", values="size"
                )
                for correct in (True, False)
            )
            difference, low, high = difference_interval(_pooled(right_sizes), _pooled(wrong_sizes))
            rows.append((group_name(part.iloc[0]), threshold, difference, low, high, len(part) - wrong, wrong))
    return pd.DataFrame(rows, columns=["group", "threshold", "difference", "low", "high", "correct", "incorrect"])


def _pooled(sizes: pd.DataFrame) -> np.ndarray:
    return sizes.to_numpy(float)


def draw(table: pd.DataFrame):
    """Draw the figure from the table `sis_size`: the difference and its 95 % interval, over images shared by seeds."""
    found = differences(table)
    figure, axis = new_figure(6.5)
    if found.empty:
        axis.set_axis_off()
        axis.text(
            0.5,
            0.5,
            f"No threshold has {FEWEST} wrong answers\nthat reach it with a subset: nothing to compare.",
            ha="center",
            va="center",
        )
        return figure
    axis.axhline(0, color="grey", linewidth=0.8)
    for number, (name, rows) in enumerate(found.groupby("group", sort=False)):
        place = np.log(rows.threshold / (1 - rows.threshold)) + 0.06 * number
        errors = 100 * np.stack([rows.difference - rows.low, rows.high - rows.difference])
        axis.errorbar(
            place,
            100 * rows.difference,
            errors,
            color=COLOURS[number],
            marker="os"[number % 2],
            markersize=4,
            linewidth=1,
            capsize=2,
            label=name,
        )
        for x, low, wrong in zip(place, 100 * rows.low, rows.incorrect, strict=True):
            axis.annotate(
                f"{wrong}",
                (x, low),
                (0, -2),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=6.5,
                color=COLOURS[number],
            )
    thresholds = np.array(sorted(found.threshold.unique()))
    axis.set_xticks(np.log(thresholds / (1 - thresholds)), [f"{threshold:g}" for threshold in thresholds])
    axis.margins(x=0.08, y=0.12)
    axis.set(xlabel="confidence threshold (logit scale)", ylabel="mean SIS size of right\nagainst wrong answers (%)")
    axis.set_title("numbers: wrong answers that enter", loc="left", color="0.3")
    figure.legend(loc="outside lower left", ncols=2, borderaxespad=0)
    return figure
