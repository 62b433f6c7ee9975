"""Load or generate the images of one split, and store them as one array.

Output: <split>.csv (a label a row) and <split>.npy (images), which later jobs map into memory.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import save_array
from overinterp.plan.lists import DATASETS, find

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(settings: dict, split: str, manifest) -> None:
    """Write one split of the data set that ``settings``, the config's ``data`` block, names."""
    images, labels = find(DATASETS[settings["dataset"]].module).split(settings, split)
    save_array(manifest, [images], len(images), labels)


if "snakemake" in globals():
    job.start(snakemake)
    main(snakemake.params.data, snakemake.wildcards.split, snakemake.output.manifest)
