"""What remedies cost and bring: size of subsets, accuracy, corrupted accuracy, calibration."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, new_figure, text_panel

AS_IS, SCALED = COLOURS[0], COLOURS[1]


def draw(table: pd.DataFrame) -> Figure:
    """Draw the figure from the table `mitigation`: a block of lines a comparison.

    Sizes are ratios to the baseline's with 95 % intervals, as they are (dots) and after temperature scaling (squares);
    accuracy and calibration error (before and after) are printed beside them.
    """
    table = table[table.matched_images + table.matched_images_scaled > 0]
    if table.empty:
        return text_panel("No image is right and confident\nwith all compared classifiers.")
    corrupted = table.corrupted_accuracy.notna().any()
    heads = ["accuracy\n(%)", *(["corrupt.\n(%)"] if corrupted else []), "ECE\n(%)"]
    height = 0.75 * len(table) + 0.5 * table.comparison.nunique() + 2.4
    figure, (axis, words) = new_figure(height, 1, 2, sharey=True, width_ratios=[1.2, 0.55 * len(heads)])
    places, labels = [], []
    for number, (_, rows) in enumerate(table.groupby("comparison", sort=False)):
        for _, row in rows.iterrows():
            places.append(len(places) + 0.7 * number)
            labels.append(f"{row.group} ({row.networks:.0f})")
    for place, (_, row) in zip(places, table.iterrows(), strict=True):
        for ending, shift, marker, colour in (("", -0.15, "o", AS_IS), ("_scaled", 0.15, "s", SCALED)):
            ratio, low, high = (row[f"{name}{ending}"] for name in ("size_ratio", "size_ratio_low", "size_ratio_high"))
            mark = {"fmt": marker, "color": colour, "markersize": 3, "linewidth": 0.9, "capsize": 1.5}
            axis.errorbar([ratio], [place + shift], xerr=[[ratio - low], [high - ratio]], **mark)
        calibration = f"{100 * row.calibration_error:.1f} → {100 * row.calibration_error_scaled:.1f}"
        shown = [f"{100 * row.accuracy:.1f}", *([f"{100 * row.corrupted_accuracy:.1f}"] if corrupted else []), calibration]
        for column, text in enumerate(shown):
            words.text((column + 0.5) / len(heads), place, text, ha="center", va="center", fontsize=6.5)
    for column, head in enumerate(heads):
        words.text((column + 0.5) / len(heads), -0.7, head, ha="center", va="bottom", fontsize=6.5)
    words.set_axis_off()
    axis.axvline(1, color="0.5", linewidth=0.8, zorder=0)
    axis.set_yticks(places, labels)
    axis.set_ylim(max(places) + 0.6, -0.6)
    axis.set_xlabel("SIS size, relative to\nthe first of its block")
    counts = table[["matched_images", "matched_images_scaled"]].drop_duplicates().to_numpy().tolist()
    images = "; ".join(f"{plain:.0f} and {scaled:.0f}" for plain, scaled in counts)
    handles = [
        axis.plot([], [], marker, color=colour, markersize=3, label=label)[0]
        for marker, colour, label in (("o", AS_IS, "as it is"), ("s", SCALED, "after temperature scaling"))
    ]
    title = f"matched images of {table.searched_images.max():.0f}: {images}"
    figure.legend(handles=handles, loc="outside upper left", ncols=2, title=title, alignment="left")
    return figure
