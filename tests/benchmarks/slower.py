"""Whether the sizes that `refined` found are the network's or the search's: the same images by a search four times as dear.

    python tests/benchmarks/slower.py results/cifar10_remedies resnet20-input_dropout-2 [number ...]

Of these test images of a finished study (its `refined` orderings), or of the first 6 of which the network is 99 % sure: by scores
to twice as many pixels as `refined`, 512 of 1,024; from there every one tried, 2 % of them removed a step until it would begin,
then one; 47,070 passes each, a minute of a core. Prints the sizes at 0.9 and 0.99 of both.
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

SURE = 0.99


def main(results: Path, model: str, numbers: list[int]) -> None:
    """Search again and compare."""
    info = load_data_info(results / "data/data.json")
    source, network = open_split(results / "data/test.csv", info), classifier.load(results / "models" / model, "cpu")
    found = load_orderings(sorted((results / f"orderings/{model}/refined/test").glob("*.npz")))
    sure = found.index[1 / (1 + np.exp(-found.log_odds[:, 0])) >= SURE]
    found = found.select(np.array(numbers) if numbers else sure[:6])
    refined = preset("refined", found.pixels)
    many = refined.stages[0].until
    stages = (Stage(2 * many, "ranking", 1, share=0.02), Stage(many, "all", 1, share=0.02), Stage(0, "all", 1))
    schedule = Schedule(stages, refined.ranking)
    pixels, target = to_float(source.read(found.index), "cpu"), torch.from_numpy(found.target)
    run = Search(network, pixels, target, blank_tensor(info["blank"], "cpu"), schedule).run()
    known = {"target": found.target, "label": found.label, "predicted": found.predicted, "index": found.index}
    dearer = Ordering(**run, **known, height=found.height, width=found.width)
    for threshold in (0.9, SURE):
        before, after = (sis.find_sis(ordering, threshold).size for ordering in (found, dearer))
        print(f"{model}, at {threshold}, {len(found)} images: {after.mean():.1f} pixels, refined {before.mean():.1f}")


if __name__ == "__main__":
    job.keep_memory()
    main(Path(sys.argv[1]), sys.argv[2], [int(number) for number in sys.argv[3:]])
