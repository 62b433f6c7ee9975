"""List the boxes around the objects of the test pictures, in pixels of the upright pictures as they are stored.

Input: the list of the pictures, the boxes as they were drawn. Output: boxes.csv (a row a box).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import load_files, save_boxes
from overinterp.data import boxes
from overinterp.plan.lists import DATASETS, find

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(manifest, drawn, settings: dict, output, logger) -> None:
    """Write the boxes of the listed pictures of the data set that ``settings``, of the config's ``data`` block, names."""
    rows, known = load_files(manifest), boxes.read(drawn)
    every = find(DATASETS[settings["dataset"]].module).files(settings, "test")
    found = boxes.of_pictures(known, rows, (file for file, _ in every))
    without = sum(not own for own in found)
    if without == len(rows):
        raise ValueError(
            f"{drawn}: found boxes of {next(iter(known), 'nothing')}, of none of the {len(rows)} test pictures, "
            f"expected names such as {Path(rows[0].file).name}"
        )
    logger.info("%d of %d test pictures have no box in %s", without, len(rows), drawn)
    save_boxes(output, rows, found)


if "snakemake" in globals():
    logger = job.start(snakemake)
    main(snakemake.input.manifest, snakemake.input.boxes[0], snakemake.params.data, snakemake.output[0], logger)
