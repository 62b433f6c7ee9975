"""Train one network under one condition.

Input: training images, data.json, for masked views the teacher's orderings of them.
Output: model.safetensors, model.json, history.csv. A killed training resumes from its last snapshot.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from overinterp import job
from overinterp.artifacts.files import sha256
from overinterp.train import train

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(given, devices, logger) -> None:
    """Train one network, on one device or on several."""
    train(given, devices, logger)


if "snakemake" in globals():
    given, folder = snakemake.params, Path(snakemake.output.info).parent
    logger = job.start(snakemake, torch_threads=True)
    main(
        {
            "images": snakemake.input.images[0],
            "info": snakemake.input.info,
            "orderings": list(snakemake.input.orderings),
            "folder": str(folder),
            "architecture": given.architecture,
            "condition": given.condition,
            "settings": given.training,
            "seed": given.seed,
            "mask_seed": given.mask_seed,
            "identity": {
                "model": folder.name,
                "params": dict(given.items()),
                "torch": torch.__version__,
                "inputs": [sha256(path) for path in snakemake.input],
            },
            "log": snakemake.log[0],
            "name": " ".join([snakemake.rule, *snakemake.wildcards]),
        },
        job.devices(given.device, given.training["processes"]),
        logger,
    )
