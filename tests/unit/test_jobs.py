"""Scripts of jobs, run as they are on small inputs: transfer, subsets shown again, scaled orderings, and killed ones."""

import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
from functools import partial

import evaluate_subsets
import evaluate_transfer
import numpy as np
import pytest
import scale_orderings
import search_orderings
import torch
from torch import nn

from overinterp.artifacts.images import save_array
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.artifacts.tables import read_table
from tests.unit.toys import EXACT, network, of, random_network, random_orderings


def store(folder, pictures, labels):
    """A test split of grey 4x4 pictures, and what is known of it."""
    save_array(folder / "test.csv", [pictures], len(pictures), labels)
    info = {"shape": [4, 4, 1], "geometry": None, "blank": [0.5], "mean": [0.5], "std": [0.5], "class_names": ["a", "b", "c"]}
    (folder / "data.json").write_text(json.dumps({**info, "sha256": {"test": "x"}}))
    return folder / "test.csv", folder / "data.json"


def stopped_at_snapshot(monkeypatch, number) -> list:
    """Stop whatever job runs next after so many of its snapshots; a list that grows by one at every snapshot, later ones too."""
    offers, plain = [], Snapshot.offer

    def offer(self, make_state):
        plain(self, make_state)
        offers.append(1)
        if len(offers) == number:
            raise KeyboardInterrupt

    monkeypatch.setattr(Snapshot, "offer", offer)
    return offers


