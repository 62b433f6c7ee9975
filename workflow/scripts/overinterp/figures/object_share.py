"""How much of the subsets lies on the object."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, network_name, new_figure
from overinterp.inputs import Inputs

TITLES = {"kept": "kept {fraction:.3g} %", "sis": "SIS, τ = {threshold:g}"}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `object_share`: dots with their interval; crosses for chance; a line a search and classifier.

    Above each line: by how many points the share is above that of other images' subsets, image by image.
    """
    table = inputs.tables["object_share"]
    table = table[table.class_name.fillna("") == ""]
    lines = list(dict.fromkeys(zip(table.search, table.model, strict=True)))
    figure, axes = new_figure(1.25 * len(lines) + 3.0, 1, 2, sharex=True, sharey=True)
    for axis, subset in zip(axes, TITLES, strict=True):
        rows = table[table.subset == subset].set_index(["search", "model"]).loc[lines]
        places = range(len(rows))
        errors = [100 * (rows.share - rows.share_low), 100 * (rows.share_high - rows.share)]
        dots = axis.errorbar(
            100 * rows.share, places, xerr=errors, fmt="o", color=COLOURS[0], markersize=3.5, capsize=3, linewidth=1
        )
        box = axis.plot(100 * rows.box_share, places, "x", color=COLOURS[3], markersize=5, clip_on=False)
        same = axis.plot(100 * rows.same_places_share, places, "+", color=COLOURS[2], markersize=6, clip_on=False)
        first = rows.iloc[0]
        axis.set_title(TITLES[subset].format(fraction=100 * first.fraction, threshold=first.threshold))
        axis.set_ylim(len(lines) - 0.6, -0.7)
        for place, row in enumerate(rows.itertuples()):
            above, low, high = (100 * getattr(row, f"above_same_places{end}") for end in ("", "_low", "_high"))
            between = f" [{low:.1f}, {high:.1f}]" if low == low else ""  # none of very few images
            text = f"{above:+.1f}{between}\nn = {row.images}"
            words = {"ha": "center", "va": "center", "fontsize": 6.5, "color": "0.35", "linespacing": 1.1}
            axis.text(0.5, place - 0.38, text, transform=axis.get_yaxis_transform(), **words)
    named = table.drop_duplicates(["search", "model"])
    axes[0].set_yticks(range(len(named)), [f"{row['search']}:\n{network_name(row)}" for _, row in named.iterrows()])
    figure.supxlabel(
        "share of the subset's pixels inside the object's box (%), from "
        f"{axes[0].get_xlim()[0]:.0f} up\nabove each: points more than other images' subsets [95 %]",
        fontsize=7,
    )
    figure.legend(
        [dots, box[0], same[0]],
        ["subsets (95 % interval)", "box's share of the image", "other images' subsets"],
        loc="outside upper center",
        ncols=2,
        handletextpad=0.2,
        columnspacing=0.8,
    )
    return figure
