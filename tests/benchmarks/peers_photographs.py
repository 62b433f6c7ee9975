"""Beside what others use, on photographs: `peers.py` at 224x224, where single pixels are too many for most of it.

    pip install -r requirements-peers.txt        # for this script alone
    python tests/benchmarks/peers_photographs.py results/photographs squeezenet docs/results/peers 282 6

The images of `frontier_photographs.py` (see there for what has to be made first), one network, threshold 0.9. Delta debugging
works on 1,024 cells of 7x7 pixels; rankings by integrated gradients, by occlusion (16x16, 8 apart) and at random are cut at the
first of `ranked`'s sizes that suffices, from the smallest on. Every mask is scored again. Writes photographs.csv and
photographs.png, and prints the table of docs/METHODS.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from captum.attr import IntegratedGradients, Occlusion
from frontier_photographs import THRESHOLD, chosen
from peers import STEPS, Counted, ddmin, draw

from overinterp import job, sis
from overinterp.artifacts.tables import write_table
from overinterp.search.images import search_images
from overinterp.search.stages import preset

CELL, ROWS = 7, 16
NAMES = {
    "ranked": "ranked (ours)",
    "gradient": "gradient, 100 a step (the paper's)",
    "ddmin": "delta debugging, cells of 7x7",
    "integrated_gradients": "integrated gradients",
    "occlusion": "occlusion",
    "random": "random order",
}


def sizes_of_ranked(pixels: int) -> list[int]:
    """Rising: what remains at each step of `ranked`."""
    found, stage = [pixels], preset("ranked", pixels).stages[0]
    while found[-1] > 1:
        found.append(found[-1] - stage.step(found[-1]))
    return found[::-1]


def main(results: Path, model: str, folder: Path, first: int, count: int) -> None:
    """Compare, write and print."""
    networks, source, numbers, x, blank = chosen(results, first, count)
    network = Counted(networks[model])
    height, width = x.shape[2:]
    pixels, rows = height * width, []
    with torch.no_grad():
        target = network(x).argmax(1)

    def confidence(image: int, masks: np.ndarray) -> np.ndarray:
        kept = torch.from_numpy(masks).reshape(-1, 1, height, width)
        with torch.no_grad():
            shown = torch.where(kept, x[image], blank).split(ROWS)
            return torch.cat([network(part).double().softmax(1)[:, target[image]] for part in shown]).numpy()

    def tell(method: str, image: int, mask: np.ndarray | None, passes: float) -> None:
        row = {"method": method, "image": int(numbers[image]), "threshold": THRESHOLD, "passes": passes}
        size, again = (np.nan, np.nan) if mask is None else (int(mask.sum()), confidence(image, mask[None])[0])
        rows.append(row | {"size_pixels": size, "confidence": again})

    for method, step in (("gradient", 100), ("ranked", 1)):
        settings = {"method": method, "pixels_per_step": step, "objective": "log_odds", "target": "predicted"}
        found = search_images(network, source, numbers, blank.flatten().tolist(), settings)
        masks = sis.masks(found, sis.find_sis(found, THRESHOLD)).reshape(count, pixels)
        for image in range(count):
            tell(method, image, masks[image], preset(method, pixels, step).forwards(pixels))
        print(method, flush=True)
    rng = np.random.default_rng(0)
    for image in range(count):
        one, aim, rankings = x[image : image + 1], int(target[image]), {}
        base = blank.expand_as(one).contiguous()
        network.passes = 0
        options = {"target": aim, "n_steps": STEPS, "internal_batch_size": 10}
        slopes = IntegratedGradients(network).attribute(one.clone().requires_grad_(), base, **options)
        rankings["integrated_gradients"] = slopes.detach().sum((0, 1)).flatten(), network.passes
        network.passes = 0
        with torch.no_grad():
            change = Occlusion(network).attribute(one, (3, 16, 16), (3, 8, 8), base, target=aim, perturbations_per_eval=ROWS)
        rankings["occlusion"] = change.sum((0, 1)).flatten(), network.passes
        rankings["random"] = torch.from_numpy(rng.random(pixels)), 0

        def of_cells(cells: np.ndarray) -> np.ndarray:
            return cells.reshape(-1, height // CELL, width // CELL).repeat(CELL, 1).repeat(CELL, 2).reshape(len(cells), pixels)

        network.passes = 0
        kept = ddmin(lambda cells, image=image: confidence(image, of_cells(cells)) >= THRESHOLD, np.arange(pixels // CELL**2))
        tell("ddmin", image, of_cells(kept[None])[0], network.passes)
        for name, (scores, spent) in rankings.items():
            network.passes = 0
            place = np.empty(pixels, np.int64)
            place[scores.numpy().argsort(kind="stable")[::-1]] = np.arange(pixels)
            prefixes = (place < size for size in sizes_of_ranked(pixels))
            mask = next((shown for shown in prefixes if confidence(image, shown[None])[0] >= THRESHOLD), None)
            tell(name, image, mask, spent + network.passes)
        print(f"image {numbers[image]}", flush=True)
    table = pd.DataFrame(rows)
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "photographs.csv", table)
    print(summary(table))
    draw(table, NAMES, ("ranked", "gradient"), pixels).savefig(folder / "photographs.png", dpi=300, metadata={"Software": None})


def _means(table: pd.DataFrame) -> pd.Series:
    return np.exp(np.log(table.size_pixels).groupby(table.method).mean())


def summary(table: pd.DataFrame) -> str:
    """The table of the docs."""
    lines = ["| method | passes an image | pixels at 0.9: geometric mean (range) |", "| --- " * 3 + "|"]
    for method in _means(table).sort_values().index:
        at = table[table.method == method]
        sizes = f"{_means(at).iloc[0]:,.0f} ({at.size_pixels.min():,.0f} to {at.size_pixels.max():,.0f})"
        lines.append(f"| {NAMES[method]} | {at.passes.mean():,.0f} | {sizes} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    job.keep_memory()
    main(**vars(parser.parse_args()))
