"""Confidence while pixels are removed."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, NULLS, group_name, images_in_words, new_figure
from overinterp.inputs import Inputs

MOST_BANDS = 2  # groups; the bands of more would cover one another


def draw(inputs: Inputs) -> Figure:
    """Draw the medians over images of the table `confidence_curves`, a line a group; of one or two the 10 to 90 % band too.

    Nulls are grey: networks taught shuffled labels dashed, untrained ones dotted.

    Settings: threshold, a dotted line.
    """
    groups = [part for _, part in inputs.tables["confidence_curves"].groupby("group", sort=False)]
    figure, axis = new_figure(5.6 + 0.36 * len(groups))
    pixels = int(groups[0].pixels.iloc[0])
    axis.axhline(inputs.settings["threshold"], color="grey", linewidth=0.8, linestyle=":")
    axis.text(1.1, inputs.settings["threshold"] - 0.015, f"{inputs.settings['threshold']:g}", ha="right", va="top", color="0.3")
    for number, part in enumerate(groups):
        first = part.iloc[0]
        null = NULLS.get(first.labels)
        colour = "0.35" if null else COLOURS[number % len(COLOURS)]
        dashes = null or ("-", (0, (4, 1, 1, 1)))[number // len(COLOURS) % 2]
        counts = images_in_words(int(first.networks), (int(first.fewest_images), int(first.most_images)))
        axis.plot(part.pixels_left, part["median"], color=colour, linestyle=dashes, label=f"{group_name(first)} ({counts})")
        if len(groups) <= MOST_BANDS:
            axis.fill_between(part.pixels_left, part.low, part.high, color=colour, alpha=0.2, linewidth=0)
    few = (1000, 100, 10, 1) if pixels > 3000 else (1000, 300, 100, 30, 10, 3, 1)
    ticks = [pixels, *[t for t in few if t < 0.7 * pixels]]
    axis.set_xscale("log")
    axis.set(xlim=(pixels, 1), ylim=(0, 1.02), ylabel="confidence in the predicted class")
    axis.set_xticks(ticks, [str(t) for t in ticks])
    axis.minorticks_off()
    axis.set_xlabel(f"pixels left of {pixels} (logarithmic, falling)")
    figure.legend(loc="outside lower left", ncols=1, borderaxespad=0)
    return figure
