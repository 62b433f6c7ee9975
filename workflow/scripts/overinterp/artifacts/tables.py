"""Tables on disk: a tidy CSV, and a small HTML twin for the report."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from overinterp.artifacts.files import replacing

STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:1.5em;max-width:70em}"
    "table{border-collapse:collapse}td,th{padding:.2em .8em;border-bottom:1px solid #ccc;text-align:right}"
    "th{background:#f3f3f3}td:first-child,th:first-child{text-align:left}p{color:#444}h1{font-size:1.2em}div{overflow-x:auto}"
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
    body = table.to_html(index=False, border=0, float_format=_short, na_rep="–")
    name = Path(path).stem
    head = "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    head += f"<title>{name}</title><style>{STYLE}</style>"
    page = f"{head}<main><h1>Table {name}</h1><p>{caption}</p><div>{body}</div></main></html>\n"
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _short(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def read_html(path: str | Path) -> dict[str, str]:
    """Caption and table of a page written by `write_html`, both HTML: caption, html."""
    text = Path(path).read_text(encoding="utf-8")
    caption, html = re.search(r"<p>(.*?)</p><div>(<table.*</table>)</div>", text, re.DOTALL).groups()
    return {"caption": caption, "html": html}
