"""Dots: how sure classifiers are of the places of their subsets, whose pixels all show one colour, or each other's."""

from __future__ import annotations

import numpy as np

from overinterp.outputs import Inputs, Table
from overinterp.statistics import interval, mean, named, share_interval
from overinterp.tables.perturbed import of_groups
from overinterp.tables.rows import headed

CAPTION = (
    "Confidence in the class of the full image where nothing is shown but dots of one colour (or the pixels' own colours dealt "
    "out anew) at the places of the subset, on the search's own blank; random: at as many random places. dots: the mean of the "
    "colours."
)
OWN = ("values", "shuffled")  # paints of the image's own colours
COLUMNS = ["group", "models", "images", "subset", "pixels", "paint", "confidence", "confidence_low", "confidence_high"]
COLUMNS += ["random_confidence", "sufficient_share", "random_sufficient_share"]


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers, kind of subset ('sis', or 'kept': a fraction) and paint; 'dots': the mean of the colours.

    Settings: threshold, and fraction, that is kept.
    """
    threshold, rows = inputs.settings["threshold"], []
    for subset in ("sis", "kept"):
        for group, confidence, pixels in of_groups(inputs.parts, f"dots_{subset}"):
            found = {"subset": subset, "fraction": inputs.settings["fraction"] if subset == "kept" else np.nan}
            found["pixels"] = mean(pixels["values"])
            enough = {name: np.where(np.isnan(values), np.nan, values >= threshold) for name, values in confidence.items()}
            paints = [name for name in confidence if not name.startswith("random_")]
            for paint in paints:
                share = share_interval(enough[paint])
                rows.append({**group, **found, "paint": paint, **_row(confidence, enough, [paint], share)})
            colours = [paint for paint in paints if paint not in OWN]
            share = interval(np.mean([enough[colour] for colour in colours], axis=0))
            rows.append({**group, **found, "paint": "dots", **_row(confidence, enough, colours, share)})
    table = headed(rows, COLUMNS)
    if rows:
        order = list(dict.fromkeys(table.group))
        table = table.sort_values("group", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)
    return Table(table, table[COLUMNS], CAPTION)


def _row(confidence: dict, enough: dict, paints: list[str], share) -> dict:
    """Confidence, the mean of some paints', with its interval; the share that suffices; and both of random places."""

    def at(values, where):
        return np.mean([values[where + paint] for paint in paints], axis=0)

    row = {**named("confidence", interval(at(confidence, ""))), **named("sufficient_share", share)}
    return row | {
        "random_confidence": mean(at(confidence, "random_")),
        "random_sufficient_share": mean(at(enough, "random_")),
    }
