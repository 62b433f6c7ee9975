"""Draw what people take each class for.

Input: the table. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.tables import read_table
from overinterp.figures import style
from overinterp.figures.human_confusion import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(table, pdf, png) -> None:
    """Draw the figure and write it."""
    style.save(draw(read_table(table, text=("label", "choice"))), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    main(snakemake.input.table, snakemake.output.pdf, snakemake.output.png)
