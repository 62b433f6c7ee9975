"""Name an ensemble: which networks, and what of theirs is averaged.

Input: the members' model.json. Output: the ensemble's model.json.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.classifiers import save_ensemble

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(members: list[Path], folder: Path, average: str) -> None:
    """Write the ensemble of networks in the folders ``members``."""
    save_ensemble(folder, members, average)


if "snakemake" in globals():
    job.start(snakemake)
    main([Path(path).parent for path in snakemake.input], Path(snakemake.output.info).parent, snakemake.params.average)
