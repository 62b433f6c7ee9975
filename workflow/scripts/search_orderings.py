"""Order the pixels of one shard of images for one classifier.

Input: images, data.json, the classifier. Output: the shard. A killed search resumes from its last snapshot.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from overinterp import classifier, job
from overinterp.artifacts.classifiers import digest
from overinterp.artifacts.files import sha256
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.search.images import search_images
from overinterp.search.stages import preset

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, model, output, settings, numbers, device, code, identity, logger) -> None:
    """Search the images of a split with these numbers and write their orderings to ``output``."""
    split, blank = load_images(images), load_data_info(info)["blank"]
    snapshot = Snapshot(Path(output).parents[4], identity)
    pixels = split.images[0, ..., 0].size
    cost = len(numbers) * preset(settings["method"], pixels, settings["pixels_per_step"]).forwards(pixels)
    progress = job.Progress(logger, cost, "forward passes")

    def on_step(standing):
        done = f"{standing.images_done} of {len(numbers)} images done, {standing.image_steps} image-steps"
        progress.at(standing.forwards, done)
        snapshot.offer(standing.state)

    torch.backends.cudnn.allow_tf32 = False  # a float32 search is one on a GPU too
    prepare = classifier.compiled if settings["compile"] else lambda network: network
    network = classifier.load(model, device)
    quick = prepare(classifier.BFloat16(network, device)) if settings["precision"] == "bfloat16" else None
    ordering = search_images(
        prepare(network),
        split.images[numbers],
        split.labels[numbers],
        blank,
        settings,
        index=np.array(numbers),
        meta={
            "search": settings,
            "blank": blank,
            "model": digest(model),
            "data": sha256(images),
            "code": code,
            "torch": torch.__version__,
        },
        device=device,
        state=snapshot.load(),
        quick=quick,
        on_step=on_step,
    )
    progress.close()
    save_shard(output, ordering)
    snapshot.remove()
    logger.info("%d images, %d steps decided by the tie rule", len(ordering), ordering.ties.sum())


if "snakemake" in globals():
    given = snakemake.params
    main(
        snakemake.input.images,
        snakemake.input.info,
        Path(snakemake.input.model).parent,
        snakemake.output.shard,
        given.search,
        given.numbers,
        given.device,
        given.code,
        {
            "shard": snakemake.output.shard,
            "params": dict(given.items()),
            "torch": torch.__version__,
            "inputs": [sha256(path) for path in snakemake.input],
        },
        job.start(snakemake, torch_threads=True),
    )
