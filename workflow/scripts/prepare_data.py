"""Prepare a study's images: both splits, and what is known of them.

Output: train.npz and test.npz (images, labels, planted pixels), data.json.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import save_data
from overinterp.data import prepare

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(folder: Path, settings: dict) -> None:
    """Load the data set that ``settings`` names and write it to ``folder``."""
    train, test, class_names, origin = prepare.load(settings)
    save_data(folder, train, test, class_names, origin, settings["blank"])


if "snakemake" in globals():
    job.start(snakemake)
    main(Path(snakemake.output.info).parent, snakemake.params.data)
