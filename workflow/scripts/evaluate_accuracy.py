"""Test every classifier of a study on full images and on subsets of them.

Input: test images, data.json, classifiers, the orderings that choose the subsets. Output: accuracy.csv and its HTML twin.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import accuracy
from overinterp.views import make_view, random_kept

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Accuracy on test images: mean over seeds, and its spread (standard deviation). Subsets: see the caption of the figure."


def main(images, info, orderings, models_folder, models, masks, shards, fractions, mask_seed, device, csv, html, logger) -> None:
    """Evaluate ``models`` (rows that describe them, with the key of their masks in ``masks``) and write the table."""
    split, info = load_images(images), load_data_info(info)
    height, width, _ = info["shape"]
    found = dict(zip(map(tuple, masks), load_groups(orderings, shards), strict=True))
    progress, rows = job.Progress(logger, len(models), "classifiers"), []
    for number, model in enumerate(models):
        network = classifier.load(models_folder / model["model"], device)
        source = tuple(model["masks"]) if model["masks"] else None
        described = {key: value for key, value in model.items() if key != "masks"}
        views = [("full", 1.0, None)]
        for fraction in fractions:
            views.append(("random", fraction, random_kept(len(split.images), height, width, fraction, mask_seed)))
            if source:
                kept = found[source].kept_fraction(fraction)
                views += [("backselect", fraction, kept), ("position_only", fraction, kept)]
        for kind, fraction, kept in views:
            count = len(split.images) if kind in ("full", "random") else len(kept)
            result = accuracy(
                network, split.images[:count], split.labels[:count], make_view(kind, info["blank"], kept, device), device
            )
            masked = source if kind in ("backselect", "position_only") else ("", "")
            described_view = {"test_view": kind, "test_fraction": fraction, "masks_model": masked[0], "masks_search": masked[1]}
            rows.append({**described, **described_view, "classes": len(info["class_names"]), **result})
        progress.at(number + 1)
    progress.close()
    table = pd.DataFrame(rows)
    write_table(csv, table)
    groups = ["architecture", "condition", "test_view", "test_fraction"]
    summary = table.groupby(groups, sort=False).agg(
        networks=("model", "size"), images=("images", "first"), accuracy=("accuracy", "mean"), spread=("accuracy", "std")
    )
    write_html(html, summary.reset_index(), CAPTION)


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
        given.mask_seed,
        given.device,
        snakemake.output.csv,
        snakemake.output.html,
        job.start(snakemake, torch_threads=True),
    )
