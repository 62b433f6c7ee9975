"""Show one classifier the subsets found with every other, and as many random pixels of the same images.

Input: test images, data.json, the classifier, the others' orderings. Output: its part of the table transfer, a row a source
and image.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.tables import write_table
from overinterp.evaluation import logits, softmax, transfer
from overinterp.inputs import searches
from overinterp.views.view import make_view

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, folder, model, sources, fraction, mask_seed, device, csv) -> None:
    """Evaluate ``model`` on the subsets of ``sources`` (rows that describe searches and their classifiers)."""
    info = load_data_info(info)
    split, network, rows = open_split(images, info), classifier.load(folder, device), []
    found = searches(sources, orderings)
    targets = [
        dict(pair for part in one.shards() for pair in zip(part.index.tolist(), part.target.tolist(), strict=True))
        for one in found
    ]

    def shown(mask: str, numbers: np.ndarray, shards=None) -> np.ndarray:
        view = {"mask": mask, "paint": "values", "fraction": fraction}
        view = make_view(view, info["blank"], info["shape"][:2], device, shards, mask_seed)
        return softmax(logits(network, split, numbers, view, device))

    every = np.unique([number for target in targets for number in target])
    random = shown("random", every)
    for one, target in zip(found, targets, strict=True):
        numbers = np.array(sorted(target), np.int64)
        seen = {"": shown("kept", numbers, one.shards()), "random_": random[np.searchsorted(every, numbers)]}
        towards = np.array([target[number] for number in numbers.tolist()])
        part = {"source": one.row["model"], "target": model["model"], "search": one.row["search"], "fraction": fraction}
        part |= {"classes": random.shape[1], "index": numbers}
        for name, probability in seen.items():
            confidence, right = transfer(probability, split.labels[numbers], towards, len(info["class_names"]))
            part |= {f"{name}confidence": confidence, f"{name}right": right.astype(int)}
        rows.append(pd.DataFrame(part))
    write_table(csv, pd.concat(rows))


if "snakemake" in globals():
    job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        list(snakemake.input.orderings),
        job.model_folder(snakemake),
        given.model,
        given.sources,
        given.fraction,
        given.mask_seed,
        job.device(given.device),
        snakemake.output[0],
    )
