"""Pages that need nothing beside them: their templates, the pictures in them, and how large they may be."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

# Of a page that Snakemake's report shows as a data URL, four characters for three bytes: Chromium opens none above 2 MiB.
MOST_BYTES = 1_500_000
MOST_SIDE = 16_383  # pixels of a WebP picture
FOLDERS = [Path(__file__).parent / name for name in ("answers", "verdict")]


def templates() -> Environment:
    """The templates of all pages."""
    loader = FileSystemLoader(FOLDERS)
    return Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def webp(drawn: Image.Image, **options) -> str:
    """A picture as a data URI, in WebP: ``lossless=True``, a third of a figure's PNG, or ``quality`` of 100."""
    buffer = io.BytesIO()
    drawn.save(buffer, "WEBP", **options)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
