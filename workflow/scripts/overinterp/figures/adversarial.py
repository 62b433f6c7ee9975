"""Sizes of subsets of adversarially trained networks against those of ordinary ones, image by image."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, new_figure, text_panel, words
from overinterp.outputs import Inputs

FEWEST = 10  # pairs for a threshold to be shown


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table `adversarial` at its highest threshold with enough pairs: one point an image."""
    found = inputs.tables["adversarial"]
    if found.empty:
        return text_panel("No image has a subset with an ordinary\nand with an adversarially trained network.")
    counts = found.groupby("threshold").size()
    enough = counts[counts >= FEWEST]
    threshold = enough.index.max() if len(enough) else counts.idxmax()
    found = found[found.threshold == threshold]
    figure, axis = new_figure(7.5)
    limits = (0.8, 1.3 * found[["ordinary", "adversarial"]].to_numpy().max())
    axis.plot(limits, limits, color="0.5", linewidth=0.8, zorder=0)
    for number, (architecture, rows) in enumerate(found.groupby("architecture", sort=False)):
        first = rows.iloc[0]
        axis.plot(
            rows.ordinary,
            rows.adversarial,
            "osD"[number % 3],
            color=COLOURS[number],
            markersize=3,
            alpha=0.6,
            markeredgewidth=0,
            label=f"{words(architecture)}: {len(rows)} images, ratio {first.ratio:.2f}"
            f" ({first.ratio_low:.2f} to {first.ratio_high:.2f})",
        )
    axis.set(xscale="log", yscale="log", xlim=limits, ylim=limits, aspect="equal")
    axis.set(xlabel="SIS size, ordinary training (pixels)", ylabel="SIS size,\nadversarial training (pixels)")
    ticks = [tick for tick in (1, 3, 10, 30, 100, 300, 1000) if tick < limits[1]]
    axis.set_xticks(ticks, ticks)
    axis.set_yticks(ticks, ticks)
    axis.minorticks_off()
    axis.set_title(f"confidence {threshold:g}")
    figure.legend(loc="outside lower left", borderaxespad=0)
    return figure
