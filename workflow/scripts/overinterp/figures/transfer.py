"""Whether one network's subsets convince another: itself, another seed, another classifier."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, new_figure, span, text_panel
from overinterp.inputs import Inputs
from overinterp.tables.transfer import taught

SHOWN_TO = {
    "itself": "itself",
    "another seed": "another seed of its kind",
    "trained otherwise": "its architecture,\ntrained otherwise",
    "its ensemble": "its ensemble,\nor a member of it",
    "another classifier": "another classifier",
}
PANELS = {
    "confidence": ("mean_confidence", "confidence in the source's class (%)"),
    "accuracy": ("accuracy", "accuracy (%)"),
}
MOST_WHISKERS = 6  # pairs in a line; the whiskers of more would cover one another


def draw(inputs: Inputs) -> Figure:
    """Draw the tables `transfer`, a point a pair, and `transfer_by_relation`, a bar at the pairs' mean: a line a relation.

    Diamonds: the same images and pairs with as many random pixels. Bars are as wide as the mean's interval over images, and
    pairs in a line of few have their own. Networks of shuffled labels and untrained ones are left out.
    """
    table, means = inputs.tables["transfer"], inputs.tables["transfer_by_relation"]
    table = table[taught(table)]
    if means.empty:
        return text_panel("every pair has a network of shuffled labels\nor an untrained one")
    figure, axes = new_figure(2 * (0.95 * len(means) + 0.8) + 1.1, 2, sharex=True)
    for axis, (name, (column, title)) in zip(axes, PANELS.items(), strict=True):
        if name == "accuracy":
            for chance in table.chance.unique():
                axis.axvline(100 * chance, color="grey", linewidth=0.8, linestyle=":")
        for place, row in enumerate(means.itertuples()):
            part = table[table.relation == row.relation]
            spread = place + np.linspace(-0.25, 0.25, len(part)) * (len(part) > 1)
            if len(part) <= MOST_WHISKERS:
                ends = (100 * part[f"{name}_low"], 100 * part[f"{name}_high"])
                axis.hlines(spread, *ends, color=COLOURS[0], linewidth=0.8, alpha=0.6)
            style = {"color": COLOURS[0], "markersize": 3.5, "alpha": 0.6, "markeredgewidth": 0, "clip_on": False}
            axis.plot(100 * part[column], spread, "o", **style)
            mean, low, high = (100 * getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
            if low < high:
                axis.fill_betweenx([place - 0.4, place + 0.4], low, high, color=COLOURS[3], alpha=0.3, linewidth=0)
            axis.plot([mean] * 2, [place - 0.4, place + 0.4], color=COLOURS[3], linewidth=1.2, clip_on=False)
            random = 100 * getattr(row, f"random_{name}")
            diamond = {"color": "white", "markeredgecolor": "0.2", "markeredgewidth": 0.9, "markersize": 4, "clip_on": False}
            axis.plot([random], [place], "D", zorder=4, **diamond)
            axis.text(103, place, f"{mean:.0f}", va="center", color=COLOURS[3])
            axis.text(114, place, f"{random:.0f}", va="center", color="0.2")
        names = [f"{SHOWN_TO[row.relation]}\n({row.pairs} pair{'s' * (row.pairs > 1)})" for row in means.itertuples()]
        names[0] = f"shown to {names[0]}"
        axis.set(yticks=range(len(means)), yticklabels=names, xlim=(0, 100), ylim=(len(means) - 0.4, -0.6))
        axis.set_title(title, loc="left", pad=3)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    images, fraction = span(table.images), 100 * table.fraction.iloc[0]
    outputs = " and ".join(f"{round(1 / chance):,}" for chance in sorted(table.chance.unique(), reverse=True))
    said = f"{images} images, {fraction:.3g} % of the pixels; points: pairs\nbars and first numbers: means, 95 % over images\n"
    said += f"diamonds and last numbers: random pixels\ndotted: one in {outputs} classes"
    axes[1].set_xlabel(said, loc="right")
    return figure
