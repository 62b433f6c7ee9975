"""Scripts of jobs, run as they are on small inputs: transfer, and a search that was killed."""

import dataclasses
import json
import logging
from functools import partial

import evaluate_transfer
import numpy as np
import pytest
import search_orderings
import torch
from torch import nn

from overinterp.artifacts.images import save_array
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.artifacts.tables import read_table
from tests.conftest import random_network
from tests.unit.toys import EXACT, network, of, random_orderings


def store(folder, pictures, labels):
    """A test split of grey 4x4 pictures, and what is known of it."""
    save_array(folder / "test.csv", [pictures], len(pictures), labels)
    info = {"shape": [4, 4, 1], "geometry": None, "blank": [0.5], "mean": [0.5], "std": [0.5], "class_names": ["a", "b", "c"]}
    (folder / "data.json").write_text(json.dumps({**info, "sha256": {"test": "x"}}))
    return folder / "test.csv", folder / "data.json"


def test_transfer_shows_a_classifier_the_subsets_of_each_other_by_the_images_numbers(tmp_path, monkeypatch):
    """It reads the first pixel, which tells the class; one source keeps that pixel, the other keeps the last."""

    class First(nn.Module):
        def forward(self, x):
            odds = 8 * (x[:, 0, 0, 0] - 0.5)
            return torch.stack([-odds / 2, odds / 2], 1)

    labels = np.arange(8) % 2
    pictures = np.zeros((8, 4, 4, 1), np.uint8)
    pictures[:, 0, 0, 0] = 255 * labels
    images, info = store(tmp_path, pictures, labels)
    order = np.tile(np.arange(16)[::-1], (8, 1)).astype(np.uint16)
    about = {"label": labels, "predicted": labels, "target": labels}
    kept = {"sees": order, "misses": order[:, ::-1]}
    shards = {name: dataclasses.replace(random_orderings(8, 4, 2), order=of_it, **about) for name, of_it in kept.items()}
    save_shard(tmp_path / "sees.npz", shards["sees"].take([5, 1, 0]))
    save_shard(tmp_path / "misses.npz", shards["misses"])
    monkeypatch.setattr(evaluate_transfer.classifier, "load", lambda folder, device: First())
    paths = [tmp_path / f"{name}.npz" for name in kept]
    rows = [{**of(network(model=name)), "shards": 1} for name in kept]
    csv = tmp_path / "t.csv"
    evaluate_transfer.main(images, info, paths, tmp_path, network(model="shown"), rows, 1 / 16, [0, 0], "cpu", csv)
    table = read_table(csv)
    sees, misses = (table[table.source == name].set_index("index") for name in kept)
    assert set(table.target) == {"shown"} and sees.index.tolist() == [0, 1, 5] and sees.right.tolist() == [1, 1, 1]
    assert sees.confidence.tolist() == pytest.approx([1 / (1 + np.exp(-4))] * 3)
    assert misses.confidence.tolist() == pytest.approx([0.5] * 8)
    assert sees.random_confidence.tolist() == misses.random_confidence[[0, 1, 5]].tolist()


def test_a_search_that_was_killed_goes_on_from_its_snapshot(tmp_path, monkeypatch):
    rng, passes = np.random.default_rng(0), []
    images, info = store(tmp_path, rng.integers(0, 256, (4, 4, 4, 1), dtype=np.uint8), np.arange(4) % 3)

    class Counted(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = random_network(1)

        def forward(self, x):
            passes.append(len(x))
            return self.inner(x)

    monkeypatch.setattr(search_orderings.classifier, "load", lambda folder, device: Counted())
    monkeypatch.setattr(search_orderings, "digest", lambda folder: "m")
    monkeypatch.setattr(search_orderings, "Snapshot", partial(Snapshot, interval=0))
    settings = {**EXACT, "batch_size": 16, "compile": False, "precision": "float32"}

    def job(study):
        shard, log = tmp_path / study / "orderings/m/exact/test/shard-0.npz", logging.getLogger()
        search_orderings.main(images, info, tmp_path, shard, settings, range(4), (), "cpu", "c", {"a": 1}, log)
        return shard.read_bytes()

    whole, cost = job("whole"), len(passes)
    offers, plain = [], Snapshot.offer

    def offer(self, make_state):
        plain(self, make_state)
        offers.append(1)
        if len(offers) == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(Snapshot, "offer", offer)
    passes.clear()
    with pytest.raises(KeyboardInterrupt):
        job("killed")
    done = len(passes)
    passes.clear()
    assert job("killed") == whole and len(passes) < cost - done + 4
