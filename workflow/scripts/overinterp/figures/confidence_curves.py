"""Confidence while pixels are removed."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, group_name, images_in_words, new_figure
from overinterp.outputs import Inputs


def draw(inputs: Inputs) -> Figure:
    """Draw the median and the 10 to 90 % band over images from the table `confidence_curves`, one panel a group.

    The medians of networks taught shuffled labels, a null, stand in every other panel, grey and dashed.
    """
    groups = [part for _, part in inputs.tables["confidence_curves"].groupby("group", sort=False)]
    columns = min(2, len(groups))
    rows = -(-len(groups) // columns)
    figure, axes = new_figure(3.4 * rows + 0.8, rows, columns, sharex=True, sharey=True, squeeze=False)
    pixels = int(groups[0].pixels.iloc[0])
    few = (1000, 100, 10, 1) if pixels > 3000 else (1000, 300, 100, 30, 10, 3, 1)
    ticks = [pixels, *[t for t in few if t < 0.7 * pixels]]
    for axis in axes.flat[len(groups) :]:
        axis.set_axis_off()
    for axis, part in zip(axes.flat, groups, strict=False):
        axis.fill_between(part.pixels_left, part.low, part.high, color=COLOURS[0], alpha=0.25, linewidth=0)
        axis.plot(part.pixels_left, part["median"], color=COLOURS[0])
        for null in groups:
            if null.labels.iloc[0] == "shuffled" and null is not part:
                axis.plot(null.pixels_left, null["median"], color="0.35", linestyle="--", linewidth=0.9)
        first = part.iloc[0]
        counts = images_in_words(int(first.networks), int(first.fewest_images), int(first.most_images))
        axis.set_title(f"{group_name(first)}\n({counts})", pad=2)
        axis.set_xscale("log")
        axis.set(xlim=(pixels, 1), ylim=(0, 1.02))
        axis.set_xticks(ticks, [str(t) for t in ticks])
        axis.minorticks_off()
    dashed = "\ndashed: median of networks taught shuffled labels" if any((p.labels == "shuffled").any() for p in groups) else ""
    figure.supxlabel(f"pixels left of {pixels} (logarithmic, falling){dashed}", fontsize=7)
    figure.supylabel("confidence in the predicted class" if rows > 1 else "confidence", fontsize=7)
    return figure
