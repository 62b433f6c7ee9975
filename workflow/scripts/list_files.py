"""List the image files of one split, with their classes and digests; every file is decoded once.

Output: <split>.csv (file, label, digest, size) and <split>_skipped.csv (files passed over, and why).
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import save_files, save_skipped
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
    save_files(manifest, rows)


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
