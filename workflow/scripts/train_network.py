"""Train one network under one condition.

Input: training images, data.json, for masked views the teacher's orderings of them.
Output: model.safetensors, model.json, history.csv. A killed training resumes from its last snapshot.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.train import train

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, folder, settings, identity, devices, log, name, logger) -> None:
    """Train one network, in a process for each device, and write it to ``folder``."""
    files = {"images": images, "info": info, "orderings": orderings, "folder": str(folder)}
    train({**files, **settings, "identity": identity, "log": log, "name": name}, devices, logger)


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        list(snakemake.input.orderings),
        Path(snakemake.output.info).parent,
        {
            "architecture": given.architecture,
            "condition": given.condition,
            "settings": given.training,
            "seed": given.seed,
            "mask_seed": given.mask_seed,
        },
        job.identity(snakemake),
        job.devices(given.device, given.training["processes"]),
        snakemake.log[0],
        " ".join([snakemake.rule, *snakemake.wildcards]),
        logger,
    )
