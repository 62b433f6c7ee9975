"""Kept pixels of all images of a split, packed: their values and a mask of one bit a pixel, mapped from files.

Of 10 % of 299x299 pixels that is 38 KB an image, 49 GB for 1.28 million, and nothing needs decoding any more. A pack is a cache:
made where it is missing; it may be deleted at any time between jobs.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from overinterp.artifacts.files import naming_a_full_disk, reserve
from overinterp.data.source import Source, batches
from overinterp.views.masks import Masks


class Packed:
    """A pack on disk.

    Args:
        folder: Where `pack` wrote it.
        shape: (H, W, C) of the images.
    """

    def __init__(self, folder: Path, shape):
        self.shape = tuple(shape)
        self.values = np.load(folder / "values.npy", mmap_mode="r")
        self.bits = np.load(folder / "bits.npy", mmap_mode="r")

    def read(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values uint8 (n, k, C) of the kept pixels, row-major, and bits uint8 (n, ceil(P / 8)) of images with these numbers."""
        return self.values[numbers], self.bits[numbers]

    def unpack(self, values: np.ndarray, bits: np.ndarray, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
        """Images float32 (n, C, H, W) in [0, 1], zero where nothing is kept, and bool (n, 1, H, W), True where it is."""
        height, width, channels = self.shape
        packed = torch.from_numpy(bits).to(device)
        places = torch.arange(7, -1, -1, device=device, dtype=torch.uint8)
        kept = ((packed[:, :, None] >> places) & 1).bool().flatten(1)[:, : height * width]
        images = torch.zeros((len(bits), height * width, channels), dtype=torch.uint8, device=device)
        images[kept] = torch.from_numpy(values).to(device).flatten(0, 1)
        images = images.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
        return images.to(torch.float32) / 255, kept.reshape(-1, 1, height, width)


def pack(folder: Path, source: Source, masks: Masks, on_image: Callable[[int], None] = lambda done: None) -> Packed:
    """The pack in ``folder``; made first where it is not there, by one job at a time.

    Args:
        folder: Its own, under ``.work``.
        source: The images; each is read once, by as many threads as torch has.
        masks: Of as many pixels of each, ``masks.count``.
        on_image: Called with the number of images done.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)  # of a job that was killed
            part.mkdir()
            try:
                with naming_a_full_disk(folder):
                    _write(part, source, masks, on_image)
                part.rename(folder)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    return Packed(folder, source.shape)


def _write(folder: Path, source: Source, masks: Masks, on_image) -> None:
    height, width, channels = source.shape
    shapes = {"values": (len(source), masks.count, channels), "bits": (len(source), -(-height * width // 8))}
    values, bits = (np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, shape) for name, shape in shapes.items())
    for name in shapes:
        reserve(folder / f"{name}.npy")

    def fill(rows: range) -> int:
        kept = masks(np.arange(rows.start, rows.stop)).reshape(len(rows), -1)
        values[rows.start : rows.stop] = source.read(rows).reshape(len(rows), -1, channels)[kept].reshape(len(rows), -1, channels)
        bits[rows.start : rows.stop] = np.packbits(kept, axis=1)
        return rows.stop

    first, *others = batches(len(source), source.shape)
    on_image(fill(first))  # alone: the first to ask for masks of a search reads them all
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for done in pool.map(fill, others):
            on_image(done)
    values.flush()
    bits.flush()
