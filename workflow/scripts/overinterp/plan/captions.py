"""Captions of tables and figures: templates in ``workflow/report``, filled in with what a study says."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined

from overinterp.plan import images
from overinterp.plan.outputs import Output
from overinterp.plan.study import Study

REPORT = Path(__file__).parents[3] / "report"


def caption(study: Study, output: Output) -> str:
    """The caption in reStructuredText, as the report shows it.

    Templates know ``study`` (its name), ``settings`` (of the output) and ``corruptions`` (what corrupted images are).
    """
    template = Environment(undefined=StrictUndefined).from_string((REPORT / output.caption).read_text())
    found = template.render(study=study.name, settings=output.settings(study), corruptions=images.corruptions(study))
    return " ".join(found.split())
