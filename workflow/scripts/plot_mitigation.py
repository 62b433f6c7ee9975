"""Draw what remedies cost and bring.

Input: the table. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.tables import read_table
from overinterp.figures import style
from overinterp.figures.mitigation import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(table, pdf, png) -> None:
    """Draw the figure from a table and write it."""
    style.save(draw(read_table(table)), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    main(snakemake.input.table, snakemake.output.pdf, snakemake.output.png)
