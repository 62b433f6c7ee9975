"""Size of the subsets of photographs against cost of the search, for the paper's search and `ranked`, each at several costs.

    snakemake --cores 2 results/photographs/data/data.json results/photographs/models/{squeezenet,mobilenet}/check.json \\
        --configfile docs/results/photographs/config.yaml
    python tests/benchmarks/frontier_photographs.py results/photographs docs/results/photographs 282 8

From image 282 on (those before were searched otherwise), the first 8 test images of which every classifier of the study is 90 %
sure. Towards the predicted class; sizes at 0.9. Writes frontier.csv, a line an image and schedule, and frontier.png; what is in
frontier.csv already is not searched again.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from overinterp import classifier, job, sis
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.data.source import Source
from overinterp.figures.style import COLOURS, new_figure
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.engine import Search
from overinterp.search.ordering import Ordering
from overinterp.search.stages import Ranking, Schedule, Stage, preset
from overinterp.statistics import interval

THRESHOLD = 0.9


def schedules(pixels: int) -> dict[tuple[str, str], Schedule]:
    """By family and label."""

    def learnt(passes: int, sweeps: int, share: float) -> Schedule:
        return Schedule((Stage(0, "ranking", 1, share=share),), Ranking(passes, sweeps, max(8, pixels // 500)))

    return {
        ("gradient", "1,000 a step"): preset("gradient", pixels, 1000),
        ("gradient", "300 a step"): preset("gradient", pixels, 300),
        ("gradient", "100 a step, the paper's"): preset("gradient", pixels, 100),
        ("ranked", "25 slopes, one sweep, 5 % a step"): learnt(25, 1, 0.05),
        ("ranked", "100 slopes, 4 sweeps, 5 % a step"): learnt(100, 4, 0.05),
        ("ranked", "200 slopes, 8 sweeps, 2 % a step: `ranked`"): preset("ranked", pixels),
        ("ranked", "400 slopes, 16 sweeps, 2 % a step"): learnt(400, 16, 0.02),
    }


class Chosen(NamedTuple):
    """Classifiers of a study, on the CPU, and photographs that all are sure of, with their numbers and the blank."""

    networks: dict[str, torch.nn.Module]
    source: Source
    numbers: np.ndarray
    images: torch.Tensor
    blank: torch.Tensor


def chosen(results: Path, first: int, count: int) -> Chosen:
    """The first so many images from ``first`` on.

    Raises:
        ValueError: The study's classifiers are not there, or there are fewer such images.
    """
    folders = [path.parent for path in sorted((results / "models").glob("*/check.json"))]
    if not folders:
        raise ValueError(f"{results}: found no checked classifiers, expected what this script's first command makes")
    info, networks = load_data_info(results / "data/data.json"), {path.name: classifier.load(path) for path in folders}
    source = open_split(results / "data/test.csv", info)
    numbers = np.array(sure_images(networks, source, first, count))
    return Chosen(networks, source, numbers, to_float(source.read(numbers), "cpu"), blank_tensor(info["blank"], "cpu"))


def searched(network, images: torch.Tensor, blank: torch.Tensor, schedule: Schedule, batch_size: int | None = None) -> Ordering:
    """A search towards the predicted class."""
    search = Search(network, images, None, blank, schedule, batch_size=batch_size)
    search.target = search.classify(images.flatten(2)).argmax(1)
    target, (height, width) = search.target.cpu().numpy(), images.shape[2:]
    known = {"target": target, "label": target, "predicted": target, "index": np.arange(len(images))}
    return Ordering(**search.run(), **known, height=height, width=width)


def sizes(*given) -> np.ndarray:
    """Of each image's subset at `THRESHOLD`, of a search as `searched`."""
    return sis.find_sis(searched(*given), THRESHOLD).size


def sure_images(networks: dict, source, first: int, count: int) -> list[int]:
    """Numbers of the first so many images that all networks are sure of."""
    found = []
    for number in range(first, len(source)):
        image = to_float(source.read(np.array([number])), "cpu")
        with torch.no_grad():
            confidences = [network(image).softmax(1).max() for network in networks.values()]
        if min(confidences) >= THRESHOLD:
            found.append(number)
        if len(found) == count:
            return found
    raise ValueError(f"found {len(found)} images from {first} on that all are sure of, expected {count}")


def draw(table: pd.DataFrame):
    """Geometric mean of the sizes with 95 % intervals over images, against forward passes, a panel a classifier."""
    models = table.model.unique()
    figure, axes = new_figure(6.5, 1, len(models), sharey=True, squeeze=False)
    for axis, model in zip(axes[0], models, strict=True):
        rows = table[table.model == model]
        for colour, marker, (family, part) in zip(COLOURS, "os", rows.groupby("family", sort=False), strict=False):
            means = part.groupby("forwards").pixels.apply(lambda found: np.exp(interval(np.log(found.to_numpy()))))
            middle, low, high = np.array(means.tolist()).T
            axis.errorbar(
                means.index, middle, yerr=[middle - low, high - middle], color=colour, marker=marker, markersize=3.5,
                linewidth=0.8, capsize=2, label=family,
            )  # fmt: skip
        named = rows[rows.schedule.str.contains("paper's|`ranked`")].groupby("forwards").pixels
        means = np.exp(named.apply(lambda found: np.log(found).mean()))
        axis.plot(means.index, means, "o", markersize=8, markerfacecolor="none", color="0.3", markeredgewidth=0.7)
        axis.set(xscale="log", yscale="log", title=f"{model}, {rows.image.nunique()} images")
        axis.set_xticks([100, 300, 1000], ["100", "300", "1,000"])
        axis.minorticks_off()
    axes[0, 0].set_ylabel("pixels at 0.9, of 50,176")
    axes[0, 0].set_yticks([100, 1000, 10000], ["100", "1,000", "10,000"])
    figure.supxlabel(
        "forward passes an image (log scales); bars: 95 %\nrings: the paper's search, and ranked as it is used", fontsize=7
    )
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def main(results: Path, out: Path, first: int, count: int) -> None:
    """Search with every schedule, and draw."""
    networks, _, numbers, images, blank = chosen(results, first, count)
    file, pixels = out / "frontier.csv", images[0, 0].numel()
    table = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=["model", "family", "schedule"])
    for model, network in networks.items():
        for (family, label), schedule in schedules(pixels).items():
            if ((table.model == model) & (table.schedule == label)).any():
                continue
            began = time.process_time()
            found = sizes(network, images, blank, schedule)
            shared = {"model": model, "family": family, "schedule": label, "forwards": schedule.forwards(pixels)}
            shared["seconds"] = round((time.process_time() - began) / count, 1)
            rows = pd.DataFrame([{**shared, "image": image, "pixels": size} for image, size in zip(numbers, found, strict=True)])
            table = pd.concat([table, rows], ignore_index=True) if len(table) else rows
            table.to_csv(file, index=False)
            mean, low, high = np.exp(interval(np.log(found)))
            print(
                f"{model} {family}, {label}: {shared['forwards']:,} passes, {mean:,.0f} ({low:,.0f} to {high:,.0f})", flush=True
            )
    draw(table).savefig(out / "frontier.png", dpi=300, metadata={"Software": None})


def arguments(description: str) -> argparse.ArgumentParser:
    """For the arguments of `main`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in (("results", Path), ("out", Path), ("first", int), ("count", int)):
        parser.add_argument(name, type=kind)
    return parser


if __name__ == "__main__":
    job.keep_memory()
    main(**vars(arguments(__doc__).parse_args()))
