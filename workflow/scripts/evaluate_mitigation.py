"""Compare remedies: size of subsets, accuracy, corrupted accuracy and calibration, on matched images.

Input: test and corrupted images, data.json, classifiers, their orderings. Output: mitigation.csv and its HTML twin.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from overinterp import calibration, classifier, job, mitigation
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.views import blank_tensor, to_float

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Remedies on the images that all of them have right at the confidence `threshold`. Scaled: after temperature scaling."
SUMMARY = [
    "comparison", "threshold", "group", "networks", "accuracy", "corrupted_accuracy", "calibration_error", "matched_images",
    "mean_size_pixels", "size_ratio", "p_holm", "matched_images_scaled", "mean_size_pixels_scaled", "size_ratio_scaled",
    "p_holm_scaled",
]  # fmt: skip


def main(images, info, orderings, shards, models_folder, models, comparisons, device, csv, html, logger) -> None:
    """Measure ``models`` (rows that describe them), compare the groups that ``comparisons`` names, and write the table."""
    test, *corrupted = map(load_images, images)
    blank = blank_tensor(load_data_info(info)["blank"], device)
    progress, found = job.Progress(logger, len(models), "classifiers"), {}
    for model, ordering in zip(models, load_groups(orderings, shards), strict=True):
        network = classifier.load(models_folder / model["model"], device)
        logits = [classifier.logits(network, to_float(part.images, device)).cpu().numpy() for part in (test, *corrupted)]
        path = calibration.path_logits(network, test.images[ordering.index], ordering, blank, device)
        rest = (logits[1], corrupted[0].labels) if corrupted else (None, None)
        found[model["model"]] = mitigation.Classifier(model, logits[0], test.labels, *rest, ordering, path)
        progress.at(len(found))
    progress.close()
    parts = []
    for comparison in comparisons:
        groups = {name: [found[model] for model in names] for name, names in comparison["groups"].items()}
        part = mitigation.compare(groups, comparison["baseline"], comparison["threshold"])
        part.insert(0, "comparison", comparison["name"])
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    write_table(csv, table)
    write_html(html, table[SUMMARY], CAPTION)


if "snakemake" in globals():
    given = snakemake.params
    main(
        snakemake.input.images,
        snakemake.input.info,
        snakemake.input.orderings,
        given.shards,
        Path(snakemake.input.models[0]).parents[1],
        given.models,
        given.comparisons,
        given.device,
        snakemake.output.csv,
        snakemake.output.html,
        job.start(snakemake, torch_threads=True),
    )
