"""A split of images that is read by image numbers: nothing holds more of it than it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from overinterp.data import geometry as shaping
from overinterp.data import pictures


class Source(Protocol):
    """Images of one split.

    Attributes:
        labels: int64 (N,).
        shape: (H, W, C).
    """

    labels: np.ndarray
    shape: tuple[int, int, int]

    def __len__(self) -> int: ...

    def read(self, numbers: Sequence[int]) -> np.ndarray:
        """uint8 (n, H, W, C): the images with these numbers, in this order."""


class ArraySource:
    """Images in an array, which may be mapped from a file.

    Args:
        images: uint8 (N, H, W, C).
        labels: int64 (N,).
        geometry: As in `overinterp.data.geometry`, or None for the images as they are.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, geometry: dict | None = None):
        if len(images) != len(labels):
            raise ValueError(f"images: found {len(images)} images and {len(labels)} labels, expected as many")
        self.images, self.labels, self.geometry = images, np.asarray(labels, np.int64), geometry
        self.shape = tuple(images.shape[1:])
        if geometry is not None:
            self.shape = self._shaped(images[0]).shape

    def __len__(self) -> int:
        return len(self.labels)

    def read(self, numbers) -> np.ndarray:
        """uint8 (n, H, W, C)."""
        found = np.ascontiguousarray(self.images[np.asarray(numbers, np.int64)])
        return found if self.geometry is None else np.stack([self._shaped(image) for image in found])

    def _shaped(self, image: np.ndarray) -> np.ndarray:
        picture = shaping.apply(Image.fromarray(image[..., 0] if image.shape[2] == 1 else image), self.geometry)
        return np.asarray(picture).reshape(picture.height, picture.width, image.shape[2])


class FileSource:
    """Images in files, decoded, turned upright, resized and cropped when they are read.

    Args:
        files: Paths.
        labels: int64 (N,).
        geometry: As in `overinterp.data.geometry`; None where the files all have one size.
        shape: (H, W, 3) of every image.
    """

    def __init__(self, files: Sequence[str | Path], labels: np.ndarray, geometry: dict | None, shape):
        self.files, self.labels = list(files), np.asarray(labels, np.int64)
        self.geometry, self.shape = geometry, tuple(shape)

    def __len__(self) -> int:
        return len(self.files)

    def read(self, numbers) -> np.ndarray:
        """uint8 (n, H, W, 3).

        Raises:
            ValueError: A file cannot be read, or has another size than the others; it is named.
        """
        found = np.empty((len(numbers), *self.shape), np.uint8)
        for place, number in enumerate(numbers):
            picture = pictures.read(self.files[number], self.geometry)
            if picture.shape != self.shape:
                size, expected = ("x".join(map(str, shape[:2])) for shape in (picture.shape, self.shape))
                raise ValueError(
                    f"{self.files[number]}: found {size} pixels, expected {expected} as the others have; set data.preprocessing"
                )
            found[place] = picture
        return found


class Chosen:
    """Some images of a source, under numbers from 0.

    Args:
        source: All of them.
        numbers: (n,) those chosen.
    """

    def __init__(self, source: Source, numbers: np.ndarray):
        self.source, self.numbers = source, np.asarray(numbers, np.int64)
        self.labels, self.shape = source.labels[self.numbers], source.shape

    def __len__(self) -> int:
        return len(self.numbers)

    def read(self, numbers) -> np.ndarray:
        """uint8 (n, H, W, C)."""
        return self.source.read(self.numbers[np.asarray(numbers, np.int64)])


def file_shape(files: Sequence[str | Path], geometry: dict | None) -> tuple[int, int, int]:
    """(H, W, 3) of images in files: what the geometry says, or the first file's size."""
    size = shaping.size_of(geometry) if geometry else None
    return (*(size or pictures.read(files[0], geometry).shape[:2]), 3)


def batches(count: int, shape, most_bytes: int = 16 * 1024 * 1024) -> list[range]:
    """Numbers 0 to count - 1 in ranges whose uint8 images take at most so many bytes, one image at least."""
    each = max(1, most_bytes // int(np.prod(shape)))
    return [range(first, min(first + each, count)) for first in range(0, count, each)]
