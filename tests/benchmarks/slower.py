"""Whether the sizes that `refined` found are the network's or the search's: two slower searches of the same images.

    python tests/benchmarks/slower.py results/cifar10_gpu resnet20-full-2 [images [images one by one]]

Of the first 24 test images of a finished study (its `refined` orderings) of which the network is 99 % sure: `ranked`, which
goes forwards. Of the first 6: one by one from 512 pixels down, without slopes, 131,328 passes an image, a quarter of an hour of
a core. Prints the sizes at 0.99 of both beside those of `refined`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from overinterp import classifier, job, sis
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.engine import Search
from overinterp.search.ordering import Ordering
from overinterp.search.stages import Schedule, Stage, preset

SURE, FROM = 0.99, 512


def main(results: Path, model: str, images: int = 24, one_by_one: int = 6) -> None:
    """Search again and compare."""
    info = load_data_info(results / "data/data.json")
    source, network = open_split(results / "data/test.csv", info), classifier.load(results / "models" / model, "cpu")
    found = load_orderings(sorted((results / f"orderings/{model}/refined/test").glob("*.npz")))
    found = found.select(found.index[1 / (1 + np.exp(-found.log_odds[:, 0])) >= SURE][:images])
    slow = Schedule((Stage(FROM, "gradient", 8), Stage(0, "all", 1)))
    for name, schedule, count in (
        ("ranked", preset("ranked", found.pixels), images),
        (f"one by one from {FROM}", slow, one_by_one),
    ):
        first = found.select(found.index[:count])
        pixels, target = to_float(source.read(first.index), "cpu"), torch.from_numpy(first.target)
        run = Search(network, pixels, target, blank_tensor(info["blank"], "cpu"), schedule).run()
        known = {"target": first.target, "label": first.label, "predicted": first.predicted, "index": first.index}
        ours = sis.find_sis(Ordering(**run, **known, height=first.height, width=first.width), SURE).size
        refined = sis.find_sis(first, SURE).size
        print(f"{name}: {ours.mean():.1f} pixels on {len(first)} images, refined {refined.mean():.1f}, ", end="")
        print(f"the smaller of both {np.minimum(ours, refined).mean():.1f}", flush=True)


if __name__ == "__main__":
    job.keep_memory()
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
