"""Classifiers of three classes whose verdict is known by construction, and a study of one on disk, judged."""

import json

import numpy as np
import pandas as pd
import torch
import write_verdict
from torch import nn

from overinterp import sis
from overinterp.artifacts.images import save_array, save_boxes
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.tables import write_table
from overinterp.data.listing import Listed
from overinterp.data.source import ArraySource
from overinterp.inputs import Searched
from overinterp.perturbations import COLUMNS, Shown, perturbed
from overinterp.search.images import search_images
from tests.unit.toys import network, of

SIDE, NAMES = 8, ["ant", "bee", "cat <b>"]
LIMITS = {"any_class": 0.25, "one_place": 0.5, "border": 2}


class Corner(nn.Module):
    """Three pixels of the first row tell the class, one each."""

    def forward(self, x):
        return 8 * x[:, 0, 0, :3]


class Anything(nn.Module):
    """Every pixel speaks for one class, whatever the image shows."""

    def forward(self, x):
        speaks = torch.arange(SIDE * SIDE).reshape(SIDE, SIDE).T.reshape(-1) % 3
        return torch.stack([2 * x.flatten(1)[:, speaks == k].sum(1) for k in range(3)], 1)


class Thirds(nn.Module):
    """A class is the brightness of two columns of the interior: many pixels, each a little."""

    def forward(self, x):
        return torch.stack([1.2 * x[:, 0, 1:7, 1 + 2 * k : 3 + 2 * k].sum((1, 2)) for k in range(3)], 1)


class CornerElse(Corner):
    """Says ant, unless a pixel of the first row speaks for another class: the blank alone makes it sure of the ant."""

    def forward(self, x):
        return torch.tensor([5.0, 0, 0]) + 1.25 * super().forward(x)


class ThirdsElse(Thirds):
    """Says ant, unless columns of the interior are bright."""

    def forward(self, x):
        return torch.tensor([5.0, 0, 0]) + 1.5 * super().forward(x)


class Wider(Anything):
    """Has an output of no class, which it says instead of the last one."""

    def forward(self, x):
        logits = super().forward(x)
        return torch.cat([logits[:, :2], torch.zeros(len(x), 1), logits[:, 2:]], 1)


class Constant(nn.Module):
    """Says the same of everything."""

    def forward(self, x):
        return torch.zeros(len(x), 3) * x.sum()


def images(kind, count, seed=0):
    """uint8 (count, 8, 8, 1) and labels such that the classifier of this kind is right."""
    rng, labels = np.random.default_rng(seed), np.arange(count) % 3
    pixels = rng.uniform(0, 0.1, (count, SIDE, SIDE))
    for row, label in enumerate(labels):
        if issubclass(kind, Corner):
            pixels[row, 0, :3] = 0
            pixels[row, 0, label] = 1
        if issubclass(kind, Anything):
            pixels[row] = rng.uniform(0, 0.6, (SIDE, SIDE))
            speaks = np.arange(SIDE * SIDE).reshape(SIDE, SIDE).T % 3
            pixels[row][speaks == label] += 0.4
        if issubclass(kind, Thirds):
            pixels[row, 1:7, 1 + 2 * label : 3 + 2 * label] = rng.uniform(0.3, 0.9, (6, 2))
    return (255 * pixels[..., None]).astype(np.uint8), labels


def verdict(folder, kind, count=60, threshold=0.9, other=True, null=None, seed=0, boxes=None):
    """Judge a toy, with this box in every image; the JSON. ``verdict.html`` and ``tables/verdict_images.csv`` lie beside it."""
    pictures, labels = images(kind, count, seed)
    source = ArraySource(pictures, labels)
    (folder / "data").mkdir(parents=True)
    save_array(folder / "data" / "test.csv", [pictures], count, labels)
    if boxes:
        save_boxes(folder / "data" / "boxes.csv", [Listed("", 0, "", SIDE, SIDE)] * count, [[tuple(boxes)]] * count)
    info = {"shape": [SIDE, SIDE, 1], "geometry": None, "blank": [0.0], "mean": [0.5], "std": [0.5], "class_names": NAMES}
    (folder / "data" / "data.json").write_text(json.dumps(info | {"sha256": {}, "origin": "made for a test"}))
    own, others, subsets, accuracy = [], [], {}, {}
    for row, classifier in ((network(), kind()), *([(network("shuffled", labels="shuffled"), null())] if null else [])):
        model = row["model"]
        for target, found in (("predicted", own), ("other", others)) if other else (("predicted", own),):
            settings = {"method": "exact", "pixels_per_step": 1, "objective": "log_odds", "target": target}
            ordering = search_images(classifier, source, range(count), [0.0], settings)
            path = folder / "orderings" / model / f"{target}.npz"
            save_shard(path, ordering)
            found.append(Searched(of(row, target) | {"target": target}, [path]))
            if target == "predicted":
                (parts := folder / "parts" / "subsets").mkdir(parents=True, exist_ok=True)
                there = sis.find_sis(ordering, threshold)
                usable = ordering.take(np.flatnonzero((there.status == sis.FOUND) & there.full_at_threshold))
                rows = pd.DataFrame(columns=COLUMNS)
                if len(usable):
                    shown = Shown(classifier, source, usable.index, usable.target, [0.0], 0, "cpu")
                    rows = perturbed(shown, usable, threshold)
                write_table(parts / f"{model}.csv", rows)
                subsets[model] = parts / f"{model}.csv"
                right = float((ordering.predicted == labels).mean())
        accuracy[model] = folder / f"{model}.csv"
        write_table(accuracy[model], pd.DataFrame([{"split": "test", "test_mask": "all", "accuracy": right, "images": count}]))
    settings = {
        "study": "toy", "tables": ["accuracy", "sis_size"], "model": network()["model"],
        "null": network("shuffled")["model"] if null else None,
        "threshold": threshold, "search": "predicted", "method": "exact", "step": 1, "small": 0.1, "limits": LIMITS,
    }  # fmt: skip
    write_verdict.main(
        folder / "data" / "test.csv", folder / "data" / "boxes.csv" if boxes else None, folder / "data" / "data.json",
        None, [], own, others, subsets, accuracy, settings,
        folder / "verdict.html", folder / "verdict.json", folder / "tables" / "verdict_images.csv",
        folder / "verdict_classes",
    )  # fmt: skip
    return json.loads((folder / "verdict.json").read_text())
