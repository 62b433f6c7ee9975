"""Compare searches of one classifier with the one taken as right, image by image.

Input: their orderings. Output: agreement.csv and its HTML twin.
"""

from typing import TYPE_CHECKING

import pandas as pd

from overinterp import job
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import agreement

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Against {reference}, network {model}: sufficient input subsets at confidence {threshold}."
MEASURES = ["reference_size_pixels", "candidate_size_pixels", "size_ratio", "jaccard", "rank_correlation"]


def main(orderings, shards, names, threshold, csv, html) -> None:
    """Compare the candidates' orderings with the reference's, which come first, and write the table."""
    reference, *candidates = load_groups(orderings, shards)
    parts, summaries = [], []
    for name, candidate in zip(names["candidates"], candidates, strict=True):
        part = agreement(reference, candidate, threshold)
        for place, (column, value) in enumerate(
            [("model", names["model"]), ("reference", names["reference"]), ("candidate", name)]
        ):
            part.insert(place, column, value)
        parts.append(part)
        found = part[part.size_ratio.notna()]
        summary = found[MEASURES].agg(["mean", "median", "min", "max"]).T.rename_axis("over images where both are found")
        summary = summary.reset_index()
        summary.insert(0, "candidate", name)
        summary.insert(2, "images", len(found))
        summaries.append(summary)
    write_table(csv, pd.concat(parts))
    write_html(html, pd.concat(summaries), CAPTION.format(**names, threshold=threshold))


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(snakemake.input.orderings, given.shards, given.names, given.threshold, snakemake.output.csv, snakemake.output.html)
