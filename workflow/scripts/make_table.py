"""Make one table: its module says how.

Input: orderings, tables, parts, the list of boxes, data.json, whatever the plan lists for it.
Output: the table as CSV, its summary as HTML.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import load_data_info
from overinterp.artifacts.tables import read_table, write_html, write_table
from overinterp.inputs import Inputs, searches
from overinterp.plan.lists import find

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(module, rows, orderings, tables, parts, boxes, info, settings, csv, html) -> None:
    """Make the table of ``module`` from what it reads, and write it."""
    inputs = Inputs(
        searches=searches(rows, orderings),
        tables={Path(path).stem: read_table(path) for path in tables},
        parts=[Path(path) for path in parts],
        boxes=Path(boxes[0]) if boxes else None,
        data=load_data_info(info[0]) if info else None,
        settings=settings,
    )
    table = find(module).make(inputs)
    write_table(csv, table.rows)
    write_html(html, table.summary, table.caption)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(
        given.module,
        given.searches,
        list(snakemake.input.orderings),
        list(snakemake.input.tables),
        list(snakemake.input.parts),
        list(snakemake.input.boxes),
        list(snakemake.input.info),
        dict(given.settings),
        snakemake.output.csv,
        snakemake.output.html,
    )
