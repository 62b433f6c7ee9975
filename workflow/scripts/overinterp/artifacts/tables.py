"""Tables on disk: a tidy CSV, and a small HTML twin for the report."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from overinterp.artifacts.files import replacing

STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:1.5em;max-width:70em}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;border-bottom:1px solid #ccc;text-align:right}"
    "th{background:#f3f3f3}td:first-child,th:first-child{text-align:left}p{color:#444}"
)
# Columns that hold names, which may look like numbers ("007", or a class called "1") and may all be missing.
TEXT = ("architecture", "audit", "candidate", "choice", "class_name", "comparison", "condition", "control", "corruptions")
TEXT += ("fill", "group", "kind", "label", "labels", "machine_choice", "masks_model", "masks_search", "model")
TEXT += ("network", "participant", "reference", "search", "source", "source_architecture", "source_condition")
TEXT += ("source_group", "source_kind", "split", "target", "target_architecture", "target_condition", "target_group")
TEXT += ("target_kind", "teacher", "train_paint")


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a tidy table; floats with 9 significant digits, so that equal numbers give equal bytes.

    Raises:
        ValueError: It has no columns, and could not be read again.
    """
    if not len(table.columns):
        raise ValueError(f"{path}: found no columns, expected a table's head, with rows or without")
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table written by `write_table`: columns of `TEXT` as text, whatever their values look like."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(TEXT, str))


def write_html(path: str | Path, table: pd.DataFrame, caption: str) -> None:
    """Write a table of few rows as one HTML page with a caption."""
    body = table.to_html(index=False, border=0, float_format=lambda value: f"{value:.3f}", na_rep="–")
    page = f"<!doctype html><meta charset='utf-8'><style>{STYLE}</style><p>{caption}</p>{body}\n"
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def read_html(path: str | Path) -> dict[str, str]:
    """Caption and table of a page written by `write_html`, both HTML: caption, html."""
    text = Path(path).read_text(encoding="utf-8")
    caption, html = re.search(r"<p>(.*?)</p>(<table.*</table>)", text, re.DOTALL).groups()
    return {"caption": caption, "html": html}
