"""Draw whether right answers rest on more pixels than wrong ones.

Input: the table. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.tables import read_table
from overinterp.figures import style
from overinterp.figures.sis_size_correct_incorrect import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(table, search, split, pdf, png) -> None:
    """Draw the figure from the rows of one search and split of a table, and write it."""
    rows = read_table(table)
    style.save(draw(rows[(rows.search == search) & (rows.split == split)]), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(snakemake.input.table, given.search, given.split, snakemake.output.pdf, snakemake.output.png)
