"""Leakage audit: accuracy of students that see kept pixels, of those that see where they are, and of those that see controls."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import BEHIND, COLOURS, greyed, images_in_words, new_figure, words
from overinterp.inputs import Inputs

ROWS = {
    "full": "full images",
    "kept": "kept pixels",
    "misaligned": "kept, mask not moved along",
    "redrawn": "kept, by a network of random sets",
    "shuffled": "kept, values shuffled",
    "position": "positions alone",
    "probe": "positions alone, linear probe",
    "same_class": "mask of the same class",
    "other_class": "mask of another class",
    "matched": "random, where masks lie",
    "random": "random",
}
TOWARDS = {"other": ",\ntowards a random other class", "every": ",\nunion over searches towards every class"}
FLOORS = ["matched", "random"]  # the null of a subset of that size, the stricter first
LOOKS = {"kept": COLOURS[1], "position": COLOURS[4], "probe": COLOURS[4], "random": COLOURS[2], "matched": COLOURS[2]}


def draw(inputs: Inputs) -> Figure:
    """Draw the table `leakage`: a panel an audit, a point a control with its interval over images, a line at chance.

    Dashed: the audit's students of random pixels, as often at each place as the masks where there are such.
    """
    table = inputs.tables["leakage"]
    panels = [part for _, part in table.groupby(["audit", "architecture", "teacher"], sort=False)]
    counts = [len(part) for part in panels]
    figure, axes = new_figure(
        0.42 * sum(counts) + 1.2 * len(panels) + 0.9,
        len(panels),
        sharex=True,
        squeeze=False,
        height_ratios=[count + 1 for count in counts],
    )
    for axis, part in zip(axes[:, 0], panels, strict=True):
        part = part.assign(row=part.control.map(list(ROWS).index)).sort_values("row", kind="stable")
        axis.axvline(100 * part.chance.iloc[0], color="grey", linewidth=0.8, linestyle=":")
        floors = [part[part.control == control].accuracy.iloc[0] for control in FLOORS if control in set(part.control)]
        for floor in floors[:1]:
            axis.axvline(100 * floor, color=COLOURS[2], linewidth=0.8, linestyle="--", zorder=0)
        for place, row in enumerate(part.itertuples()):
            colour = greyed(LOOKS.get(row.control, COLOURS[0]), row.accuracy_low)
            axis.plot([100 * row.accuracy_low, 100 * row.accuracy_high], [place] * 2, color=colour, linewidth=1, clip_on=False)
            hollow = {"markerfacecolor": "white"} if row.control == "probe" else {}
            axis.plot(100 * row.accuracy, place, "o", color=colour, markersize=4, clip_on=False, **hollow)
            left = row.accuracy > 0.8
            end = 100 * (np.fmin(row.accuracy, row.accuracy_low) if left else np.fmax(row.accuracy, row.accuracy_high))
            axis.text(
                end + (-2 if left else 2), place, f"{100 * row.accuracy:.1f}", ha="right" if left else "left", va="center",
                fontsize=6.5, color="0.25", bbox=BEHIND,
            )  # fmt: skip
        names = [ROWS[control] for control in part.control]
        axis.set(yticks=range(len(part)), yticklabels=names, xlim=(0, 100), ylim=(len(part) - 0.4, -0.6))
        axis.set_title(title(part, named=table.search.nunique() > 1), loc="right", pad=3)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    drawn = {next((control for control in FLOORS if control in set(part.control)), None) for part in panels} - {None}
    lines = ["accuracy (%), bars: 95 %; dotted: chance"]
    lines += ["dashed: " + " or ".join(ROWS[control] for control in FLOORS if control in drawn)] if drawn else []
    lines += ["position: share of the kept pixels' accuracy above chance"]
    axes[-1, 0].set_xlabel("\n".join(lines), loc="right")
    return figure


def title(part: pd.DataFrame, named: bool) -> str:
    """Whose masks, by which search where that is `named`, which pixels, images and students, and what position reaches."""
    first = part.iloc[0]
    teacher = ", ".join(words(name) for name in first.teacher.split("-"))
    known = first.teacher_epochs == first.teacher_epochs and f"epochs {first.teacher_epochs:.0f}" not in teacher
    epochs = f" ({first.teacher_epochs:.0f} epochs)" if known else ""
    counts = images_in_words(first.networks, part.images)
    position = part[(part.control == "position") & part.share_low.notna()]
    reach = ""
    if len(position):
        share, low, high = (100 * position[name].iloc[0] for name in ("share", "share_low", "share_high"))
        reach = f"; position {share:.0f} % [{low:.0f}, {high:.0f}]"
    size = f"{100 * first.fraction:.3g} % of the pixels"
    if first.fraction != first.fraction:
        size = f"subsets at {100 * first.threshold:g} %, {first.pixels:.3g} pixels"
    towards = TOWARDS.get(first.target, "")
    by = f" by {words(first.search)}" if named and not towards else ""
    return f"masks of {teacher}{epochs}{by}{towards}: {size}\n{counts}{reach}"
