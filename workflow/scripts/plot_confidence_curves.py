"""Draw confidence while pixels are removed.

Input: orderings. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.orderings import load_groups
from overinterp.figures import style
from overinterp.figures.confidence_curves import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(orderings, shards, models, pdf, png) -> None:
    """Draw the figure for ``models`` (rows that describe them) and write it."""
    style.save(draw(style.grouped(models, load_groups(orderings, shards))), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    main(
        snakemake.input.orderings,
        snakemake.params.shards,
        snakemake.params.models,
        snakemake.output.pdf,
        snakemake.output.png,
    )
