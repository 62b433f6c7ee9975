"""Measure how much of the sufficient input subsets lies on the planted pixels.

Input: test images with their truth, orderings. Output: planted_recovery.csv and its HTML twin.
"""

from typing import TYPE_CHECKING

import pandas as pd

from overinterp import job
from overinterp.artifacts.images import load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import planted_recovery

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Planted pixels in sufficient input subsets, against as many uniformly random pixels."


def main(images, orderings, shards, searched, strength, threshold, csv, html) -> None:
    """Measure the orderings of ``searched`` (rows that describe search and network) and write the table."""
    truth = load_images(images).truth
    rows = [
        {**described, "strength": strength, **planted_recovery(ordering, truth, threshold)}
        for described, ordering in zip(searched, load_groups(orderings, shards), strict=True)
    ]
    table = pd.DataFrame(rows)
    write_table(csv, table)
    write_html(html, table.drop(columns=["kind", "architecture", "condition", "seed"]), CAPTION)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(
        snakemake.input.images,
        snakemake.input.orderings,
        given.shards,
        given.searched,
        given.strength,
        given.threshold,
        snakemake.output.csv,
        snakemake.output.html,
    )
