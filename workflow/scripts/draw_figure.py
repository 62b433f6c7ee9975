"""Draw one figure: its module says how.

Input: tables, and for pictures of images the images, data.json and orderings. Output: the figure, as PDF and PNG.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.tables import read_table
from overinterp.figures import style
from overinterp.inputs import Inputs, searches
from overinterp.plan.lists import find

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(module, rows, orderings, tables, images, info, settings, pdf, png) -> None:
    """Draw the figure of ``module`` from what it reads, and write it."""
    data = load_data_info(info[0]) if info else None
    inputs = Inputs(
        searches=searches(rows, orderings),
        tables={Path(path).stem: read_table(path) for path in tables},
        source=open_split(images[0], data) if images else None,
        data=data,
        settings=settings,
    )
    style.save(find(module).draw(inputs), pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(
        given.module,
        given.searches,
        list(snakemake.input.orderings),
        list(snakemake.input.tables),
        list(snakemake.input.images),
        list(snakemake.input.info),
        dict(given.settings),
        snakemake.output.pdf,
        snakemake.output.png,
    )
