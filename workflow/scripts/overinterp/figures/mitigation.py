"""What remedies cost and bring: size of subsets, accuracy, corrupted accuracy, calibration."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, greyed, new_figure, text_panel
from overinterp.inputs import Inputs

AS_IS, SCALED = COLOURS[0], COLOURS[1]
TICKS = [2.0**power for power in range(-10, 11)]  # ratios
CLOSE = [0.5, 0.65, 0.8, 1, 1.25, 1.5, 2]  # of ratios that lie near one another


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table `mitigation`: a line a group that is held against a baseline.

    Sizes are ratios to the baseline's with 95 % intervals, as they are (dots) and after temperature scaling (squares), grey and
    without intervals of fewer than eight images; accuracy and calibration error (before and after) are printed beside them, the
    baseline's in grey.
    Dotted: how far the ratios of single networks reach.
    Named with each: the baseline, the threshold, and how many images are matched before and after scaling.
    """
    table = inputs.tables["mitigation"]
    table = table[table.matched_images + table.matched_images_scaled > 0]
    if table.empty:
        return text_panel("No image is right and confident\nwith all compared classifiers.")
    heads = {"accuracy": "accur.\n(%)", "corrupted_accuracy": "corr.\n(%)", "calibration_error": "ECE\n(%)"}
    if table.corrupted_accuracy.isna().all():
        del heads["corrupted_accuracy"]
    widths = np.array([1.9 if name == "calibration_error" else 1.05 for name in heads])
    middles = (widths.cumsum() - widths / 2) / widths.sum()
    rows = [(row, part[part.baseline.astype(bool)].iloc[0]) for part, row in _compared(table)]
    figure, (axis, words) = new_figure(1.15 * len(rows) + 3.3, 1, 2, sharey=True, width_ratios=[3, widths.sum()])
    for place, (row, baseline) in enumerate(rows):
        for ending, shift, marker, colour in (("", -0.12, "o", AS_IS), ("_scaled", 0.12, "s", SCALED)):
            ratio, low, high = (row[f"{name}{ending}"] for name in ("size_ratio", "size_ratio_low", "size_ratio_high"))
            colour = greyed(colour, low)
            mark = {"fmt": marker, "color": colour, "markersize": 3, "linewidth": 0.9, "capsize": 1.5}
            ends = [row[f"ratio_least{ending}"], row[f"ratio_most{ending}"]]
            axis.plot(ends, [place + shift] * 2, ":", color=colour, linewidth=0.7)
            axis.errorbar([ratio], [place + shift], xerr=[[ratio - low], [high - ratio]], **mark)
        for middle, name in zip(middles, heads, strict=True):
            for of, shift, colour in ((row, -0.12, "black"), (baseline, 0.14, "0.45")):
                words.text(middle, place + shift, _percent(of, name), ha="center", va="center", fontsize=6.5, color=colour)
    for middle, head in zip(middles, heads.values(), strict=True):
        words.text(middle, -0.5, head, ha="center", va="bottom", fontsize=6.5)
    words.set_axis_off()
    axis.axvline(1, color="0.5", linewidth=0.8, zorder=0)
    axis.set_yticks(range(len(rows)), [_label(*row) for row in rows], fontsize=6.5)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xscale("log")
    low, high = axis.get_xlim()
    low, high = min(low, 0.7), max(high, 1.5)
    ticks = [tick for tick in (TICKS if high > 2.5 * low else CLOSE) if low <= tick <= high]
    axis.set(xlim=(low, high), xlabel="SIS size, relative to\nthe others (log scale)")
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    handles = [
        axis.plot([], [], marker, color=colour, markersize=3, label=label)[0]
        for marker, colour, label in (("o", AS_IS, "as it is"), ("s", SCALED, "after temperature scaling"))
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2, borderaxespad=0)
    said = "bars: 95 %, none of fewer than 8 images (grey)\ndotted: single networks; numbers in grey: the others'\n"
    said += "n: images matched, as it is and after scaling" + (
        "; corr.: corrupted images" if "corrupted_accuracy" in heads else ""
    )
    figure.supxlabel(said, fontsize=6.5, color="0.3", x=0.01, ha="left")
    return figure


def _compared(table):
    """The groups of each comparison that are held against its baseline, with all rows of the comparison."""
    for _, part in table.groupby("comparison", sort=False):
        for _, row in part[~part.baseline.astype(bool)].iterrows():
            yield part, row


def _label(row, baseline) -> str:
    counts = f"{row.matched_images:.0f} and {row.matched_images_scaled:.0f} of {row.searched_images:.0f}"
    against = f"against {baseline.group} ({baseline.networks:.0f})"
    return f"{row.group} ({row.networks:.0f})\n{against}\nat {row.threshold:g}; n = {counts}"


def _percent(row, name: str) -> str:
    after = f" → {100 * row.calibration_error_scaled:.1f}" if name == "calibration_error" else ""
    return f"{100 * row[name]:.1f}{after}"
