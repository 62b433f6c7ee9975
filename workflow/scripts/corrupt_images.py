"""Make the split of corrupted images: a sample of CIFAR-10-C, or corruptions of the study's test images.

Input: test images, or a file of the unpacked CIFAR-10-C. Output: corrupted.csv and corrupted.npy.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import load_data_info, open_split, save_array
from overinterp.data import corruptions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images: str, info: str, output: str, settings: dict) -> None:
    """Draw the sample that ``settings``, the config's ``data.corrupted``, describes."""
    if settings["source"] == "cifar10c":
        parts, labels = corruptions.load_official(settings["path"], settings["images"], settings["seed"])
    else:
        parts, labels = corruptions.generate(open_split(images, load_data_info(info)), settings["images"], settings["seed"])
    save_array(output, parts, len(labels), labels)


if "snakemake" in globals():
    job.start(snakemake)
    main(snakemake.input.images[0], snakemake.input.info, snakemake.output.manifest, snakemake.params.settings)
