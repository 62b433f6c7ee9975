"""Write a copy of CIFAR-10 that is kept as JPEGs in the data set's own binary format, with a note of its origin.

    python tests/benchmarks/pack_cifar.py train.npz test.npz data "CIFAR-10, JPEG q75 copy"

Each .npz holds all files of a split, one after the other, in official order: `data` (bytes), `offset` (N + 1), `label`. For
development where the official files cannot be fetched: JPEG costs accuracy, and the note stands in every table and caption.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

import itertools

import numpy as np
from PIL import Image

from overinterp.data import cifar

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def unpack(file: str) -> tuple[np.ndarray, np.ndarray]:
    """All images of a packed split."""
    with np.load(file) as packed:
        content, offset, labels = packed["data"].tobytes(), packed["offset"], packed["label"].astype(np.int64)
    pictures = [Image.open(io.BytesIO(content[a:b])).convert("RGB") for a, b in itertools.pairwise(offset)]
    return np.stack([np.asarray(picture) for picture in pictures]), labels


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("train", "test", "folder", "origin"):
        parser.add_argument(name)
    given = parser.parse_args()
    cifar.save("cifar10", given.folder, unpack(given.train), unpack(given.test), NAMES, given.origin)
