"""Show one classifier its subsets with their neighbours put back, on other blanks, and as dots of one colour.

Input: test images, data.json, the classifier, its orderings. Output: its part of the tables mask_edges, blanks and dots.
"""

import functools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from overinterp import classifier, dots, job, sis
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.tables import write_table
from overinterp.data.source import batches
from overinterp.evaluation import SHOWN_BYTES
from overinterp.perturbations import COLUMNS, FILLS, Shown, most_passes, perturbed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, folder, model, threshold, fraction, seed, device, csv, logger) -> None:
    """Evaluate the subsets of ``model`` (the row of its search) that are found where the full image reaches the threshold."""
    info = load_data_info(info)
    source, network, parts = open_split(images, info), classifier.load(folder, device), []
    for number, path in enumerate(orderings, 1):
        ordering = load_orderings([path])
        subsets = sis.find_sis(ordering, threshold)
        ordering = ordering.take(np.flatnonzero(subsets.usable))
        most = len(ordering) * (most_passes(ordering.pixels, info["mean"] is not None) + dots.PASSES)
        progress, done = job.Progress(logger, most, "forward passes at most"), 0
        for batch in batches(len(ordering), source.shape, SHOWN_BYTES // len(FILLS)):
            part = ordering.take(np.asarray(batch))
            shown = Shown(network, source, part.index, part.target, info["blank"], seed, device, info["mean"])
            shown.on_pass = functools.partial(_tell, progress, done, f"shard {number} of {len(orderings)}")
            parts += [perturbed(shown, part, threshold), dots.as_dots(shown, part, threshold, fraction)]
            done += shown.passes
        progress.close()
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    write_table(csv, table.assign(**model, threshold=threshold))


def _tell(progress, before: int, note: str, passes: int) -> None:
    progress.at(before + passes, note)


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        list(snakemake.input.orderings),
        job.model_folder(snakemake),
        given.model,
        given.threshold,
        given.fraction,
        given.seed,
        job.device(given.device),
        snakemake.output[0],
        logger,
    )
