"""Size of the subsets against cost, for many schedules, on the images of the exact reference.

    python tests/benchmarks/frontier.py resnet20.pt cifar10.npz

Reads tests/benchmarks/reference/exact-resnet20.npz (see make_reference.py, also for the two files). Writes
reference/frontier.csv and docs/images/frontier.png.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from make_reference import HERE, MEAN, OUT, brought

from overinterp import job, sis
from overinterp.artifacts.orderings import load_orderings
from overinterp.classifier import compiled
from overinterp.figures.style import COLOURS, new_figure
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.engine import Search
from overinterp.search.ordering import Ordering
from overinterp.search.stages import Schedule, Stage, preset
from overinterp.statistics import interval

EXACT = Stage(0, "all", 1)
THRESHOLDS = (0.9, 0.99)
LEARNT = preset("ranked", 1024).ranking


def by_scores_to(remaining: int) -> tuple[Stage, ...]:
    """By the scores of `ranked` down to so many pixels, then exactly."""
    return Stage(remaining, "ranking", 1, share=0.02), EXACT


def all_tried(share: float) -> tuple[Stage, ...]:
    """By the scores down to 256 pixels, from there all tried and a share removed a step, then exactly."""
    return Stage(256, "ranking", 1, share=0.02), Stage(128, "all", 1, share=share), EXACT


SCHEDULES = {  # family, label: schedule
    ("gradient", "1 a step"): preset("gradient", 1024, 1),
    ("gradient", "8 a step (sizes are multiples of 8)"): preset("gradient", 1024, 8),
    ("gradient, then exact", "from 64"): Schedule((Stage(64, "gradient", 8), EXACT)),
    ("gradient, then exact", "from 128"): Schedule((Stage(128, "gradient", 8), EXACT)),
    ("scores", "ranked"): preset("ranked", 1024),
    ("scores, then exact", "from 64"): Schedule(by_scores_to(64), ranking=LEARNT),
    ("scores, then exact", "from 96"): Schedule(by_scores_to(96), ranking=LEARNT),
    ("scores, then exact", "from 128"): Schedule(by_scores_to(128), ranking=LEARNT),
    ("scores, then exact", "from 160"): Schedule(by_scores_to(160), ranking=LEARNT),
    ("scores, then all tried", "refined: from 256, 8 % a step to 128"): preset("refined", 1024),
    ("scores, then all tried", "from 256, 4 % a step to 128"): Schedule(all_tried(0.04), ranking=LEARNT),
}


def search(classifier, images, labels, schedule, quick=None) -> Ordering:
    """Orderings of images by one schedule, towards the predicted classes."""
    pixels = to_float(images, "cpu")
    found = Search(classifier, pixels, None, blank_tensor(MEAN, "cpu"), schedule, quick=quick)
    found.target = found.classify(pixels.flatten(2)).argmax(1)
    target = found.target.numpy()
    height, width = images.shape[1:3]
    return Ordering(
        **found.run(), target=target, label=labels, predicted=target, index=np.arange(len(images)), height=height, width=width
    )


def compare(reference: Ordering, candidate: Ordering, threshold: float) -> dict:
    """Paired sizes on the images where both searches find a subset."""
    a, b = sis.find_sis(reference, threshold), sis.find_sis(candidate, threshold)
    both = (a.status == sis.FOUND) & (b.status == sis.FOUND)
    ratios = b.size[both] / a.size[both]
    mean, low, high = interval(ratios)
    geometric = [float(np.exp(value)) for value in interval(np.log(ratios))]
    return {
        "threshold": threshold,
        "images": int(both.sum()),
        "exact_size_pixels": a.size[both].mean(),
        "size_pixels": b.size[both].mean(),
        "ratio_mean": mean,
        "ratio_low": low,
        "ratio_high": high,
        "ratio_geometric_mean": geometric[0],
        "ratio_geometric_low": geometric[1],
        "ratio_geometric_high": geometric[2],
    }


def draw(table: pd.DataFrame):
    """Mean ratio of sizes against how many times cheaper than exact, a panel a threshold."""
    figure, axes = new_figure(7.8, 1, 2, sharey=True)
    for axis, (threshold, part) in zip(axes, table.groupby("threshold"), strict=True):
        for number, (family, rows) in enumerate(part.groupby("family", sort=False)):
            errors = [rows.ratio_geometric_mean - rows.ratio_geometric_low, rows.ratio_geometric_high - rows.ratio_geometric_mean]
            axis.errorbar(
                rows.times_cheaper,
                rows.ratio_geometric_mean,
                yerr=errors,
                fmt="osD^v"[number],
                color=COLOURS[number],
                markersize=3.5,
                linewidth=0.8,
                capsize=2,
                label=family,
            )
        for row in part[part.schedule.str.startswith(("refined", "ranked"))].itertuples():
            above = (row.times_cheaper, row.ratio_geometric_high)
            name = row.schedule.split(":")[0]
            clear = (8, 7) if name == "refined" else (0, 2)  # of its neighbours
            axis.annotate(name, above, clear, textcoords="offset points", ha="center", fontsize=6.5)
        axis.axhline(1, color="0.5", linewidth=0.8, zorder=0)
        axis.set(xscale="log", yscale="log", title=f"confidence {threshold:g}")
        axis.set_yticks([0.5, 1, 2, 4, 8, 16], ["0.5", "1", "2", "4", "8", "16"])
        axis.set_xticks([30, 100, 300, 1000, 3000], ["30", "100", "300", "1000", ""])
        axis.minorticks_off()
    axes[0].set_ylabel("subset size, relative to exact search")
    figure.supxlabel("times cheaper than exact search\n(forward passes; log scales; bars: 95 %, 12 images)", fontsize=7)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def main(weights: str, file: str) -> None:
    """Search with every schedule and compare."""
    reference = load_orderings([OUT])
    with np.load(file) as data:
        images, labels = data["test_x"][reference.index], data["test_y"][reference.index].astype(np.int64)
    classifier = compiled(brought(weights))
    search(classifier, images, labels, preset("refined", 1024))  # compile, so that no schedule pays for it
    exact_cost, rows = preset("exact", 1024).forwards(1024), []
    for (family, label), schedule in SCHEDULES.items():
        began = time.monotonic()
        found = search(classifier, images, labels, schedule)
        seconds = (time.monotonic() - began) / len(images)
        cost = schedule.forwards(1024)
        for threshold in THRESHOLDS:
            described = {"family": family, "schedule": label, "forwards": cost, "times_cheaper": exact_cost / cost}
            rows.append({**described, "seconds_per_image": seconds, **compare(reference, found, threshold)})
            print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    table.to_csv(HERE / "reference/frontier.csv", index=False, float_format="%.4g")
    draw(table).savefig(HERE.parents[1] / "docs/images/frontier.png", dpi=300, metadata={"Software": None})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights")
    parser.add_argument("file")
    job.keep_memory()
    main(**vars(parser.parse_args()))
