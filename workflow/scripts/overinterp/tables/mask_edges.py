"""Mask edges: what confidence loses when the neighbours of a subset's pixels come back, against as many random pixels."""

from __future__ import annotations

from overinterp.inputs import Inputs, Table
from overinterp.statistics import interval, mean, named
from overinterp.tables.perturbed import of_groups
from overinterp.tables.rows import headed

CAPTION = (
    "Confidence in the subset's class with the neighbours of its pixels put back, and with as many random pixels; difference: "
    "neighbours minus random, paired by image, with its 95 % interval over images (and networks, from five on)."
)


def make(inputs: Inputs) -> Table:
    """One row a group of classifiers and radius."""
    rows = []
    for described, confidence, pixels in of_groups(inputs.parts, "edges"):
        for radius in (int(name.removeprefix("neighbours_")) for name in confidence if name.startswith("neighbours_")):
            near, far = confidence[f"neighbours_{radius}"], confidence[f"random_{radius}"]
            found = {"sis": confidence["sis"], "neighbours": near, "random": far, "eroded": confidence["eroded"]}
            row = {"radius": radius, "pixels_sis": mean(pixels["sis"]), "pixels_eroded": mean(pixels["eroded"])}
            row |= {"pixels_neighbours": mean(pixels[f"neighbours_{radius}"])}
            row |= {f"confidence_{name}": mean(values) for name, values in found.items()}
            rows.append({**described, **row, **named("difference", interval(near - far))})
    columns = ["group", "models", "images", "radius", "confidence_sis", "confidence_neighbours", "confidence_random"]
    columns += ["difference", "difference_low", "difference_high"]
    table = headed(rows, columns)
    return Table(table, table[columns], CAPTION)
