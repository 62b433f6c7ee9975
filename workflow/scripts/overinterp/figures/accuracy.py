"""Accuracy of networks trained and tested on full images, kept pixels, random pixels and bare positions."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, group_name, new_figure, words

VIEW_COLOURS = {"full": COLOURS[0], "backselect": COLOURS[1], "random": COLOURS[2], "position_only": COLOURS[4]}


SHORT = {"full": "full", "backselect": "kept", "random": "random", "position_only": "positions"}


def lines(table: pd.DataFrame) -> list[tuple[str, list[tuple[str, str, pd.Series]]]]:
    """The figure's panels: a title, and for each line its words, the view trained on, and one accuracy a network."""
    panels = []
    for split, rows in table.groupby("split", sort=False):
        full = rows[(rows.train_view == "full") & (rows.test_view == "full")]
        kind = "" if split == "test" else f", corrupted ({rows.corruptions.iloc[0]})"
        panels.append((f"full images{kind}", [(_name(part), "full", part.accuracy) for part in _groups(full)]))
        for fraction in sorted(set(rows.test_fraction) - {1}):
            part = rows[(rows.test_fraction == fraction) & (rows.kind == "network")]
            found = _subsets(part, fraction)
            panels.append((f"trained → tested on {100 * fraction:.3g} % of the pixels{kind}", found))
    return [panel for panel in panels if panel[1]]


def _subsets(part: pd.DataFrame, fraction: float) -> list[tuple[str, str, pd.Series]]:
    plain = (part.train_view == "full") & (part.keep_probability == 1) & ~part.adversarial
    shown = [(part[plain & (part.test_view == view)], "full", view) for view in ("backselect", "random")]
    for view in ("backselect", "random", "position_only"):
        same = (part.train_view == view) & (part.train_fraction == fraction) & (part.test_view == view)
        shown.append((part[same], view, view))
    found = []
    for rows, trained, view in shown:
        groups = _groups(rows)
        teachers = {group.teacher.iloc[0] for group in groups}
        for group in groups:
            name = f"{words(group.architecture.iloc[0])}: {SHORT[trained]} → {SHORT[view]}"
            teacher = f", by {group.teacher.iloc[0].rsplit('-', 1)[-1]}" if len(teachers) > 1 else ""
            found.append((name + teacher, trained, group.accuracy))
    return found


def _groups(rows: pd.DataFrame):
    return [part for _, part in rows.groupby(["kind", "architecture", "condition"], sort=False, dropna=False)]


def _name(rows: pd.DataFrame) -> str:
    return group_name(rows.iloc[0])


def draw(table: pd.DataFrame) -> Figure:
    """Draw the figure from the table `accuracy`: a point a network, a bar at their mean, a line at chance."""
    panels = lines(table)
    counts = [len(found) for _, found in panels]
    figure, axes = new_figure(
        0.48 * sum(counts) + 0.9 * len(panels) + 1.1,
        len(panels),
        sharex=True,
        squeeze=False,
        height_ratios=[c + 0.6 for c in counts],
    )
    chance = 100 / table.classes.iloc[0]
    for axis, (title, found) in zip(axes[:, 0], panels, strict=True):
        axis.axvline(chance, color="grey", linewidth=0.8, linestyle=":")
        for place, (_, view, accuracy) in enumerate(found):
            colour = VIEW_COLOURS[view]
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
            axis.text(place_of_text, place, f"{mean:.1f}", ha=side, va="center", fontsize=6.5, color="0.25")
        axis.set(
            yticks=range(len(found)), yticklabels=[text for text, _, _ in found], xlim=(0, 100), ylim=(len(found) - 0.4, -0.6)
        )
        axis.set_title(title, loc="right", pad=2)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    axes[-1, 0].set_xlabel(f"accuracy on {_counts(table)} images (%); dotted: chance", loc="right")
    return figure


def _counts(table: pd.DataFrame) -> str:
    """Images of each split, such as "360 test"."""
    return ", ".join(f"{rows.images.max()} {split}" for split, rows in table.groupby("split", sort=False))
