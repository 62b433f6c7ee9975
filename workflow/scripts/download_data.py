"""Fetch an official data set, check it and unpack it.

Output: the unpacked folder; one of its files stands for all of them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.data.download import download
from overinterp.data.official import OFFICIAL

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(folder: str, archive: str) -> None:
    """Fetch the data set whose archive unpacks to ``archive`` into ``folder``."""
    download(next(official for official in OFFICIAL.values() if official.folder == archive), folder)


if "snakemake" in globals():
    job.start(snakemake)
    main(snakemake.wildcards.folder, Path(snakemake.output[0]).parent.name)
