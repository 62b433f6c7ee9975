"""Whether right answers rest on more pixels than wrong ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.sis_size_by_threshold import MARKERS, square, used
from overinterp.figures.style import COLOURS, group_name, images_in_words, new_figure, text_panel
from overinterp.statistics import difference_interval

FEWEST = 10  # wrong answers below which no point is drawn


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """Relative difference of mean SIS size, right against wrong answers, for each architecture and threshold.

    The answers of one architecture's networks are pooled over seeds, each with equal weight: one network may be
    wrong on an image and another right.

    Returns:
        group, networks, images (of each), threshold, difference, low, high, correct and incorrect (how many answers
        of each); thresholds with fewer than ten wrong answers are left out.
    """
    rows = []
    single = table[(table.kind == "network") & (table.condition == "full")]
    for _, group in single.groupby("architecture", sort=False):
        for threshold, part in used(group).groupby("threshold"):
            wrong = int((~part.correct).sum())
            if wrong < FEWEST or wrong == len(part):
                continue
            right_sizes, wrong_sizes = (
                square(part.assign(size_pixels=part.size_pixels.where(part.correct == correct))) for correct in (True, False)
            )
            difference = difference_interval(right_sizes, wrong_sizes)
            shown = (group_name(part.iloc[0]), group.model.nunique(), group["index"].nunique())
            rows.append((*shown, threshold, *difference, len(part) - wrong, wrong))
    columns = ["group", "networks", "images", "threshold", "difference", "low", "high", "correct", "incorrect"]
    return pd.DataFrame(rows, columns=columns)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the figure from the table `sis_size`: the difference and its 95 % interval, over images shared by seeds."""
    found = differences(table)
    if found.empty:
        return text_panel(f"No threshold has {FEWEST} wrong answers\nthat reach it with a subset: nothing to compare.")
    figure, axis = new_figure(6.5)
    axis.axhline(0, color="grey", linewidth=0.8)
    for number, (name, rows) in enumerate(found.groupby("group", sort=False)):
        place = np.log(rows.threshold / (1 - rows.threshold)) + 0.06 * number
        errors = 100 * np.stack([rows.difference - rows.low, rows.high - rows.difference])
        axis.errorbar(
            place,
            100 * rows.difference,
            errors,
            color=COLOURS[number % 10],
            marker=MARKERS[number % 10],
            markersize=4,
            linewidth=1,
            capsize=2,
            label=f"{name} ({images_in_words(rows.networks.iloc[0], rows.images.iloc[0])})",
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
                color=COLOURS[number % 10],
            )
    thresholds = np.array(sorted(found.threshold.unique()))
    axis.set_xticks(np.log(thresholds / (1 - thresholds)), [f"{threshold:g}" for threshold in thresholds])
    axis.margins(x=0.08, y=0.12)
    axis.set(
        xlabel="confidence threshold (logit scale)", ylabel="relative difference of mean SIS size,\n(right − wrong) / wrong (%)"
    )
    axis.set_title("numbers: wrong answers that enter", loc="left", color="0.3")
    figure.legend(loc="outside lower left", ncols=1, borderaxespad=0)
    return figure
