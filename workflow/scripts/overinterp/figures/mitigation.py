"""What remedies cost and bring: size of subsets, accuracy, corrupted accuracy, calibration."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, greyed, new_figure, text_panel
from overinterp.outputs import Inputs

AS_IS, SCALED = COLOURS[0], COLOURS[1]
TICKS = [2.0**power for power in range(-10, 11)]  # ratios


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table `mitigation`: a block of lines a comparison.

    Sizes are ratios to the baseline's with 95 % intervals, as they are (dots) and after temperature scaling (squares), grey and
    without intervals of fewer than eight images; accuracy and calibration error (before and after) are printed beside them.
    Dotted: how far the ratios of single networks reach.
    Above each block: its threshold, and how many images are matched before and after scaling.
    """
    table = inputs.tables["mitigation"]
    table = table[table.matched_images + table.matched_images_scaled > 0]
    if table.empty:
        return text_panel("No image is right and confident\nwith all compared classifiers.")
    corrupted = table.corrupted_accuracy.notna().any()
    heads = ["accur.\n(%)", *(["corrupt.\n(%)"] if corrupted else []), "ECE\n(%)"]
    height = 0.75 * len(table) + 1.2 * table.comparison.nunique() + 1.8
    figure, (axis, words) = new_figure(height, 1, 2, sharey=True, width_ratios=[1.2, 0.55 * len(heads)])
    places, labels, heads_of_blocks = [], [], {}
    for number, (_, rows) in enumerate(table.groupby("comparison", sort=False)):
        for _, row in rows.iterrows():
            places.append(len(places) + 1.4 * number)
            labels.append(f"{row.group} ({row.networks:.0f})")
        first = rows.iloc[0]
        counts = f"{first.matched_images:.0f} and {first.matched_images_scaled:.0f} of {first.searched_images:.0f} images"
        heads_of_blocks[places[-len(rows)] - 0.9] = f"confidence {first.threshold:g}:\n{counts}"
    for place, (_, row) in zip(places, table.iterrows(), strict=True):
        for ending, shift, marker, colour in (("", -0.15, "o", AS_IS), ("_scaled", 0.15, "s", SCALED)):
            ratio, low, high = (row[f"{name}{ending}"] for name in ("size_ratio", "size_ratio_low", "size_ratio_high"))
            colour = greyed(colour, low)
            mark = {"fmt": marker, "color": colour, "markersize": 3, "linewidth": 0.9, "capsize": 1.5}
            ends = [row[f"ratio_least{ending}"], row[f"ratio_most{ending}"]]
            axis.plot(ends, [place + shift] * 2, ":", color=colour, linewidth=0.7)
            axis.errorbar([ratio], [place + shift], xerr=[[ratio - low], [high - ratio]], **mark)
        calibration = f"{100 * row.calibration_error:.1f} → {100 * row.calibration_error_scaled:.1f}"
        shown = [f"{100 * row.accuracy:.1f}", *([f"{100 * row.corrupted_accuracy:.1f}"] if corrupted else []), calibration]
        for column, text in enumerate(shown):
            words.text((column + 0.5) / len(heads), place, text, ha="center", va="center", fontsize=6.5)
    for column, head in enumerate(heads):
        words.text((column + 0.5) / len(heads), -0.6, head, ha="center", va="bottom", fontsize=6.5)
    words.set_axis_off()
    axis.axvline(1, color="0.5", linewidth=0.8, zorder=0)
    axis.set_yticks([*places, *heads_of_blocks], [*labels, *heads_of_blocks.values()])
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(max(places) + 0.6, -1.4)
    axis.set_xscale("log")
    low, high = axis.get_xlim()
    low, high = min(low, 0.7), max(high, 1.5)
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axis.set(xlim=(low, high), xlabel="SIS size, relative to the\nfirst of its block (log scale)")
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    handles = [
        axis.plot([], [], marker, color=colour, markersize=3, label=label)[0]
        for marker, colour, label in (("o", AS_IS, "as it is"), ("s", SCALED, "after temperature scaling"))
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, borderaxespad=0)
    return figure
