"""Image files, decoded one at a time: upright, RGB, 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from overinterp.data import geometry as shaping


def read(path: str | Path, geometry: dict | None) -> np.ndarray:
    """One picture as uint8 (H, W, 3).

    It is turned as its EXIF orientation says. Grey, palette and CMYK pictures become RGB and alpha is dropped, as Pillow's
    ``convert("RGB")`` does it and torchvision's loader with it; 16-bit grey is scaled to 8 bits, not cut off.

    Args:
        path: The file.
        geometry: As in `overinterp.data.geometry`, or None for the picture as it is.

    Raises:
        ValueError: The file is missing, empty, cut short, no picture, or of a kind that has no 8-bit meaning.
    """
    picture = decode(path, path)
    try:
        return np.asarray(picture if geometry is None else shaping.apply(picture, geometry))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def decode(file, name: str | Path) -> Image.Image:
    """An upright RGB picture from a path or an open file; ``name`` is what errors call it. A 16-bit one has info ``largest``.

    Raises:
        ValueError: As `read`.
    """
    try:
        with Image.open(file) as opened:
            opened.load()
            return _rgb(ImageOps.exif_transpose(opened))
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name}: found a picture of too many pixels ({error}); make it smaller") from error
    except FileNotFoundError as error:
        raise ValueError(f"{name}: found no such file, expected a picture") from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{name}: found something else, or an empty file, expected a picture") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{name}: cannot be read ({error}), expected a picture") from error


def _rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        deep = np.asarray(picture)
        shown = Image.fromarray(np.round(deep.astype(np.float64) / 257).astype(np.uint8)).convert("RGB")
        shown.info["largest"] = int(deep.max())
        return shown
    if picture.mode in ("I", "F"):
        raise ValueError(f"found pixels of mode {picture.mode}, expected 8 or 16 bits a channel")
    return picture.convert("RGB")
