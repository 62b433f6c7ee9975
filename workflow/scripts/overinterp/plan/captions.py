"""Captions of tables and figures: templates in ``workflow/report``, filled in with what a study says."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from overinterp.plan import audits, images, reads
from overinterp.plan.outputs import Output
from overinterp.plan.study import Study
from overinterp.published import sis_sizes

REPORT = Path(__file__).parents[3] / "report"


def caption(study: Study, output: Output) -> str:
    """The caption in reStructuredText, as the report shows it.

    Templates know ``study`` (its name), ``settings`` (of the output), ``corruptions`` (what corrupted images are) and ``has``
    (see `traits`).
    """
    template = Environment(undefined=StrictUndefined).from_string((REPORT / output.caption).read_text())
    given = {"settings": output.settings(study), "corruptions": images.corruptions(study), "has": traits(study)}
    return " ".join(template.render(study=study.name, **given).split())


def traits(study: Study) -> dict:
    """What a study has, so that captions speak of nothing else: of its searched test images, where that matters.

    side and longer are the shorter and the longer side of the images, in pixels; None where only a classifier tells them.
    """
    size, audited = images.size(study), audits.described(study)
    searched = list(dict.fromkeys(model for model, _, split in study.runs if split != "train"))
    networks = [study.networks[name] for name in study.members(searched) if name in study.networks]
    labels = {study.described(name)["labels"] for name in searched}
    shown = [study.described(model) for model, _, _ in reads.examples(study)]
    return {
        "side": size and min(size),
        "longer": size and max(size),
        "corrupted": "corrupted" in study.splits,
        "boxes": "boxes" in study.settings["data"],
        "published": any(sis_sizes(study.settings["data"]["dataset"], row, study.analysis["threshold"]) for row in shown),
        "shuffled": "shuffled" in labels,
        "untrained": "none" in labels,
        "dropout": any(network.condition["keep_probability"] not in (1, "random") for network in networks),
        "ensembles": any(name in study.ensembles for name in searched),
        "subset_views": any("threshold" in network.condition["view"] for network in study.networks.values()),
        "subsets": any(student["threshold"] for student in audited),
        "controls": {student["control"] for student in audited},
        "leak": any((student["control"], student["target"]) == ("position", "predicted") for student in audited),
    }
