"""Read the sufficient input subsets of every searched classifier off its orderings, at every threshold.

Input: orderings. Output: sis_size.csv and its HTML twin.
"""

from typing import TYPE_CHECKING

import pandas as pd

from overinterp import job
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import sis_sizes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Size of sufficient input subsets in pixels, over images whose full version reaches the threshold and that have one."


def main(orderings, shards, models, thresholds, csv, html) -> None:
    """Measure the orderings of ``models`` (rows that describe the classifier, search and split) and write the table."""
    parts = []
    for model, ordering in zip(models, load_groups(orderings, shards), strict=True):
        part = sis_sizes(ordering, thresholds)
        parts.append(pd.concat([pd.DataFrame(model, index=part.index), part], axis=1))
    table = pd.concat(parts, ignore_index=True)
    write_table(csv, table)
    groups = ["search", "split", "architecture", "condition", "threshold"]
    used = table[(table.status == "found") & table.full_at_threshold]
    sizes = used.groupby(groups, sort=False).size_pixels.agg(subsets="size", mean="mean", median="median")
    counts = table.groupby([*groups, "status"], sort=False).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["none", "empty"], fill_value=0)
    write_html(html, counts.join(sizes).reset_index(), CAPTION)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(
        snakemake.input.orderings,
        given.shards,
        given.models,
        given.thresholds,
        snakemake.output.csv,
        snakemake.output.html,
    )
