"""Whether bfloat16 picks the pixels that float32 does, by teacher forcing, and what it does to sizes.

    python tests/benchmarks/agreement.py resnet20.pt cifar10.npz

Along the exact reference's own path (see make_reference.py, also for the two files), at steps spread over it: bfloat16
tries all candidates, the best 32 and what ties with the last of them are tried again in float32, and the best of those is
compared with float32's pick.
Prints the numbers of docs/METHODS.md.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from frontier import compare, search
from make_reference import MEAN, OUT, brought

from overinterp import job
from overinterp.artifacts.orderings import load_orderings
from overinterp.classifier import BFloat16, compiled
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.engine import RESCORED, not_worse
from overinterp.search.scoring import candidate_scores
from overinterp.search.stages import preset

STEPS = 16  # a path


def main(weights: str, file: str) -> None:
    """Compare pick by pick, then sizes of refined searches."""
    reference = load_orderings([OUT])
    with np.load(file) as data:
        images, labels = data["test_x"][reference.index], data["test_y"][reference.index].astype(np.int64)
    x, blank = to_float(images, "cpu").flatten(2), blank_tensor(MEAN, "cpu").reshape(1, 3, 1)
    network = brought(weights)
    full, quick = compiled(network), compiled(BFloat16(network, "cpu"))
    target, n = torch.from_numpy(reference.target), len(images)
    same, gaps = [], []
    for removed in np.linspace(0, 1024, STEPS, endpoint=False).astype(int):
        gone = torch.from_numpy(~reference.kept_after(np.full(n, removed)).reshape(n, -1))
        counts = torch.full((n,), 1024 - removed)

        def scores(classifier, gone=gone, counts=counts):
            total = int(counts.sum())
            return candidate_scores(classifier, x, gone, ~gone, counts, total, target, blank, (32, 32), "log_odds", 128)[1:]

        exact, noise = scores(full)
        again, _ = not_worse(scores(quick)[0], RESCORED)
        gap = exact.amax(1) - torch.where(again, exact, -torch.inf).amax(1)
        allowed = noise.gather(1, exact.argmax(1, keepdim=True))[:, 0]
        same += (gap <= allowed).tolist()
        gaps += gap.tolist()
    print(f"bfloat16, the best {RESCORED} again in float32: float32's pick, or within its noise of it, at {np.mean(same):.1%} of")
    print(f"{len(same)} steps of {n} images; gap in log-odds: mean {np.mean(gaps):.4f}, largest {max(gaps):.3f}")
    plain = search(full, images, labels, preset("refined", 1024))
    mixed = search(full, images, labels, preset("refined", 1024), quick=quick)
    for threshold in (0.9, 0.99):
        print("refined with bfloat16 against refined without:", compare(plain, mixed, threshold))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights")
    parser.add_argument("file")
    job.keep_memory()
    main(**vars(parser.parse_args()))
