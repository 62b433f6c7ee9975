"""Accuracy of networks trained and tested on full images, kept pixels, random pixels and bare positions."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import BEHIND, COLOURS, group_name, new_figure, span, words
from overinterp.inputs import Inputs
from overinterp.plan.lists import CHOSEN
from overinterp.tables.rows import plain

SHORT = {("all", "values"): "full", ("kept", "values"): "kept", ("kept", "position"): "positions", ("random", "values"): "random"}
VIEW_COLOURS = dict(zip(SHORT.values(), (COLOURS[0], COLOURS[1], COLOURS[4], COLOURS[2]), strict=True))


def view_name(mask: str, paint: str) -> str:
    """A view in a word or two."""
    return SHORT.get((mask, paint), mask if paint == "values" else f"{mask} {paint}")


def lines(table: pd.DataFrame) -> list[tuple[str, list[tuple[str, str, pd.Series]]]]:
    """The figure's panels: a title, and for each line its words, the view trained on, and one accuracy a network.

    Of an audit's students those that see kept pixels, positions or random ones; its other controls are in `leakage`.
    """
    table = table[table.control.fillna("").isin(["", "kept", "position", "random"])]
    table = table[~table.test_mask.isin(CHOSEN[1:])]
    panels = []
    for split, rows in table.groupby("split", sort=False):
        full = rows[((rows.train_mask == "all") | (rows.kind == "ensemble")) & (rows.test_mask == "all")]
        kind = "" if split == "test" else f", corrupted ({rows.corruptions.iloc[0]})"
        panels.append((f"full images{kind}", [(group_name(part.iloc[0]), "full", part.accuracy) for part in _groups(full)]))
        for fraction in sorted(set(rows.test_fraction.dropna()) - {1}):
            part = rows[(rows.test_fraction == fraction) & (rows.kind != "ensemble")]
            title = f"trained → tested on {100 * fraction:.3g} % of the pixels{kind}"
            panels.append((title, _subsets(part, fraction)))
        for threshold in sorted(set(rows.test_threshold.dropna())):  # only networks that were trained on such are tested on them
            part = rows[rows.test_threshold == threshold]
            title = f"trained → tested on sufficient subsets at {100 * threshold:g} %{kind}"
            panels.append((title, _subsets(part)))
    return [panel for panel in panels if panel[1]]


def _subsets(part: pd.DataFrame, fraction: float | None = None) -> list[tuple[str, str, pd.Series]]:
    """Lines of networks trained on full images, then of those trained on as much of them as they are tested on."""
    views = list(dict.fromkeys(zip(part.test_mask, part.test_paint, strict=True)))
    own = (part.masks_model.fillna("") == part.model) | (part.test_mask != "kept")
    # networks trained on full images, on values alone: bare positions are nothing that they have seen
    shown = [
        (part[plain(part) & own & (part.test_mask == mask) & (part.test_paint == paint)], "full", view_name(mask, paint))
        for mask, paint in views
        if paint == "values"
    ]
    for mask, paint in views:
        same = (part.train_mask == mask) & (part.train_paint == paint)
        same &= fraction is None or part.train_fraction == fraction
        seen = (part.test_mask == mask) & (part.test_paint == paint)
        taught = (part.masks_model.fillna("") == part.teacher.fillna("")) | (part.test_mask != "kept")
        shown.append((part[same & seen & taught], view_name(mask, paint), view_name(mask, paint)))
    found = []
    for rows, trained, view in shown:
        groups = _groups(rows)
        teachers = {group.teacher.iloc[0] for group in groups if isinstance(group.teacher.iloc[0], str)} - {""}
        for group in groups:
            first = group.iloc[0]
            name = words(first.architecture) if first.kind == "network" else group_name(first)
            teacher = f", by {first.teacher.rsplit('-', 1)[-1]}" if len(teachers) > 1 else ""
            fewer = f" ({first.images} images)" if first.images < part.images.max() else ""
            found.append((f"{name}: {trained} → {view}{teacher}{fewer}", trained, group.accuracy))
    return found


def _groups(rows: pd.DataFrame):
    return [part for _, part in rows.groupby("group", sort=False, dropna=False)]


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table `accuracy`: a point a network, a bar at their mean, a line at one in as many classes.

    Dashed, what students of random pixels reach, where one line is of these: the null of every other subset of that size.
    """
    table = inputs.tables["accuracy"]
    panels = lines(table)
    counts = [len(found) for _, found in panels]
    figure, axes = new_figure(
        0.48 * sum(counts) + 0.9 * len(panels) + 1.1,
        len(panels),
        sharex=True,
        squeeze=False,
        height_ratios=[c + 0.6 for c in counts],
    )
    dashed = ""
    for axis, (title, found) in zip(axes[:, 0], panels, strict=True):
        for outputs in table.classes.unique():
            axis.axvline(100 / outputs, color="grey", linewidth=0.8, linestyle=":", clip_on=False)
        nulls = [accuracy.mean() for _, trained, accuracy in found if trained == "random"]
        if len(nulls) == 1:
            axis.axvline(100 * nulls[0], color=VIEW_COLOURS["random"], linewidth=0.8, linestyle="--", zorder=0)
            dashed = "; dashed: random → random"
        for place, (_, view, accuracy) in enumerate(found):
            colour = VIEW_COLOURS.get(view, COLOURS[5])
            axis.plot(
                100 * accuracy,
                [place] * len(accuracy),
                "o",
                color=colour,
                markersize=4,
                alpha=0.6,
                markeredgewidth=0,
                clip_on=False,
            )
            axis.plot([100 * accuracy.mean()] * 2, [place - 0.32, place + 0.32], color=colour, linewidth=1.8, clip_on=False)
            mean, low, high = 100 * accuracy.mean(), 100 * accuracy.min(), 100 * accuracy.max()
            place_of_text, side = (high + 3, "left") if mean < 80 else (low - 3, "right")
            axis.text(place_of_text, place, f"{mean:.1f}", ha=side, va="center", fontsize=6.5, color="0.25", bbox=BEHIND)
        axis.set(
            yticks=range(len(found)), yticklabels=[text for text, _, _ in found], xlim=(0, 100), ylim=(len(found) - 0.4, -0.6)
        )
        axis.set_title(title, loc="right", pad=2)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    outputs = " and ".join(f"{count:,}" for count in sorted(table.classes.unique()))
    axes[-1, 0].set_xlabel(f"accuracy on {_counts(table)} images (%)\ndotted: one in {outputs} classes{dashed}", loc="right")
    return figure


def _counts(table: pd.DataFrame) -> str:
    """Images of each split, such as "360 test"; the least and the most where views differ."""
    return ", ".join(f"{span(rows.images)} {split}" for split, rows in table.groupby("split", sort=False))
