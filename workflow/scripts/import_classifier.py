"""Take in a trained classifier: its weights, its preprocessing, the names of its classes.

Input: files that the config's entry names. Output: model.safetensors, model.json.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.classifiers import save_taken
from overinterp.models.imported import take

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(entry: dict, folder: Path, logger) -> None:
    """Load the classifier that ``entry``, an item of the config's ``classifiers``, describes and write it to ``folder``."""
    taken, info = take(entry)
    logger.info("%s from %s: %d outputs, %s", entry["model"], entry["from"], info["classes"], info["preprocessing"])
    save_taken(folder, taken.module.state_dict(), info)


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    main(snakemake.params.entry, Path(snakemake.output.info).parent, logger)
