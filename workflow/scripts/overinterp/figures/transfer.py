"""Whether one network's subsets convince another: itself, another seed, another classifier."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, new_figure, span
from overinterp.outputs import Inputs

SHOWN_TO = {
    "itself": "itself",
    "another seed": "another seed of its kind",
    "trained otherwise": "its architecture,\ntrained otherwise",
    "its ensemble": "its ensemble,\nor a member of it",
    "another classifier": "another classifier",
}
PANELS = {"mean_confidence": "confidence in the source's class (%)", "accuracy": "accuracy (%)"}
MOST_WHISKERS = 6  # pairs in a line; the whiskers of more would cover one another


def draw(inputs: Inputs) -> Figure:
    """Draw the table `transfer`: a line for each relation of source and target, a point a pair, a bar at the pairs' mean.

    Accuracies of few pairs have their intervals over images; the mean over pairs, which share networks and images, has none.
    """
    table = inputs.tables["transfer"]
    relations = [relation for relation in SHOWN_TO if (table.relation == relation).any()]
    figure, axes = new_figure(2 * (0.95 * len(relations) + 0.8) + 0.8, 2, sharex=True)
    for axis, (name, title) in zip(axes, PANELS.items(), strict=True):
        if name == "accuracy":
            for chance in table.chance.unique():
                axis.axvline(100 * chance, color="grey", linewidth=0.8, linestyle=":")
        for place, relation in enumerate(relations):
            part = table[table.relation == relation]
            spread = place + np.linspace(-0.25, 0.25, len(part)) * (len(part) > 1)
            if name == "accuracy" and len(part) <= MOST_WHISKERS:
                axis.hlines(spread, 100 * part.accuracy_low, 100 * part.accuracy_high, color=COLOURS[0], linewidth=0.8, alpha=0.6)
            style = {"color": COLOURS[0], "markersize": 3.5, "alpha": 0.6, "markeredgewidth": 0, "clip_on": False}
            axis.plot(100 * part[name], spread, "o", **style)
            mean = 100 * part[name].mean()
            axis.plot([mean] * 2, [place - 0.4, place + 0.4], color=COLOURS[3], linewidth=1.8, clip_on=False)
            axis.text(103, place, f"{mean:.0f}", va="center", color=COLOURS[3])
        counts = table.relation.value_counts()
        names = [f"{SHOWN_TO[r]}\n({counts[r]} {'pair' if counts[r] == 1 else 'pairs'})" for r in relations]
        axis.set(yticks=range(len(relations)), yticklabels=names, xlim=(0, 100), ylim=(len(relations) - 0.4, -0.6))
        axis.set_title(title, loc="left", pad=3)
        axis.annotate("shown to", (0, 1), (-4, 3), "axes fraction", textcoords="offset points", ha="right", color="0.3")
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    images, fraction = span(table.images), 100 * table.fraction.iloc[0]
    outputs = " and ".join(f"{round(1 / chance):,}" for chance in sorted(table.chance.unique(), reverse=True))
    dotted = f"dotted: one in {outputs} classes; right: means"
    axes[1].set_xlabel(f"{images} images, {fraction:.3g} % of the pixels\n{dotted}", loc="right")
    return figure
