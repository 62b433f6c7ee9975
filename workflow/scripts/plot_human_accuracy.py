"""Draw people's accuracy against the fraction of pixels they see.

Input: the tables. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.tables import read_table
from overinterp.figures import style
from overinterp.figures.human_accuracy import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(answers, table, participants, pdf, png) -> None:
    """Draw the figure and write it."""
    text = ("label", "choice")
    people = read_table(participants, text=("participant",))
    style.save(draw(read_table(answers, text=(*text, "participant")), read_table(table, text=text), people), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    main(
        snakemake.input.answers,
        snakemake.input.table,
        snakemake.input.participants,
        snakemake.output.pdf,
        snakemake.output.png,
    )
