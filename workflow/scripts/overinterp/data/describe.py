"""What is known of a study's images: the content of ``data.json``."""

from __future__ import annotations

import math

import numpy as np

from overinterp.data.source import Source, batches

NOTHING = {"resize": None, "crop": None, "interpolation": "bilinear"}


def geometry_of(settings: dict, pattern: dict | None, files: bool) -> dict | None:
    """How images are brought to one size: as the config says, key by key, else as the brought classifier does.

    Args:
        settings: The config's ``data`` block.
        pattern: The ``preprocessing`` of the classifier whose images these are, or None.
        files: Whether images are files; those that are stored keep their size unless the config says otherwise.

    Returns:
        resize, crop and interpolation; None where images stay as they are.
    """
    own = settings.get("preprocessing")
    if own is None and not (files and pattern):
        return None
    given = {key: pattern[key] for key in NOTHING} if pattern and files else {}
    return {**NOTHING, **given, **(own or {})}


def of_one_size(rows: list[dict]) -> None:
    """Raise a `ValueError` naming the first picture whose size is not the first one's, where nothing brings them to one size."""
    sizes = [(row["height"], row["width"]) for row in rows]
    for row, (height, width) in zip(rows, sizes, strict=True):
        if (height, width) != sizes[0]:
            raise ValueError(
                f"{row['file']}: found {height}x{width} pixels, expected {sizes[0][0]}x{sizes[0][1]} as {rows[0]['file']}; "
                "data.preprocessing (resize, crop) brings pictures to one size"
            )


def colours(source: Source) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel over all pixels, in [0, 1]; sums are whole numbers, so they are exact."""
    channels = source.shape[2]
    total, squares, count = [0] * channels, [0] * channels, 0
    for numbers in batches(len(source), source.shape):
        pixels = source.read(numbers).reshape(-1, channels)
        for channel in range(channels):
            values = np.bincount(pixels[:, channel], minlength=256)
            total[channel] += int((values * np.arange(256)).sum())
            squares[channel] += int((values * np.arange(256) ** 2).sum())
        count += len(pixels)
    mean = [value / (255 * count) for value in total]
    variance = [count * square - value**2 for square, value in zip(squares, total, strict=True)]
    return mean, [max(math.sqrt(value) / (255 * count), 1e-6) for value in variance]


def same_channels(mean: list[float], shape) -> None:
    """Refuse a classifier whose ``preprocessing`` has other channels than images of this shape (H, W, C)."""
    if len(mean) == shape[2]:
        return
    mend = ""
    if (len(mean), shape[2]) == (1, 3):
        mend = (
            "; pictures are read as RGB: in a function of yours (from: python) wrap the network, self.n(x[:, :1]), and give mean "
            "and std three times"
        )
    raise ValueError(f"classifier: found mean of {len(mean)} channels, expected {shape[2]} as the images have{mend}")


def describe(sources: dict[str, Source], about: dict, blank, pattern: dict | None) -> dict:
    """The content of ``data.json``.

    Args:
        sources: The splits that there are.
        about: origin, class_names, geometry, sha256, skipped, duplicates: what is known without looking at a pixel.
        blank: 'mean' or one value in [0, 1] a channel.
        pattern: The ``preprocessing`` of the brought classifier whose mean is the blank where nothing is trained, or None.

    Raises:
        ValueError: Splits of different shapes, labels without a name, or a classifier or a blank of another number of channels.
    """
    shapes = {name: tuple(source.shape) for name, source in sources.items()}
    shape = next(iter(shapes.values()))
    for name, other in shapes.items():
        if other != shape:
            raise ValueError(
                f"data: found {name} images of shape {other}, expected {shape} as the others; set data.preprocessing"
            )
    classes = len(about["class_names"])
    if classes < 2:
        raise ValueError(f"data: found {classes} class ({', '.join(about['class_names'])}), expected at least 2")
    for name, source in sources.items():
        for label in (source.labels.min(), source.labels.max()):
            if not 0 <= label < classes:
                raise ValueError(f"data: found label {label} in the {name} split, expected 0 to {classes - 1}")
    mean, std = colours(sources["train"]) if "train" in sources else (None, None)
    if pattern:
        same_channels(pattern["mean"], shape)
    fill = (mean or pattern["mean"]) if blank == "mean" else blank
    if len(fill) != shape[2]:
        raise ValueError(f"data.blank: found {len(fill)} values, expected {shape[2]}, one a channel of the images")
    return {
        **about,
        "shape": list(shape),
        "images": {name: len(source) for name, source in sources.items()},
        "mean": mean,
        "std": std,
        "blank": list(fill),
    }
