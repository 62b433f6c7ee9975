"""People's accuracy against the fraction of pixels they see, beside the networks' on the same pictures."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, new_figure, text_panel
from overinterp.inputs import Inputs


def draw(inputs: Inputs) -> Figure:
    """Draw the figure: accuracy on the left, response times on the right.

    Tables: human_answers, human_accuracy, human_participants.
    """
    scored, table, participants = (inputs.tables[f"human_{name}"] for name in ("answers", "accuracy", "participants"))
    people = table[table.quantity == "accuracy"]
    if people.empty:
        return text_panel("Nobody who answered is included.")
    included = participants.participant[participants.included]
    main = scored[(scored.kind == "main") & scored.participant.isin(included)]
    cells = main.groupby(["participant", "fraction"]).correct.mean().unstack()
    figure, (left, right) = new_figure(6.2, columns=2, width_ratios=[1.5, 1])
    places = np.arange(len(people))
    spread = np.linspace(-0.22, 0.22, len(cells)) if len(cells) > 1 else [0]
    for place, fraction in enumerate(people.fraction):
        label = "each person" if not place else None
        left.plot(place + np.asarray(spread), cells[fraction], "o", color="0.7", markersize=2, zorder=1, label=label)
    machine = table[table.quantity == "machine_accuracy"].value
    left.plot(places, machine, "D--", color=COLOURS[1], markersize=4, label="networks, same pictures", zorder=2)
    _bars(left, places, people, f"people, n = {len(cells)}")
    drawn = table[table.quantity == "random_accuracy"]
    if len(drawn):
        _bars(left, places + 0.1, drawn, "people, random pixels", COLOURS[2], "s:")
    left.axhline(table[table.quantity == "chance"].value.iloc[0], color="0.4", linewidth=0.8, linestyle=":", label="chance")
    left.set(ylim=(0, 1.03), ylabel="accuracy")
    times = table[table.quantity == "response_s"]
    _bars(right, places, times, None)
    right.set(ylabel="median response time (s)", ylim=(0, 1.15 * times[["value", "high"]].max(axis=None)))
    for axis in (left, right):
        axis.set_xticks(places, [f"{100 * fraction:.3g}" for fraction in people.fraction])
        axis.set(xlabel="pixels kept (%)", xlim=(-0.5, len(places) - 0.5))
    found = table[table.quantity == "correlation"].iloc[0]
    if not np.isnan(found.low):  # of one person, say, r tells nothing
        left.set_title(f"r = {found.value:.2f} ({found.low:.2f} to {found.high:.2f})")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2, borderaxespad=0)
    return figure


def _bars(axis, places, rows, label, colour=COLOURS[0], marks="o-"):
    """Means with their intervals; a point alone where there is none."""
    errors = np.nan_to_num(np.abs(rows[["low", "high"]].to_numpy(float).T - rows.value.to_numpy(float)))
    axis.errorbar(places, rows.value, errors, fmt=marks, color=colour, markersize=4, capsize=2, label=label, zorder=3)
