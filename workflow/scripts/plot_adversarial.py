"""Draw sizes of subsets of an adversarially trained network against those of an ordinary one.

Input: the table. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.tables import read_table
from overinterp.figures import style
from overinterp.figures.adversarial import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(table, search, conditions, pdf, png) -> None:
    """Draw the figure from the rows of one search of a table, and write it."""
    rows = read_table(table)
    style.save(draw(rows[(rows.search == search) & (rows.split == "test")], conditions), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(snakemake.input.table, given.search, given.conditions, snakemake.output.pdf, snakemake.output.png)
