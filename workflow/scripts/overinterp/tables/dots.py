"""Dots: how sure classifiers are of the places of their subsets, whose pixels all show one colour, or others."""

from __future__ import annotations

import numpy as np

from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, mean, named, share_interval
from overinterp.tables.perturbed import of_groups
from overinterp.tables.rows import headed

CAPTION = (
    "Confidence in the class of the full image where nothing is shown but a subset's places, on the search's own blank: its own "
    "pixels, these dealt out anew (shuffled), a random colour for each (noise), light or dark as each is (sides), dots of one "
    "colour (dots: the mean of the colours), dots moved together by at most an eighth of the side, each moved by a pixel "
    "(jittered; dots that meet are one), and at random places."
)
WHERE = ("moved", "jittered", "random")  # dots, elsewhere
OWN = ("values", "shuffled", "noise", "sides")  # no dots of one colour
COLUMNS = ["group", "search", "models", "images", "subset", "pixels", "shown", "colours"]
COLUMNS += ["confidence", "confidence_low", "confidence_high", "sufficient_share", "above_random"]


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers, kind of subset ('sis', or 'kept': a fraction) and what is shown.

    dots, moved, jittered and random are means over ``colours`` colours. above_random: confidence, minus that in dots at as many
    random places, paired by image. least and most: of networks, where there are several.

    Settings: threshold, and fraction, that is kept.
    """
    threshold, rows = inputs.settings["threshold"], []
    for subset in ("sis", "kept"):
        for group, confidence, pixels in of_groups(inputs.parts, f"dots_{subset}"):
            found = {"subset": subset, "fraction": inputs.settings["fraction"] if subset == "kept" else np.nan}
            colours = [name for name in confidence if name not in OWN and not name.startswith(WHERE)]
            shown = {name: [name] for name in (*OWN, *colours) if name in confidence} | {"dots": colours}
            shown |= {where: [f"{where}_{colour}" for colour in colours] for where in WHERE}
            shown["random_values"] = ["random_values"]
            random = np.mean([confidence[name] for name in shown["random"]], axis=0)
            for name, variants in shown.items():
                each = np.array([confidence[variant] for variant in variants])
                row = {"pixels": mean(pixels[variants[0]]), "shown": name, "colours": len(variants)}
                rows.append({**group, **found, **row, **_row(each, random, threshold)})
    table = headed(rows, COLUMNS)
    if rows:
        order = list(dict.fromkeys(table.group))
        table = table.sort_values("group", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)
    return Table(table, table[COLUMNS], CAPTION)


def _row(each: np.ndarray, random: np.ndarray, threshold: float) -> dict:
    """Of confidences (variants, networks, images): the mean, the share that suffices and the difference to random places."""
    values, enough = each.mean(0), np.where(np.isnan(each), np.nan, each >= threshold).mean(0)
    networks = [mean(network[None]) for network in values]
    several = len(networks) > 1
    whole = np.isin(enough[~np.isnan(enough)], (0, 1)).all()  # each image suffices in every colour, or in none
    return {
        **named("confidence", interval(values)),
        "least": min(networks) if several else np.nan,
        "most": max(networks) if several else np.nan,
        **named("sufficient_share", share_interval(enough) if whole else interval(enough)),
        **named("above_random", interval(values - random)),
    }
