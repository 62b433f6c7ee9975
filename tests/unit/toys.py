"""Searches and classifiers made up for tests: rows that describe them as the plan does, orderings without a search."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import nn

from overinterp.models import registry
from overinterp.pixels import blank_tensor
from overinterp.search.ordering import Ordering
from overinterp.tables import sis_size
from overinterp.training import Trainer
from overinterp.views import paints
from overinterp.views.feed import Held
from overinterp.views.view import View

TRAINING = {
    "epochs": 12, "batch_size": 32, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine",
    "milestones": [], "step_factor": 0.2, "crop_padding": 0, "flip": False, "precision": "float32",
}  # fmt: skip


EXACT = {"method": "exact", "pixels_per_step": 1, "objective": "log_odds", "target": "predicted", "batch_size": 32}
GRADIENT, REFINED, RANKED = ({**EXACT, "method": method} for method in ("gradient", "refined", "ranked"))


def odds_of(network, image, target):
    """Log-odds of one image in float64, from their definition."""
    with torch.no_grad():
        logits = network(image[None])[0].double()
    others = torch.cat([logits[:target], logits[target + 1 :]])
    return float(logits[target] - torch.logsumexp(others, 0))


def brute_force(network, image, target, blank, probability=False, among=None):
    """BackSelect from its definition: mask every remaining pixel (of some) in turn, take the first best."""
    current, remaining = image.clone(), list(range(image[0].numel()) if among is None else among)
    order, values = [], [odds_of(network, current, target)]
    while remaining:
        best = None
        for pixel in remaining:
            candidate = current.clone()
            candidate.view(len(image), -1)[:, pixel] = blank[:, 0, 0]
            value = odds_of(network, candidate, target)
            score = 1 / (1 + np.exp(-value)) if probability else value
            if best is None or score > best[0]:
                best = (score, pixel, candidate, value)
        order.append(best[1])
        remaining.remove(best[1])
        current = best[2]
        values.append(best[3])
    return order, values


class Additive(nn.Module):
    """Two classes; the log-odds of class 1 are a weighted sum of the pixels, so every pixel has a known contribution."""

    def __init__(self, weights):
        super().__init__()
        self.register_buffer("weights", torch.as_tensor(weights, dtype=torch.float32))

    def forward(self, images):
        odds = (images * self.weights).sum((1, 2, 3))
        return torch.stack([torch.zeros_like(odds), odds], 1)


def random_network(seed, channels=1, classes=3, scale=1.0, side=4):
    """A small frozen network with smooth activations and random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(channels, 6, 3, padding=1),
            nn.Tanh(),
            nn.Conv2d(6, 6, 3, padding=1),
            nn.Tanh(),
            nn.Flatten(),
            nn.LazyLinear(classes),
        )
        network(torch.zeros(1, channels, side, side))
        with torch.no_grad():
            network[-1].weight *= scale
    return network.eval().requires_grad_(False)


class Found:
    """One search of one classifier, held in memory: what `overinterp.inputs.Searched` is on disk."""

    def __init__(self, row, *orderings):
        self.row, self.orderings = row, orderings

    def shards(self):
        return iter(self.orderings)

    def load(self):
        from overinterp.search.ordering import concatenate

        return concatenate(list(self.orderings))


def network(condition="full", seed=0, architecture="small_cnn", **changed):
    """The row of a trained network; of a network trained on full images unless told otherwise."""
    row = {
        "model": f"{architecture}-{condition}-{seed}", "kind": "network", "group": f"{architecture}-{condition}",
        "architecture": architecture, "condition": condition, "seed": seed, "source": "trained", "train_mask": "all",
        "train_paint": "values", "train_fraction": 1, "keep_probability": 1, "adversarial": False,
        "labels": "given", "teacher": "", "control": "",
    }  # fmt: skip
    return row | changed


def ensemble(name="both"):
    """The row of an ensemble."""
    nothing = {"architecture": "", "condition": "", "seed": np.nan, "train_mask": "", "train_paint": "", "train_fraction": np.nan}
    return {**network(), **nothing, "model": name, "group": name, "kind": "ensemble", "source": "ensemble"}


def brought(name="squeezenet", model="squeezenet1_0"):
    """The row of a brought classifier."""
    row = {**network(), "model": name, "group": name, "kind": "brought", "source": "torchvision", "architecture": model}
    return row | {"condition": "", "seed": np.nan, "train_paint": "", "train_fraction": np.nan}


def of(row, search="exact", split="test"):
    """The row of a search of a classifier."""
    return {**row, "search": search, "split": split, "target": "predicted"}


def random_orderings(n=30, side=8, classes=5, seed=0, wrong=0, numbers=None):
    """Random orders whose confidence falls from 1 to 0; the first ``wrong`` images are classified wrongly."""
    rng = np.random.default_rng(seed)
    pixels = side * side
    order = rng.permuted(np.tile(np.arange(pixels), (n, 1)), axis=1).astype(np.uint16 if pixels <= 65_536 else np.uint32)
    odds = np.sort(rng.normal(0, 4, (n, pixels + 1)), axis=1)[:, ::-1].astype(np.float32)
    label = np.arange(n) % classes
    predicted = np.where(np.arange(n) < wrong, (label + 1) % classes, label)
    zeros = np.zeros(n, np.int64)
    removed = np.tile(np.arange(pixels + 1, dtype=np.int32), (n, 1))
    index = np.arange(n) if numbers is None else np.asarray(numbers)
    return Ordering(order, removed, odds, predicted, label, predicted, index, zeros, zeros, side, side)


def ordering(orders, log_odds, side, label=None, predicted=None, index=None):
    """Orders and log-odds written out by hand, square images of so many pixels a side."""
    orders = np.asarray(orders)
    n, pixels = orders.shape
    zeros = np.zeros(n, np.int64)
    label = zeros if label is None else np.asarray(label)
    predicted = label if predicted is None else np.asarray(predicted)
    removed = np.tile(np.arange(pixels + 1, dtype=np.int32), (n, 1))
    odds = np.asarray(log_odds, np.float32)
    return Ordering(
        orders.astype(np.uint16),
        removed,
        odds,
        predicted,
        label,
        predicted,
        np.arange(n) if index is None else np.asarray(index),
        zeros,
        zeros,
        side,
        side,
    )


def size_table(models, wrong=0, thresholds=(0.5, 0.9), split="test"):
    """Table sis_size of some networks' random orderings."""
    parts = []
    for number, model in enumerate(models):
        part = sis_size.sizes(random_orderings(seed=number, wrong=wrong), list(thresholds), EXACT)
        parts.append(part.assign(**of(model, split=split)))
    return pd.concat(parts, ignore_index=True)


def taught(source, view=None, keep_probability=1.0, late=None, **settings):
    """A small network of three classes, trained on a view of all images of a source, in use: from images to logits."""
    torch.manual_seed(0)
    channels = source.shape[2]
    student = registry.build("small_cnn", channels, 3)
    half, quarter = [0.5] * channels, [0.25] * channels
    feed = Held(source, view or View(blank_tensor(half), paints.values))
    Trainer(student, feed, half, half, quarter, TRAINING | settings, keep_probability, late=late).run()
    return nn.Sequential(_Normal(), student).eval()


class _Normal(nn.Module):
    def forward(self, x):
        return (x - 0.5) / 0.25
