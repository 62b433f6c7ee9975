"""Compare two searches of one classifier, image by image.

Input: both searches' orderings. Output: agreement.csv and its HTML twin.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import agreement

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "{candidate} against {reference}, network {model}: sufficient input subsets at confidence {threshold}, {n} images."


def main(orderings, shards, names, threshold, csv, html) -> None:
    """Compare the candidate's orderings (second) with the reference's (first) and write the table."""
    table = agreement(*load_groups(orderings, shards), threshold)
    for place, (column, value) in enumerate(names.items()):
        table.insert(place, column, value)
    write_table(csv, table)
    measures = table[["reference_size_pixels", "candidate_size_pixels", "size_ratio", "jaccard", "rank_correlation"]]
    found = measures[table.size_ratio.notna()]
    summary = found.agg(["mean", "median", "min", "max"]).T.rename_axis("over images where both are found").reset_index()
    summary.insert(1, "images", len(found))
    write_html(html, summary, CAPTION.format(**names, threshold=threshold, n=len(table)))


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(snakemake.input.orderings, given.shards, given.names, given.threshold, snakemake.output.csv, snakemake.output.html)
