"""Draw images and the sufficient input subset of each network.

Input: test images, data.json, orderings. Output: the figure, as PDF and PNG.
"""

from typing import TYPE_CHECKING

from overinterp import job, published
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.figures import style
from overinterp.figures.sis_examples import draw

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, shards, models, threshold, dataset, pdf, png) -> None:
    """Draw the figure for ``models`` (rows that describe them) and write it."""
    names = [style.network_name(model) for model in models]
    found = dict(zip(names, load_groups(orderings, shards), strict=True))
    theirs = {name: published.sis_sizes(dataset, model, threshold) for name, model in zip(names, models, strict=True)}
    figure = draw(load_images(images).images, load_data_info(info)["class_names"], found, threshold, theirs)
    style.save(figure, pdf, png)


if "snakemake" in globals():
    job.start(snakemake)
    main(
        snakemake.input.images,
        snakemake.input.info,
        snakemake.input.orderings,
        snakemake.params.shards,
        snakemake.params.models,
        snakemake.params.threshold,
        snakemake.params.dataset,
        snakemake.output.pdf,
        snakemake.output.png,
    )
