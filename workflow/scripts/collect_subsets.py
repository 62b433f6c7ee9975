"""Collect disjoint sufficient input subsets of some images: find one, remove it for good, search again on what is left.

Input: test images, data.json, the classifier, its orderings, which hold the first subset of each image. Output: its part of the
table redundancy. A killed job resumes from its last snapshot, within a round too.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from overinterp import classifier, job, sis
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.snapshots import Snapshot
from overinterp.artifacts.tables import write_table
from overinterp.search.images import search_images

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, folder, model, settings, numbers, threshold, cap, device, identity, logger, csv) -> None:
    """Collect subsets of the images with these numbers for ``model`` (the row of its search), and write how many each has."""
    info, ordering = load_data_info(info), load_orderings(orderings).select(numbers)
    source = open_split(images, info)
    network, quick = classifier.for_search(classifier.load(folder, device), settings, source.shape, device)
    snapshot, progress = Snapshot(Path(csv).parents[2], identity), job.Progress(logger, cap, "rounds")

    state = snapshot.load() or {"rounds": []}
    done = [tuple(part.numpy() for part in one) for one in state["rounds"]]  # whole rounds

    def search(rows, gone):
        if gone is None:
            return ordering

        def on_step(standing):
            keep(done, {"search": standing.state()})

        given = {"removed": gone, "device": device, "quick": quick, "state": state.pop("search", None), "on_step": on_step}
        return search_images(network, source, ordering.index[rows], info["blank"], settings, **given)

    def on_round(rounds):
        done[:] = rounds
        progress.at(len(rounds))
        keep(rounds, {})

    def keep(rounds, begun):
        snapshot.offer(lambda: {"rounds": [[torch.from_numpy(part) for part in one] for one in rounds], **begun})

    found = sis.collections(search, len(ordering), threshold, cap, done, on_round)
    progress.close()
    first = sis.find_sis(ordering, threshold)
    columns = {
        "index": ordering.index,
        "correct": ordering.correct,
        "full_at_threshold": first.full_at_threshold,
        "status": first.status,
        "subsets": [len(one) for one in found],
        "pixels": [int(np.sum(one)) for one in found],
    }
    write_table(csv, pd.DataFrame(columns).assign(cap=cap, threshold=threshold, **model))
    snapshot.remove()


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        list(snakemake.input.orderings),
        job.model_folder(snakemake),
        given.model,
        given.search,
        given.numbers,
        given.threshold,
        given.cap,
        job.device(given.device),
        job.identity(snakemake),
        logger,
        snakemake.output[0],
    )
