"""The page: its first screen has every question with its answer, then each with figures, captions and tables, in one file."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from overinterp.answers.sentences import answer
from overinterp.artifacts.tables import read_html

FOLDERS = [Path(__file__).parent, Path(__file__).parents[1] / "verdict"]  # the verdict's base and style are the house's


def render(
    study: str, sections: list[dict], tables: dict[str, pd.DataFrame], summaries, pictures, verdict: dict, threshold
) -> str:
    """The page as HTML.

    Args:
        study: Its name.
        sections: See `overinterp.plan.answers.sections`.
        tables: By name.
        summaries: HTML files of these tables, by name.
        pictures: PNG files of the figures, by name.
        verdict: verdict.json.
        threshold: Confidence at which sizes are told.
    """
    shown = []
    for number, section in enumerate(sections, 1):
        told = [sentence for name in section["tables"] for sentence in answer(name, tables[name], threshold)]
        told += ["Nobody has been asked yet; the page to ask people with is ready (human/page/)."] if section["nobody"] else []
        figures = [
            {"name": name, "caption": re.sub(r"``|\*", "", text), "image": _image(pictures[name])}
            for name, text in section["figures"]
        ]
        opened = [{"name": name, **read_html(summaries[name]), "rows": len(tables[name])} for name in section["tables"]]
        shown.append({**section, "number": number, "sentences": told, "figures": figures, "tables": opened})
    loader = FileSystemLoader(FOLDERS)
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("answers.html").render(study=study, sections=shown, verdict=verdict)


def _image(path: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(Path(path).read_bytes()).decode()}"
