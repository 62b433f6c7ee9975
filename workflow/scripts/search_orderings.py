"""Order the pixels of one shard of images for one classifier.

Input: images, data.json, the classifier. Output: the shard. A killed search resumes from its last snapshot.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from overinterp import classifier, job
from overinterp.artifacts.classifiers import digest
from overinterp.artifacts.files import sha256
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.models.checks.slopes import confirm_slopes
from overinterp.search.images import search_images
from overinterp.search.stages import forwards, preset

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, model, output, settings, numbers, keep, device, code, identity, logger) -> None:
    """Search the images of a split with these numbers and write their orderings, or masks of what they keep, to ``output``."""
    info = load_data_info(info)
    source, blank = open_split(images, info), info["blank"]
    data = info["sha256"].get(Path(images).stem) or sha256(Path(images).with_suffix(".npy"))
    snapshot = Snapshot(Path(output).parents[4], {**identity, "data": data})
    pixels = source.shape[0] * source.shape[1]
    cost = len(numbers) * forwards(settings, pixels, len(info["class_names"]))
    progress = job.Progress(logger, cost, "forward passes")

    def on_step(standing):
        progress.at(standing.forwards, f"{standing.images_done} of {len(numbers)} images done")
        snapshot.offer(standing.state)

    network = classifier.load(model, device)
    if preset(settings["method"], pixels, settings["pixels_per_step"]).by_slopes:  # it may have been checked for `exact` alone
        confirm_slopes(network, source, device)
    network, quick = classifier.for_search(network, settings, source.shape, device)
    ordering = search_images(
        network,
        source,
        numbers,
        blank,
        settings,
        meta={
            "search": settings,
            "blank": blank,
            "model": digest(model),
            "data": data,
            "code": code,
            "torch": torch.__version__,
        },
        device=device,
        state=snapshot.load(),
        quick=quick,
        keep=keep,
        classes=len(info["class_names"]),
        on_step=on_step,
    )
    progress.close()
    save_shard(output, ordering)
    snapshot.remove()
    logger.info("%d images, %d steps decided by the tie rule", len(ordering), ordering.ties.sum())


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        job.model_folder(snakemake),
        snakemake.output.shard,
        given.search,
        given.numbers,
        tuple(given.keep),
        job.device(given.device),
        given.code,
        job.identity(snakemake),
        logger,
    )
