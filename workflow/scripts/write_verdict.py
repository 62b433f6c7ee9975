"""Judge one classifier, and write the page that says so, its twin for machines, and the measures of every image.

Input: test images, boxes around their objects, data.json, what the classifier's outputs are, its check and those of classifiers
of which an accuracy is expected, orderings of it (and of the null) towards the predicted and another class, their parts of
mask_edges and accuracy. Output: verdict.html, a folder of pictures by class, verdict.json, table verdict_images.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from overinterp import job, verdict
from overinterp.artifacts.files import read_json, replacing, write_json
from overinterp.artifacts.images import load_data_info, load_objects, open_split
from overinterp.artifacts.tables import read_table, write_table
from overinterp.data import classes
from overinterp.inputs import searches
from overinterp.models import expected
from overinterp.tables import object_share
from overinterp.verdict import judgement, measures, page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

REFERENCES = Path(verdict.__file__).parent / "references.json"


def main(images, boxes, info, outputs, doubts, own, others, subsets, accuracy, settings, html, json, csv, folder) -> None:
    """Judge the classifier ``settings['model']`` and write what came out.

    Args:
        images: The list of the test images.
        boxes: The list of their boxes, or None.
        info: data.json.
        outputs: The judged classifier's outputs.json, or None.
        doubts: Its check.json, of one that was brought along; of its members, of an ensemble.
        own: `Searched` of each classifier towards the predicted class, the one judged among them.
        others: Likewise towards another class.
        subsets: Their parts of mask_edges and blanks, by model.
        accuracy: Their parts of accuracy, by model.
        settings: See `overinterp.plan.verdict.settings`.
        html: The page.
        json: Its twin.
        csv: Measures, one row an image and classifier.
        folder: A page of pictures for each class.
    """
    info, threshold, small = load_data_info(info), settings["threshold"], settings["small"]
    other = {searched.row["model"]: searched for searched in others}
    found, objects = {}, load_objects(boxes, info) if boxes else {}
    for searched in own:
        model = searched.row["model"]
        table, places = measures.of_images(searched.shards(), threshold)
        table = measures.with_other(table, other[model].shards() if model in other else (), threshold, small)
        table = measures.with_fills(table, read_table(subsets[model]))
        inside = object_share.shares(searched.shards if objects else tuple, objects, "sis", {"threshold": threshold})
        found[model] = (measures.with_objects(table, inside), places)
    table, places = found[settings["model"]]
    full = read_table(accuracy[settings["model"]])
    full = full[(full.split == "test") & (full.test_mask == "all")].iloc[0]
    source = open_split(images, info)
    chance = max(1 / len(info["class_names"]), float(np.bincount(source.labels).max() / len(source.labels)))
    right = round(full.accuracy * full.images)
    names = classes.of_outputs(info["class_names"], read_json(outputs)["class_names"] if outputs else [])
    judged = judgement.judge(table, right, int(full.images), chance, settings["limits"], small, names)
    own_name = f"{settings['model']}, study {settings['study']}"  # the demo's own is not held against itself
    stored = {title: known for title, known in read_json(REFERENCES).items() if known["about"] != own_name}
    references = judgement.references(stored)
    if settings["null"]:
        references[judgement.NULL] = judgement.numbers(found[settings["null"]][0], {})
    rows = judgement.classes(table, info["class_names"])
    (mine,) = (searched for searched in own if searched.row["model"] == settings["model"])
    towards = [mine, *(searched for searched in others if searched.row["model"] == settings["model"])]
    surest, sure = measures.of_blank(searched.shards() for searched in towards)
    blank = {"colour": [round(255 * value) for value in info["blank"]], "class_name": names[surest], "confidence": sure}
    about = {
        **settings,
        "blank": blank,
        "warnings": [sentence for path in doubts for sentence in read_json(path)["warnings"]],
        "data": info.get("origin") or "",
        "tested": int(full.images),
        "side": f"{info['shape'][0]}x{info['shape'][1]}",
    }
    told = ("study", "model", "warnings", "data", "side", "tested", "blank", "search", "threshold", "small", "limits")
    twin = {**{key: about[key] for key in told}, **judged.plain()}
    null = settings["null"] and {
        "model": settings["null"],
        "numbers": {n: o.plain() for n, o in references[judgement.NULL].items()},
    }
    write_json(json, {**twin, "null": null, "classes": rows})
    shown = page.Shown(
        source, names, mine.load(), other[settings["model"]].load() if settings["model"] in other else None, threshold
    )  # fmt: skip
    with replacing(html) as temporary:
        temporary.write_text(page.render(about, judged, references, rows, table, places, shown), encoding="utf-8")
    Path(folder).mkdir(exist_ok=True)
    for row in rows:
        with replacing(Path(folder) / f"{row['label']}.html") as temporary:
            temporary.write_text(page.class_page(about, row, table, places, shown), encoding="utf-8")
    every = pd.concat([table.assign(model=model) for model, (table, _) in found.items()], ignore_index=True)
    write_table(csv, every[["model", *(name for name in every if name != "model")]].replace({None: np.nan}))


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    for path, (name, expect) in zip(snakemake.input.checks, given.expect.items(), strict=True):
        expected.confirm(f"classifier {name}", read_json(path), expect)
    main(
        snakemake.input.images[0],
        snakemake.input.boxes[0] if snakemake.input.boxes else None,
        snakemake.input.info,
        snakemake.input.outputs[0] if snakemake.input.outputs else None,
        list(snakemake.input.doubts),
        searches(given.own, list(snakemake.input.own)),
        searches(given.others, list(snakemake.input.others)),
        {Path(path).stem: path for path in snakemake.input.subsets},
        {Path(path).stem: path for path in snakemake.input.accuracy},
        dict(given.settings),
        snakemake.output.html,
        snakemake.output.json,
        snakemake.output.csv,
        snakemake.output.classes,
    )
