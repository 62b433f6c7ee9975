"""Test one classifier on full images and on subsets of them.

Input: images, data.json, the classifier, the orderings that choose the subsets. Output: its part of the table accuracy, and
its predictions image by image.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.predictions import Predictions, save_predictions
from overinterp.artifacts.tables import write_table
from overinterp.evaluation import accuracy, choosers, chosen_by, logits, softmax, views
from overinterp.inputs import searches
from overinterp.views.view import make_view

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, folder, model, masks, settings, splits, corruptions, mask_seed, device, csv, npz) -> None:
    """Evaluate ``model`` (its describing row, its own view, whose masks it is shown) and write its rows and its predictions."""
    info = load_data_info(info)
    found = {(s.row["model"], s.row["search"], s.row["split"]): s for s in searches(masks, orderings)}
    network = classifier.load(folder, device)
    described = {key: value for key, value in model.items() if key not in ("own_view", "masks", "own_masks", "others")}
    rows, predictions = [], []
    for split, path in zip(splits, images, strict=True):
        source = open_split(path, info)
        named = {"split": split, "corruptions": corruptions if split == "corrupted" else ""}
        for view in views(settings, model["own_view"]):
            for name in choosers(view, model, split):
                numbers, chooser = chosen_by(found[name].shards) if name else (np.arange(len(source)), None)
                shards = found[name].shards() if name else None
                shown = make_view(view, info["blank"], info["shape"][:2], device, shards, mask_seed)
                if shown.masks is not None and shown.masks.numbers is not None:
                    has_one = np.isin(numbers, shown.masks.numbers)
                    numbers, chooser = numbers[has_one], chooser[has_one]
                seen = {"test_mask": view["mask"], "test_paint": view["paint"]}
                seen |= {"test_fraction": view.get("fraction"), "test_threshold": view.get("threshold")}
                seen |= {"masks_model": name[0] if name else "", "masks_search": name[1] if name else ""}
                if not len(numbers):
                    predictions.append(Predictions({"split": split, **seen}, numbers, numbers))
                    continue
                probability = softmax(logits(network, source, numbers, shown, device))
                result = accuracy(probability, source.labels[numbers], chooser)
                rows.append({**described, **seen, **named, "classes": probability.shape[1], **result})
                predictions.append(Predictions({"split": split, **seen}, numbers, probability.argmax(1)))
    save_predictions(npz, predictions)
    write_table(csv, pd.DataFrame(rows))


if "snakemake" in globals():
    job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        [path for path in snakemake.input.images if path.endswith(".csv")],
        snakemake.input.info,
        list(snakemake.input.orderings),
        job.model_folder(snakemake),
        given.model,
        given.masks,
        {"views": given.views, "fractions": given.fractions},
        given.splits,
        given.corruptions,
        given.mask_seed,
        job.device(given.device),
        snakemake.output.accuracy,
        snakemake.output.predictions,
    )
