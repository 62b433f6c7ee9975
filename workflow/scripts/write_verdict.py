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
from overinterp.models.checks import expected
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
    other = {one.row["model"]: one for one in others}
    searched = {one.row["model"]: one for one in own}
    objects = load_objects(boxes, info) if boxes else {}
    found = {
        model: measures.of_classifier(one, other.get(model), read_table(subsets[model]), objects, threshold, small)
        for model, one in searched.items()
    }
    model = settings["model"]
    table, places = found[model]
    full = read_table(accuracy[model])
    full = full[(full.split == "test") & (full.test_mask == "all")].iloc[0]
    source = open_split(images, info)
    chance = judgement.chance(source.labels, len(info["class_names"]))
    right = round(full.accuracy * full.images)
    names = classes.of_outputs(info["class_names"], read_json(outputs)["class_names"] if outputs else [])
    judged = judgement.judge(table, right, int(full.images), chance, settings["limits"], small, names)
    null_table = found[settings["null"]][0] if settings["null"] else None
    references = judgement.references(read_json(REFERENCES), f"{model}, study {settings['study']}", null_table)
    rows = judgement.classes(table, info["class_names"])
    towards = [one for one in (searched[model], other.get(model)) if one]
    surest, sure = measures.of_blank(one.shards() for one in towards)
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
    shown = page.Shown(source, names, searched[model].load(), other[model].load() if model in other else None, threshold)
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
