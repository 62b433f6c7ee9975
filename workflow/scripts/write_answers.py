"""Write a study's page of answers.

Input: figures, tables and their summaries, verdict.json. Output: answers.html, one file that needs nothing beside it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.answers import page
from overinterp.artifacts.files import read_json, replacing
from overinterp.artifacts.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(study, sections, threshold, tables, summaries, figures, verdict, html) -> None:
    """Write the page of what stands in these files."""
    named = [{Path(path).stem: path for path in paths} for paths in (tables, summaries, figures)]
    read = {name: read_table(path) for name, path in named[0].items()}
    text = page.render(study, sections, read, named[1], named[2], read_json(verdict), threshold)
    with replacing(html) as temporary:
        temporary.write_text(text, encoding="utf-8")


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(
        snakemake.wildcards.study,
        list(given.sections),
        given.threshold,
        list(snakemake.input.tables),
        list(snakemake.input.summaries),
        list(snakemake.input.figures),
        snakemake.input.verdict,
        snakemake.output.html,
    )
