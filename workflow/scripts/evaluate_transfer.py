"""Show every classifier the subsets found with every other.

Input: test images, data.json, classifiers, their orderings. Output: transfer.csv and its HTML twin.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.tables import write_html, write_table
from overinterp.evaluation import transfer
from overinterp.views import make_view

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

CAPTION = "Mean confidence of the column's classifier in the class that the row's classifier predicts, on the row's subsets."


def main(images, info, orderings, shards, models_folder, models, fraction, device, csv, html) -> None:
    """Evaluate every pair of ``models`` (rows that describe them) and write the table."""
    split, blank = load_images(images), load_data_info(info)["blank"]
    networks = [classifier.load(models_folder / model["model"], device) for model in models]
    rows = []
    for source, ordering in zip(models, load_groups(orderings, shards), strict=True):
        view = make_view("backselect", blank, ordering.kept_fraction(fraction), device)
        shown = split.images[ordering.index]
        for target, network in zip(models, networks, strict=True):
            named = {"source": source["model"], "target": target["model"]}
            for role, model in (("source", source), ("target", target)):
                named |= {f"{role}_{key}": model[key] for key in ("architecture", "condition", "seed")}
            result = transfer(network, shown, ordering.label, view, ordering.target, device)
            rows.append({"search": source["search"], **named, "fraction": fraction, **result})
    table = pd.DataFrame(rows)
    write_table(csv, table)
    order = [model["model"] for model in models]
    square = table.pivot(index="source", columns="target", values="mean_confidence").loc[order, order]
    write_html(html, square.rename_axis(columns=None).reset_index(), CAPTION)


if "snakemake" in globals():
    given = snakemake.params
    job.start(snakemake, torch_threads=True)
    main(
        snakemake.input.images,
        snakemake.input.info,
        snakemake.input.orderings,
        given.shards,
        Path(snakemake.input.models[0]).parents[1],
        given.models,
        given.fraction,
        given.device,
        snakemake.output.csv,
        snakemake.output.html,
    )
