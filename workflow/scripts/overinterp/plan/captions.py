"""Captions of tables and figures: templates in ``workflow/report``, filled in with what a study says."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from overinterp.plan import audits, images
from overinterp.plan.outputs import Output
from overinterp.plan.study import Study

REPORT = Path(__file__).parents[3] / "report"


def caption(study: Study, output: Output) -> str:
    """The caption in reStructuredText, as the report shows it.

    Templates know ``study`` (its name), ``settings`` (of the output), ``corruptions`` (what corrupted images are) and ``has``
    (see `there`).
    """
    template = Environment(undefined=StrictUndefined).from_string((REPORT / output.caption).read_text())
    given = {"settings": output.settings(study), "corruptions": images.corruptions(study), "has": there(study)}
    return " ".join(template.render(study=study.name, **given).split())


def there(study: Study) -> dict:
    """What a study has, so that captions speak of nothing else.

    side is the shorter one of the images, in pixels; None where only a classifier tells it.
    """
    size, networks = images.size(study), study.networks.values()
    labels = {study.described(name)["labels"] for name in study.networks}
    return {
        "side": size and min(size),
        "corrupted": "corrupted" in study.splits,
        "boxes": "boxes" in study.settings["data"],
        "published": study.settings["data"]["dataset"] == "cifar10",
        "shuffled": "shuffled" in labels,
        "untrained": "none" in labels,
        "dropout": any(network.condition["keep_probability"] not in (1, "random") for network in networks),
        "ensembles": bool(study.ensembles),
        "controls": {student["control"] for student in audits.described(study)},
    }
