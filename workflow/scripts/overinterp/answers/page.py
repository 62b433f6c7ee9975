"""The page: its first screen has every question with its answer, then each with figures, captions and tables, in one file."""

from __future__ import annotations

import re

import pandas as pd
from PIL import Image

from overinterp.answers.sentences import answer
from overinterp.artifacts.tables import read_html
from overinterp.embedded import MOST_BYTES, MOST_SIDE, templates, webp

PICTURES = ({"lossless": True, "quality": 60}, {"quality": 75}, {"quality": 30})  # the first that the page has room for


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
        told = [re.sub(r"(?<=\d)%", "\u00a0%", sentence) for sentence in told]  # as the verdict writes it
        opened = [{"name": name, **read_html(summaries[name]), "rows": len(tables[name])} for name in section["tables"]]
        shown.append({**section, "number": number, "sentences": told, "tables": opened})
    template = templates().get_template("answers.html")
    for options in PICTURES:
        for section, given in zip(shown, sections, strict=True):
            section["figures"] = []
            for name, caption, drawn in given["figures"]:
                rows = [len(tables[table]) for table in drawn if table in tables]
                empty = rows and not any(rows)
                section["figures"].append(_figure(name, "" if empty else caption, pictures, options))  # it says why by itself
        page = template.render(study=study, sections=shown, verdict=verdict)
        if len(page.encode()) <= MOST_BYTES:
            break
    return page


def _figure(name: str, caption: str, pictures, options: dict) -> dict:
    with Image.open(pictures[name]) as image:
        drawn = image.convert("RGB")
    drawn.thumbnail((MOST_SIDE, MOST_SIDE))
    return {"name": name, "caption": re.sub(r"``|\*", "", caption), "image": webp(drawn, **options)}
