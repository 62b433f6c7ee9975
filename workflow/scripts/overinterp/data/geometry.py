"""How a picture of any size becomes an array of one size: resized, then cropped in the middle, as torchvision does it."""

from __future__ import annotations

from PIL import Image

INTERPOLATIONS = {
    name: getattr(Image.Resampling, name.upper()) for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
}


def size_of(geometry: dict) -> tuple[int, int] | None:
    """(H, W) of every picture after a geometry; None where it leaves that to the picture.

    Args:
        geometry: resize (shorter side, or [H, W]; or None), crop (side, or [H, W]; or None), interpolation.
    """
    if geometry["crop"] is not None:
        return _pair(geometry["crop"])
    return tuple(geometry["resize"]) if isinstance(geometry["resize"], list) else None


def resized(size: tuple[int, int], geometry: dict) -> tuple[int, int]:
    """(H, W) after resizing, before the crop.

    The shorter side becomes ``resize`` and the longer one is cut down to a whole number, as in torchvision's Resize.

    Args:
        size: (H, W) before.
        geometry: As in `size_of`.
    """
    (height, width), side = size, geometry["resize"]
    if side is None:
        return size
    if isinstance(side, list):
        return tuple(side)
    return (side, int(side * width / height)) if height <= width else (int(side * height / width), side)


def apply(picture: Image.Image, geometry: dict) -> Image.Image:
    """Resize a picture and take its middle.

    The crop's corner is rounded to even: as in torchvision's CenterCrop. Pillow's filters antialias.

    Raises:
        ValueError: The crop is larger than the picture.
    """
    height, width = resized((picture.height, picture.width), geometry)
    if (width, height) != picture.size:
        picture = picture.resize((width, height), INTERPOLATIONS[geometry["interpolation"]])
    if geometry["crop"] is not None:
        height, width = _pair(geometry["crop"])
        if height > picture.height or width > picture.width:
            raise ValueError(
                f"found {picture.height}x{picture.width} pixels, expected at least the crop's {height}x{width}; "
                "set a larger resize or a smaller crop in preprocessing"
            )
        top, left = round((picture.height - height) / 2), round((picture.width - width) / 2)
        picture = picture.crop((left, top, left + width, top + height))
    return picture


def _pair(side) -> tuple[int, int]:
    return tuple(side) if isinstance(side, list) else (side, side)