def test_the_log_of_a_job_killed_at_once_says_where_it_was(tmp_path):
    """Of an empty log Snakemake says that it is, and shows no other, as that of Slurm, which knows of the memory."""
    log = tmp_path / "logs/one.log"
    code = (
        "import os, signal, sys, types; from overinterp import job;"
        "Wildcards = type('Wildcards', (list,), {'items': lambda self: {}});"
        "job.start(types.SimpleNamespace(rule='make', wildcards=Wildcards(), log=[sys.argv[1]], threads=1), True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = os.environ | {"SLURM_JOB_ID": "18", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code, str(log)], env=environment)
    assert run.returncode == -signal.SIGKILL
    assert log.read_text().startswith("make {}: python 3.") and "job 18 of Slurm" in log.read_text()


def test_transfer_shows_a_classifier_the_subsets_of_each_other_by_the_images_numbers(tmp_path, monkeypatch):
    """It reads the first pixel, which tells the class; one source keeps that pixel, the other keeps the last."""
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


class First(nn.Module):
    """Its log-odds of class 1 are 8 times what the first pixel is above a half; it reads nothing else."""

    def forward(self, x):
        odds = 8 * (x[:, 0, 0, 0] - 0.5)
        return torch.stack([-odds / 2, odds / 2], 1)


def test_subsets_are_evaluated_of_images_that_are_sure_and_have_one(tmp_path, monkeypatch):
    """All are of class 1 and keep the first pixel, on other blanks too, but one, which keeps the last and is said to be sure."""
    labels = np.array([1, 1, 1, 1, 0, 0])
    pictures = np.zeros((6, 4, 4, 1), np.uint8)
    pictures[:, 0, 0, 0] = 255 * labels
    images, info = store(tmp_path, pictures, labels)
    rows = np.array([3, 0, 1, 2])  # images in the order of the search
    order = np.tile(np.arange(16)[::-1], (4, 1)).astype(np.uint16)
    order[0] = order[0, ::-1]
    odds = np.full((4, 17), 4.0, np.float32)
    odds[:, 16] = -1  # the blank
    odds[2, 0] = 0  # a full image that is not sure
    odds[3] = -4  # no subset suffices
    about = {
        "order": order,
        "log_odds": odds,
        "index": rows,
        "label": labels[rows],
        "predicted": labels[rows],
        "target": labels[rows],
    }
    save_shard(tmp_path / "shard.npz", dataclasses.replace(random_orderings(4, 4, 2), **about))
    monkeypatch.setattr(evaluate_subsets.classifier, "load", lambda folder, device: First())
    csv = tmp_path / "t.csv"
    evaluate_subsets.main(
        images, info, [tmp_path / "shard.npz"], tmp_path, of(network()), 0.9, 0.125, [0], "cpu", csv, logging.getLogger()
    )
    table = read_table(csv)
    assert set(table["index"]) == {0, 3} and (table.size_pixels == 1).all() and set(table.threshold) == {0.9}
    fills = table[table.test == "fill"].set_index(["index", "variant"]).confidence
    sure, half = 1 / (1 + np.exp(-4)), 0.5
    assert fills[0, "black"] == fills[0, "white"] == pytest.approx(sure)  # the first pixel is what it is
    assert (fills[3, "black"], fills[3, "white"]) == pytest.approx((1 - sure, sure))  # the first pixel is the fill's
    around = table[(table.test == "edges") & (table.variant == "sis")].set_index("index").confidence
    assert (around[0], around[3]) == pytest.approx((sure, half))  # on the search's own blank
    dots = table[table.test.str.startswith("dots")].set_index(["test", "variant", "index"])
    # of image 0 the first pixel is among those kept, of image 3 it is not
    assert dots.confidence["dots_sis", "white", 0] == dots.confidence["dots_kept", "white", 0] == pytest.approx(sure)
    assert dots.confidence["dots_sis", "black", 0] == pytest.approx(1 - sure)
    assert (dots.confidence["dots_kept"].loc[["values", "shuffled", "noise", "white", "black"], 3] == half).all()
    assert set(dots.pixels["dots_kept"]["white"]) == {2}


def test_orderings_are_scaled_column_by_column_killed_or_not(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (5, 4, 4, 1), dtype=np.uint8)
    images, info = store(tmp_path, pictures, np.arange(5) % 3)
    ordering = random_orderings(5, 4, 3).take([4, 0, 2])
    save_shard(tmp_path / "shard.npz", ordering)
    (tmp_path / "temperature.json").write_text('{"temperature": 2.5}')
    inner = random_network(3)
    monkeypatch.setattr(scale_orderings.classifier, "load", lambda folder, device: inner)
    monkeypatch.setattr(scale_orderings, "Snapshot", partial(Snapshot, interval=0))

    def job(study):
        output = tmp_path / study / "parts/scaled/m/exact/test/shard-0.npz"
        output.parent.mkdir(parents=True, exist_ok=True)
        given = (images, info, tmp_path, tmp_path / "temperature.json", tmp_path / "shard.npz", "cpu", {"a": 1})
        scale_orderings.main(*given, logging.getLogger(), output)
        with np.load(output) as file:
            return file["index"].tolist(), file["log_odds"]

    index, whole = job("whole")
    assert index == [4, 0, 2] and whole.shape == ordering.log_odds.shape
    for row, number in enumerate(index):
        for column, removed in enumerate(ordering.removed[row]):
            pixels = torch.from_numpy(pictures[number].reshape(-1) / 255).float()
            pixels[ordering.order[row, :removed].astype(int)] = 0.5
            logits = inner(pixels.reshape(1, 1, 4, 4))[0].double() / 2.5
            target = int(ordering.target[row])
            others = torch.cat([logits[:target], logits[target + 1 :]]).logsumexp(0)
            assert whole[row, column] == pytest.approx(float(logits[target] - others), abs=1e-5)
    offers = stopped_at_snapshot(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        job("killed")
    assert not list((tmp_path / "killed/parts").rglob("*.npz"))
    again = job("killed")
    assert again[0] == index and again[1].tobytes() == whole.tobytes() and len(offers) == 3  # one image was left


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
    stopped_at_snapshot(monkeypatch, 20)
    passes.clear()
    with pytest.raises(KeyboardInterrupt):
        job("killed")
    done = len(passes)
    passes.clear()
    assert job("killed") == whole and len(passes) < cost - done + 4
