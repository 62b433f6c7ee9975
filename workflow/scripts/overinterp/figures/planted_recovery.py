"""How much of the sufficient input subsets lies on planted pixels."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, network_name, new_figure
from overinterp.inputs import Inputs


def draw(inputs: Inputs) -> Figure:
    """Draw precision and touch share with their intervals from the table `planted_recovery`; crosses: uniformly random pixels."""
    table = inputs.tables["planted_recovery"]
    names = [f"{row.search}: {network_name(row._asdict())}" for row in table.itertuples()]
    figure, axes = new_figure(0.85 * len(names) + 3.3, 1, 2, sharey=True)
    places = range(len(names))
    for axis, name in zip(axes, ("precision", "touch_share"), strict=True):
        share, low, high = table[name], table[f"{name}_low"], table[f"{name}_high"]
        looks = {"fmt": "o", "color": COLOURS[0], "markersize": 3.5, "capsize": 3.5, "linewidth": 1, "clip_on": False}
        found = axis.errorbar(share, places, xerr=[share - low, high - share], **looks)
        for part in (*found[1], *found[2]):
            part.set_clip_on(False)
        crosses = axis.plot(table[f"uniform_{name}"], places, "x", color=COLOURS[3], markersize=5, clip_on=False)
        axis.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
    axes[0].set_yticks(places, [name.replace(": ", ":\n") for name in names])
    axes[0].set_xlabel("planted share\nof subset\npixels")
    axes[1].set_xlabel("subsets that\ntouch a planted\npixel")
    beside = {"xycoords": axes[1].get_yaxis_transform(), "textcoords": "offset points", "fontsize": 6.5, "color": "0.25"}
    axes[1].annotate("found/\nnone/empty", (1, -0.6), (6, 2), va="bottom", **beside)
    for place, row in enumerate(table.itertuples()):
        axes[1].annotate(f"{row.found}/{row.none}/{row.empty}", (1, place), (6, 0), va="center", **beside)
    row = table.iloc[0]
    figure.legend(
        [found, crosses[0]],
        ["subsets (95 % interval)", "uniformly random pixels"],
        title=f"pattern strength {row.strength:g}, confidence threshold {row.threshold:g}",
        loc="outside upper left",
        ncols=2,
        borderaxespad=0,
        alignment="left",
    )
    return figure
