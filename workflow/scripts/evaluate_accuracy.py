"""Test every classifier of a study on full images and on subsets of them.

Input: test images, data.json, classifiers, the orderings that choose the subsets. Output: accuracy.csv and its HTML twin.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import accuracy
from overinterp.views import make_view, random_kept

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Accuracy: mean over seeds, and its spread (standard deviation). Subsets: see the caption of the figure."
COLUMNS = ["split", "architecture", "condition", "test_view", "test_fraction"]


def main(
    images,
    info,
    orderings,
    models_folder,
    models,
    masks,
    shards,
    fractions,
    splits,
    corruptions,
    mask_seed,
    device,
    csv,
    html,
    logger,
) -> None:
    """Evaluate ``models`` (rows that describe them, with the searches of their masks by split) and write the table."""
    shown, info = {split: load_images(path) for split, path in zip(splits, images, strict=True)}, load_data_info(info)
    found = dict(zip(map(tuple, masks), load_groups(orderings, shards), strict=True))
    progress, rows = job.Progress(logger, len(models), "classifiers"), []
    for number, model in enumerate(models):
        network = classifier.load(models_folder / model["model"], device)
        described = {key: value for key, value in model.items() if key != "masks"}
        for split in splits:
            source = tuple(model["masks"][split] or ())
            named = {
                "split": split,
                "corruptions": corruptions if split == "corrupted" else "",
                "classes": len(info["class_names"]),
            }
            for view in views(len(shown[split].images), info["shape"], fractions, mask_seed, found.get(source)):
                kind, fraction, kept, index, chooser = view
                chosen = source if chooser is not None else ("", "")
                result = accuracy(
                    network,
                    shown[split].images[index],
                    shown[split].labels[index],
                    make_view(kind, info["blank"], kept, device),
                    device,
                    chooser,
                )
                seen = {"test_view": kind, "test_fraction": fraction, "masks_model": chosen[0], "masks_search": chosen[1]}
                rows.append({**described, **seen, **named, **result})
        progress.at(number + 1)
    progress.close()
    table = pd.DataFrame(rows)
    write_table(csv, table)
    summary = table.groupby(COLUMNS, sort=False).agg(
        networks=("model", "size"), images=("images", "first"), accuracy=("accuracy", "mean"), spread=("accuracy", "std")
    )
    write_html(html, summary.reset_index(), CAPTION)


def views(count, shape, fractions, mask_seed, ordering):
    """What a classifier is tested on: kind, fraction, kept pixels, numbers of the images, and what chose the pixels predicts."""
    everything = np.arange(count)
    yield "full", 1.0, None, everything, None
    for fraction in fractions:
        yield "random", fraction, random_kept(count, *shape[:2], fraction, mask_seed), everything, None
        if ordering is not None:
            kept = ordering.kept_fraction(fraction)
            yield "backselect", fraction, kept, ordering.index, ordering.predicted
            yield "position_only", fraction, kept, ordering.index, ordering.predicted


if "snakemake" in globals():
    given = snakemake.params
    main(
        snakemake.input.images,
        snakemake.input.info,
        snakemake.input.orderings,
        Path(snakemake.input.models[0]).parents[1],
        given.models,
        given.masks,
        given.shards,
        given.fractions,
        given.splits,
        given.corruptions,
        given.mask_seed,
        given.device,
        snakemake.output.csv,
        snakemake.output.html,
        job.start(snakemake, torch_threads=True),
    )
