"""Log-odds of one shard of orderings at the classifier's temperature.

Input: images, data.json, the classifier, its temperature, the shard. Output: an .npz with index and log_odds.
A killed job resumes.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from overinterp import classifier, job
from overinterp.artifacts.files import read_json, replacing
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.snapshots import Snapshot
from overinterp.calibration import scaled_log_odds
from overinterp.pixels import blank_tensor

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, folder, temperature, shard, device, identity, logger, output) -> None:
    """Show the classifier in ``folder`` every recorded column of ``shard`` again, and write the scaled log-odds."""
    info, ordering = load_data_info(info), load_orderings([shard])
    snapshot = Snapshot(Path(output).parents[5], identity)
    progress = job.Progress(logger, len(ordering), "images")

    def on_image(done):
        progress.at(len(done))
        snapshot.offer(lambda: {"log_odds": torch.from_numpy(done)})

    state = snapshot.load()
    found = scaled_log_odds(
        classifier.load(folder, device),
        open_split(images, info),
        ordering,
        blank_tensor(info["blank"], device),
        read_json(temperature)["temperature"],
        device,
        state["log_odds"].numpy() if state else None,
        on_image,
    )
    progress.close()
    with replacing(output) as temporary:
        np.savez_compressed(temporary, index=ordering.index, log_odds=found)
    snapshot.remove()


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        job.model_folder(snakemake),
        snakemake.input.temperature,
        snakemake.input.shard,
        job.device(snakemake.params.device),
        job.identity(snakemake),
        logger,
        snakemake.output[0],
    )
