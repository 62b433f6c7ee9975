"""Make the split of corrupted images: a sample of CIFAR-10-C, or corruptions of the study's test images.

Input: test images, or a file of the unpacked CIFAR-10-C. Output: corrupted.npz.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import load_images, save_images
from overinterp.data import corruptions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images: str, output: str, settings: dict) -> None:
    """Draw the sample that ``settings``, the config's ``data.corrupted``, describes."""
    if settings["source"] == "cifar10c":
        found = corruptions.load_official(settings["path"], settings["images"], settings["seed"])
    else:
        found = corruptions.generate(load_images(images), settings["images"], settings["seed"])
    save_images(output, found)


if "snakemake" in globals():
    job.start(snakemake)
    main(snakemake.input.images, snakemake.output[0], snakemake.params.settings)
