"""What a training is fed: images of a split as a view shows them, from memory, from files, or from their kept pixels packed.

A feed has ``labels`` (N,) int64, ``read(numbers)``, which fetches what is needed of some images and may run in another thread,
and ``show(found, numbers)``, which makes of it float32 (n, C, H, W) in [0, 1] on the training's device.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from overinterp.data.source import FileSource, Source
from overinterp.pixels import to_float
from overinterp.views.packed import Packed, pack
from overinterp.views.view import View

HELD_BYTES = 2**30  # a split of at most so many bytes is held on the device, as uint8


class Held:
    """All images on the device, as uint8."""

    def __init__(self, source: Source, view, device: str = "cpu"):
        self.labels, self.view, self.device = source.labels, view, device
        self.images = torch.from_numpy(source.read(range(len(source)))).to(device)

    def read(self, numbers: np.ndarray):
        """Nothing: they are there."""

    def show(self, found, numbers: np.ndarray) -> torch.Tensor:
        """The images with these numbers."""
        rows = torch.from_numpy(numbers).to(self.device)
        return self.view(to_float(self.images[rows], self.device), numbers)


class Streamed:
    """Images read anew in every epoch."""

    def __init__(self, source: Source, view, device: str = "cpu"):
        self.source, self.labels, self.view, self.device = source, source.labels, view, device

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """uint8 (n, H, W, C), decoded by as many threads as torch has."""
        threads = torch.get_num_threads()
        if threads == 1 or len(numbers) < threads:
            return self.source.read(numbers)
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(self.source.read, np.array_split(numbers, threads))))

    def show(self, found: np.ndarray, numbers: np.ndarray) -> torch.Tensor:
        """What was read, as the view shows it."""
        return self.view(to_float(found, self.device), numbers)


class Unpacked:
    """Kept pixels from a pack, put onto the blank on the device."""

    def __init__(self, packed: Packed, labels: np.ndarray, view: View, device: str = "cpu"):
        self.packed, self.labels, self.view, self.device = packed, labels, view, device

    def read(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and bits."""
        return self.packed.read(numbers)

    def show(self, found, numbers: np.ndarray) -> torch.Tensor:
        """The kept pixels as the view paints them, on its blank."""
        images, kept = self.packed.unpack(*found, self.device)
        return self.view.on_blank(images, kept, numbers)


def packs(source: Source, view) -> bool:
    """Whether a training packs what it is shown: files, more of them than are held, of each as many pixels."""
    constant = isinstance(view, View) and view.masks is not None and view.masks.count is not None
    return isinstance(source, FileSource) and _bytes(source) > HELD_BYTES and constant


def feed(source: Source, view, device: str = "cpu", folder: Path | None = None, on_image=lambda done: None):
    """The feed that suits a split: held where it fits, unpacked where `packs` says so, else streamed.

    Args:
        source: The training images.
        view: What of them is shown, from images (n, C, H, W) on ``device`` and their numbers to images.
        device: Where the training is.
        folder: Of the pack, which is made where it is missing.
        on_image: Called with the number of images packed so far.
    """
    if folder is not None and packs(source, view):
        return Unpacked(pack(folder, source, view.masks, on_image), source.labels, view, device)
    return (Held if _bytes(source) <= HELD_BYTES else Streamed)(source, view, device)


def _bytes(source: Source) -> int:
    return len(source) * math.prod(source.shape)
