"""Accuracy against the share of pixels shown: border, center, random ones, kept ones."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, group_name, new_figure, span, text_panel, words
from overinterp.inputs import Inputs

LOOKS = {
    "kept": (COLOURS[1], "o", "kept"),
    "position": (COLOURS[3], "D", "their places"),
    "random": (COLOURS[2], "s", "random"),
    "border": (COLOURS[0], "^", "border"),
    "center": (COLOURS[4], "v", "center"),
}

BESIDE = 1.03  # how far apart, of shares on a log scale, marks of the views are drawn
LINES = "dashed: on full images; dotted: chance; bars: 95 %"


def draw(inputs: Inputs) -> Figure:
    """Draw the table `border`, test images: a panel a group that knows full images, one for those trained on what they see."""
    table = inputs.tables["border"]
    panels = panels_of(table[table.split == "test"])
    if not panels:
        return text_panel("no classifier was tested on the border's pixels")
    shares = sorted(set(table.fraction) - {1})
    if len(shares) == 1:
        return _of_one_share(panels, shares[0])
    figure, axes = new_figure(4.1 * len(panels) + 1.2, len(panels), 1, sharex=True, squeeze=False)
    handles: dict = {}
    for axis, (title, rows, full) in zip(axes[:, 0], panels, strict=True):
        axis.axhline(100 * rows.chance.iloc[0], color="grey", linewidth=0.8, linestyle=":")
        if full is not None:
            axis.axhline(100 * full, color="0.25", linewidth=0.8, linestyle="--")
        for mask, part in rows.groupby("test_mask", sort=False):
            colour, marker, name = LOOKS[mask]
            means = part.groupby("fraction")[["accuracy", "accuracy_low", "accuracy_high"]].mean().reset_index()
            beside = BESIDE ** (list(LOOKS).index(mask) - 2)
            single = part.model.nunique() == 1
            errors = [100 * (means.accuracy - means.accuracy_low), 100 * (means.accuracy_high - means.accuracy)]
            handles[name] = axis.errorbar(
                beside * means.fraction, 100 * means.accuracy, yerr=errors if single else None, color=colour, marker=marker,
                markersize=3.5, capsize=2, linewidth=1, elinewidth=0.8,
            )  # fmt: skip
            if not single:
                axis.plot(
                    beside * part.fraction, 100 * part.accuracy, marker, color=colour, markersize=3, alpha=0.5, markeredgewidth=0
                )
        axis.set(xscale="log", ylim=(-2, 100), ylabel="accuracy (%)", xlim=(0.8 * shares[0], 1.25 * shares[-1]))
        axis.set_title(title, loc="left")
    axes[-1, 0].set_xticks(shares, [f"{100 * share:.3g}" for share in shares])
    axes[-1, 0].minorticks_off()
    axes[-1, 0].set_xlabel(f"share of the pixels shown (%, log scale)\n{LINES}")
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside upper center",
        ncols=4,
        handletextpad=0.2,
        columnspacing=0.8,
    )
    return figure


def _of_one_share(panels: list, share: float) -> Figure:
    """A row a view, a mark and interval a network."""
    masks = [[mask for mask in LOOKS if mask in set(rows.test_mask)] for _, rows, _ in panels]
    figure, axes = new_figure(
        sum(0.5 * len(names) + 1 for names in masks) + 1, len(panels), 1, sharex=True, squeeze=False,
        height_ratios=[0.5 * len(names) + 1 for names in masks],
    )  # fmt: skip
    for axis, names, (title, rows, full) in zip(axes[:, 0], masks, panels, strict=True):
        axis.axvline(100 * rows.chance.iloc[0], color="grey", linewidth=0.8, linestyle=":")
        if full is not None:
            axis.axvline(100 * full, color="0.25", linewidth=0.8, linestyle="--")
        for place, mask in enumerate(names):
            part, (colour, marker, _) = rows[rows.test_mask == mask], LOOKS[mask]
            offsets = [0.3 * (number - (len(part) - 1) / 2) / max(len(part) - 1, 1) for number in range(len(part))]
            axis.errorbar(
                100 * part.accuracy, [place + offset for offset in offsets],
                xerr=[100 * (part.accuracy - part.accuracy_low), 100 * (part.accuracy_high - part.accuracy)],
                color=colour, marker=marker, linestyle="none", markersize=3.5, elinewidth=0.9,
            )  # fmt: skip
        axis.set(yticks=range(len(names)), yticklabels=[LOOKS[mask][2] for mask in names], ylim=(len(names) - 0.5, -0.5))
        axis.set(xlim=(0, 100))
        axis.tick_params(axis="y", length=0)
        axis.set_title(title, loc="left")
    axes[-1, 0].set_xlabel(f"accuracy on {100 * share:.3g} % of the pixels (%)\n{LINES}")
    return figure


def panels_of(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame, float | None]]:
    """Title, rows, and accuracy on full images, of each panel."""
    panels = []
    for _, rows in table[table.trained == "full"].groupby("group", sort=False):
        views = rows[rows.test_mask != "all"]
        full = rows[rows.test_mask == "all"].accuracy.mean()
        networks = rows.model.nunique()
        count = f"n = {span(rows.images)}" + (f", {networks} seeds" if networks > 1 else "")
        if "border" in set(views.test_mask):
            name = words(rows.architecture.iloc[0]) if rows.kind.iloc[0] == "network" else group_name(rows.iloc[0])
            panels.append((f"{name}, knows full images ({count})", views, full))
    for architecture, rows in table[table.trained == "same"].groupby("architecture", sort=False):
        seeds = rows.groupby(["test_mask", "fraction"]).model.nunique().max()
        if "border" in set(rows.test_mask):
            title = f"{words(architecture)}, trained on such views (n = {span(rows.images)}, {seeds} seeds)"
            panels.append((title, rows, None))
    return panels
