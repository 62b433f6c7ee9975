"""Draw where in the image the kept pixels lie.

Input: orderings. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.orderings import load_groups
from overinterp.figures import style
from overinterp.figures.pixel_heatmap import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(orderings, shards, models, fraction, pdf, png) -> None:
    """Draw the figure for ``models`` (rows that describe them) and write it."""
    style.save(draw(style.grouped(models, load_groups(orderings, shards)), fraction), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    main(
        snakemake.input.orderings,
        snakemake.params.shards,
        snakemake.params.models,
        snakemake.params.fraction,
        snakemake.output.pdf,
        snakemake.output.png,
    )
