"""Measure how much of the kept pixels lies on the outermost rings of the image.

Input: orderings. Output: pixel_rings.csv and its HTML twin.
"""

from typing import TYPE_CHECKING

import pandas as pd

from overinterp import job
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import ring_shares

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Share of the kept pixels on the outermost rings of the image, and that of uniformly spread pixels; mean over networks."


def main(orderings, shards, models, fraction, csv, html) -> None:
    """Measure the orderings of ``models`` (rows that describe them) and write the table."""
    parts = []
    for model, ordering in zip(models, load_groups(orderings, shards), strict=True):
        part = ring_shares(ordering, fraction)
        parts.append(pd.concat([pd.DataFrame(model, index=part.index), part], axis=1))
    table = pd.concat(parts, ignore_index=True)
    write_table(csv, table)
    groups = table.groupby(["split", "architecture", "condition", "rings"], sort=False)
    summary = groups.agg(networks=("model", "size"), share=("share", "mean"), uniform_share=("uniform_share", "first"))
    write_html(html, summary.reset_index(), CAPTION)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(snakemake.input.orderings, given.shards, given.models, given.fraction, snakemake.output.csv, snakemake.output.html)
