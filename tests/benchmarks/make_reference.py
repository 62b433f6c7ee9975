"""Exact orderings of real CIFAR-10 images, the yardstick of the cheaper searches.

    python tests/benchmarks/make_reference.py resnet20.pt cifar10.npz --images 12

The weights: a state dict of the CIFAR ResNet20 that takes RGB in 0..1 normalised by ImageNet's mean and std. The
images: an .npz whose `test_x` (N, 32, 32, 3) uint8 and `test_y` are CIFAR-10 test images, bit-exact, in official
order. Some minutes an image on two cores; a killed run goes on where it was.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

import numpy as np
import torch

from overinterp import job
from overinterp.artifacts.files import sha256
from overinterp.artifacts.orderings import load_orderings, save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.classifier import Normalised, compiled, fold, freeze
from overinterp.data.source import ArraySource
from overinterp.plan.lists import ARCHITECTURES, find
from overinterp.search.images import search_images
from overinterp.search.stages import preset

OF = "resnet20"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GROUP = 4  # images in lock-step
HERE = Path(__file__).parent
OUT = HERE / f"reference/exact-{OF}.npz"


def brought(weights: str | Path, architecture: str = OF) -> torch.nn.Module:
    """A network of CIFAR-10 trained by others, ready for search: that of the reference, or one of its kin."""
    network = find(ARCHITECTURES[architecture])()
    network.load_state_dict(torch.load(weights, weights_only=True))
    network = fold(freeze(network), torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    return freeze(Normalised(network, MEAN, STD, (3, 32, 32))).to(memory_format=torch.channels_last)


def main(weights: str, images: str, count: int, out: Path = OUT) -> None:
    """Search, group by group, and write them as one file."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logger = logging.getLogger("reference")
    classifier = compiled(brought(weights))
    with np.load(images) as file:
        x, y = file["test_x"][:count], file["test_y"][:count].astype(np.int64)
    settings = {"method": "exact", "pixels_per_step": 1, "objective": "log_odds", "target": "predicted", "batch_size": 128}
    shards = []
    for start in range(0, count, GROUP):
        rows = np.arange(start, min(start + GROUP, count))
        shards.append(out.parent / f"{out.stem}-{rows[0]}-{rows[-1]}.npz")
        if shards[-1].is_file():
            continue
        snapshot = Snapshot(out.parent, {"weights": sha256(weights), "file": sha256(images), "rows": rows.tolist()})
        progress = job.Progress(logger, len(rows) * preset("exact", 1024).forwards(1024), "forward passes")
        began = time.monotonic()

        def on_step(standing, progress=progress, snapshot=snapshot):
            progress.at(standing.forwards)
            snapshot.offer(standing.state)

        ordering = search_images(classifier, ArraySource(x, y), rows, MEAN, settings, state=snapshot.load(), on_step=on_step)
        save_shard(shards[-1], ordering)
        snapshot.remove()
        logger.info("images %s: %.0f s", rows.tolist(), time.monotonic() - began)
    save_shard(out, load_orderings(shards))
    for shard in shards:
        shard.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights")
    parser.add_argument("file")
    parser.add_argument("--images", dest="count", type=int, default=12)
    arguments = parser.parse_args()
    job.keep_memory()
    main(arguments.weights, arguments.file, arguments.count)
