"""List the image files of one split, with their classes and digests; every file is decoded once.

Output: <split>.csv (file, label, digest, size, boxes) and <split>_skipped.csv (files passed over, and why).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import save_files, save_skipped
from overinterp.data import boxes
from overinterp.data.listing import readable
from overinterp.plan.lists import DATASETS, find

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(settings: dict, split: str, manifest, skipped, threads: int, logger) -> None:
    """Write the manifest of one split of the data set that ``settings``, the config's ``data`` block, names."""
    candidates = find(DATASETS[settings["dataset"]].module).files(settings, split)
    count = settings[f"{split}_images"]
    progress = job.Progress(logger, count, "pictures")
    rows, bad = readable(candidates, count, settings["unreadable"], threads, progress.at)
    progress.close()
    if bad:
        logger.warning("%d files of the %s split cannot be read and are left out, the first: %s", len(bad), split, bad[0][1])
    save_skipped(skipped, bad)
    drawn = None
    if "boxes" in settings:
        known = boxes.read(settings["boxes"])
        drawn = boxes.of_pictures(known, rows, (file for file, _ in candidates))
        without = sum(not own for own in drawn)
        if split == "test" and without == len(rows):
            raise ValueError(
                f"{settings['boxes']}: found boxes of {next(iter(known), 'nothing')}, of none of the {len(rows)} test pictures, "
                f"expected names such as {Path(rows[0].file).name}"
            )
        logger.info("%d of %d pictures of the %s split have no box in %s", without, len(rows), split, settings["boxes"])
    save_files(manifest, rows, drawn)


if "snakemake" in globals():
    logger = job.start(snakemake)
    main(
        snakemake.params.data,
        snakemake.wildcards.split,
        snakemake.output.manifest,
        snakemake.output.skipped,
        snakemake.threads,
        logger,
    )
