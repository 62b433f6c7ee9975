"""How much of the published picture is tie-breaking: exact search by probability against exact search by log-odds.

    python tests/benchmarks/ties.py resnet20.pt cifar10.npz

Reads tests/benchmarks/reference/exact-resnet20.npz (see make_reference.py, also for the two files). Writes
reference/exact-resnet20-probability.npz and docs/images/ties.png, and prints the numbers of docs/METHODS.md.
"""

from __future__ import annotations

import argparse
import logging

import numpy as np
import torch
from make_reference import MEAN, OUT, brought

from overinterp import job, sis
from overinterp.artifacts.orderings import load_orderings, save_shard
from overinterp.classifier import compiled
from overinterp.figures.style import COLOURS, new_figure
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.ordering import Ordering
from overinterp.search.scoring import candidate_scores

PROBE = 32  # candidates tried first
FRACTION = 0.05
PROBABILITY = OUT.with_name("exact-resnet20-probability.npz")


def exact_by_probability(classifier, images, target, blank, batch_size=128, on_step=lambda removed: None) -> dict:
    """Exact search by probability, the same picks as the engine's, without trying what cannot matter.

    No probability exceeds 1, and ties go to the lower row-major number: once two candidates in row-major order give
    exactly 1, the first of them is the pick, it is a tie, and the other candidates need no forward pass.

    Args:
        classifier: Frozen, from images (B, C, H, W) to logits.
        images: float32 (n, C, P).
        target: (n,).
        blank: (1, C, 1).
        batch_size: Rows of a forward pass.
        on_step: Called with the pixels removed so far.

    Returns:
        order (n, P), log_odds (n, P + 1) after each removal (NaN in column 0), ties (n,).
    """
    n, _, pixels = images.shape
    side = int(pixels**0.5)
    gone = torch.zeros(n, pixels, dtype=torch.bool)
    order, ties = torch.zeros(n, pixels, dtype=torch.int64), torch.zeros(n, dtype=torch.int64)
    values = torch.full((n, pixels + 1), torch.nan)

    def scores(rows, tried):
        counts = tried.sum(1)
        return candidate_scores(
            classifier,
            images[rows],
            gone[rows],
            tried,
            counts,
            int(counts.sum()),
            target[rows],
            blank,
            (side, side),
            "probability",
            batch_size,
        )[:2]

    for step in range(pixels):
        first = ~gone & ((~gone).cumsum(1) <= PROBE)
        odds, found = scores(torch.arange(n), first)
        undecided = torch.nonzero((found == 1).sum(1) < 2)[:, 0]
        if len(undecided) and pixels - step > PROBE:
            rest_odds, rest = scores(undecided, ~gone[undecided] & ~first[undecided])
            found[undecided], odds[undecided] = torch.maximum(found[undecided], rest), torch.maximum(odds[undecided], rest_odds)
        best = found.max(1).values
        picked = (found == best[:, None]).int().argmax(1)  # the first of the best
        ties += (found == best[:, None]).sum(1) > 1
        row = torch.arange(n)
        order[:, step], values[:, step + 1] = picked, odds[row, picked]
        gone[row, picked] = True
        on_step(step + 1)
    return {"order": order.numpy(), "log_odds": values.numpy(), "ties": ties.numpy()}


def rows_kept(ordering: Ordering) -> np.ndarray:
    """Share of the kept pixels that lies in each row of the image, (H,)."""
    kept = ordering.kept_fraction(FRACTION)
    return kept.sum((0, 2)) / kept.sum()


def draw(log_odds: Ordering, probability: Ordering):
    """Kept pixels by image row, and sizes of subsets image by image."""
    figure, axes = new_figure(5.5, 1, 2)
    rows = np.arange(log_odds.height)
    for ordering, name, colour, style in (
        (log_odds, "log-odds", COLOURS[0], "-"),
        (probability, "probability", COLOURS[1], "--"),
    ):
        axes[0].step(rows, rows_kept(ordering) * log_odds.height, style, color=colour, where="mid", label=name)
    axes[0].axhline(1, color="0.5", linewidth=0.8, zorder=0)
    axes[0].set(xlabel="row of the image, from the top", ylabel="kept pixels, relative to uniform", ylim=(0, None))
    axes[0].legend(title="ranked by")
    for threshold, marker, colour in ((0.9, "o", COLOURS[2]), (0.99, "^", COLOURS[3])):
        a, b = sis.find_sis(log_odds, threshold), sis.find_sis(probability, threshold)
        both = (a.status == sis.FOUND) & (b.status == sis.FOUND)
        axes[1].plot(
            a.size[both],
            b.size[both],
            marker,
            color=colour,
            markersize=3.5,
            alpha=0.7,
            markeredgewidth=0,
            label=f"confidence {threshold:g}",
        )
    limits = (0.8, 1.15 * max(axes[1].get_xlim()[1], axes[1].get_ylim()[1]))
    axes[1].plot(limits, limits, color="0.5", linewidth=0.8, zorder=0)
    axes[1].set(xscale="log", yscale="log", xlim=limits, ylim=limits, aspect="equal")
    axes[1].set(xlabel="size by log-odds (pixels)\n(line: as large by both)", ylabel="size by probability (pixels)")
    ticks = [1, 3, 10, 30, 100]
    axes[1].set_xticks(ticks, ticks)
    axes[1].set_yticks(ticks, ticks)
    axes[1].minorticks_off()
    axes[1].legend(loc="upper left", borderaxespad=0, handletextpad=0.1)
    return figure


def main(weights: str, file: str) -> None:
    """Search by probability, compare with the reference."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    reference = load_orderings([OUT])
    with np.load(file) as data:
        images = to_float(data["test_x"][reference.index], "cpu").flatten(2)
    if not PROBABILITY.is_file():
        progress = job.Progress(logging.getLogger("ties"), images.shape[2], "steps")
        target, blank = torch.from_numpy(reference.target), blank_tensor(MEAN, "cpu").reshape(1, 3, 1)
        found = exact_by_probability(compiled(brought(weights)), images, target, blank, on_step=progress.at)
        found["log_odds"][:, 0] = reference.log_odds[:, 0]
        same = {
            name: getattr(reference, name) for name in ("removed", "target", "label", "predicted", "index", "height", "width")
        }
        near_ties = np.full(len(images), -1, np.int32)  # not counted
        order = found["order"].astype(np.uint16)
        save_shard(
            PROBABILITY, Ordering(**same, order=order, log_odds=found["log_odds"], ties=found["ties"], near_ties=near_ties)
        )
    probability = load_orderings([PROBABILITY])
    for name, ordering in (("log-odds", reference), ("probability", probability)):
        sizes = [sis.find_sis(ordering, threshold) for threshold in (0.9, 0.99)]
        kept = ordering.kept_fraction(FRACTION)
        print(
            f"{name}: {ordering.ties.mean() / ordering.pixels:.1%} of steps tied; mean size",
            [f"{found.size[found.status == sis.FOUND].mean():.1f} ({(found.status == sis.FOUND).sum()})" for found in sizes],
            f"kept pixels in the lower half {kept[:, ordering.height // 2 :].sum() / kept.sum():.2f},",
            f"in the lowest four rows {kept[:, -4:].sum() / kept.sum():.2f}",
        )
    draw(reference, probability).savefig(OUT.parents[3] / "docs/images/ties.png", dpi=300, metadata={"Software": None})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights")
    parser.add_argument("file")
    job.keep_memory()
    main(**vars(parser.parse_args()))
