"""Show one classifier the subsets found with every other.

Input: test images, data.json, the classifier, the others' orderings. Output: its part of the table transfer.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.tables import write_table
from overinterp.evaluation import logits, softmax, transfer
from overinterp.outputs import searches
from overinterp.views.view import make_view

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, folder, model, sources, fraction, device, csv) -> None:
    """Evaluate ``model`` on the subsets of ``sources`` (rows that describe searches and their classifiers)."""
    info = load_data_info(info)
    split, network, rows = open_split(images, info), classifier.load(folder, device), []
    for found in searches(sources, orderings):
        view = make_view(
            {"mask": "kept", "paint": "values", "fraction": fraction}, info["blank"], info["shape"][:2], device, found.shards()
        )
        target = dict(pair for part in found.shards() for pair in zip(part.index.tolist(), part.target.tolist(), strict=True))
        numbers = np.array(sorted(target), np.int64)
        probability = softmax(logits(network, split, numbers, view, device))
        towards = np.array([target[number] for number in numbers.tolist()])
        result = transfer(probability, split.labels[numbers], towards, len(info["class_names"]))
        named = {"source": found.row["model"], "target": model["model"], "search": found.row["search"]}
        for role, row in (("source", found.row), ("target", model)):
            named |= {f"{role}_{key}": row[key] for key in ("kind", "group", "architecture", "condition", "seed")}
        rows.append({**named, "fraction": fraction, **result, "classes": probability.shape[1]})
    write_table(csv, pd.DataFrame(rows))


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
        job.device(given.device),
        snakemake.output[0],
    )
