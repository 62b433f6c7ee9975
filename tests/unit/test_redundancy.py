"""Collections of disjoint subsets: the job from files to files, and the table by hand."""

import json
import logging
from functools import partial

import collect_subsets
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from overinterp import sis
from overinterp.artifacts.images import save_array
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.artifacts.tables import read_table, write_table
from overinterp.data.source import ArraySource
from overinterp.inputs import Inputs
from overinterp.search.images import search_images
from overinterp.tables import redundancy
from tests.unit.toys import EXACT, network, of


class Bright(nn.Module):
    """Each bright pixel speaks for class 1; two are enough for 0.9."""

    def forward(self, x):
        odds = 3 * x.sum((1, 2, 3)) - 3
        return torch.stack([torch.zeros_like(odds), odds], 1)


@pytest.fixture
def collect(tmp_path, monkeypatch):
    """The job on three images with 8, 5 and 2 bright pixels; a function that runs it and reads its part of the table."""
    pictures = np.zeros((3, 4, 4, 1), np.uint8)
    for row, bright in enumerate((8, 5, 2)):
        pictures[row].reshape(-1)[:bright] = 255
    labels = np.array([1, 0, 1])
    (tmp_path / "data").mkdir()
    save_array(tmp_path / "data" / "test.csv", [pictures], 3, labels)
    info = {"shape": [4, 4, 1], "geometry": None, "blank": [0.0], "mean": [0.5], "std": [0.5], "class_names": ["a", "b"]}
    (tmp_path / "data" / "data.json").write_text(json.dumps(info | {"sha256": {}}))
    ordering = search_images(Bright(), ArraySource(pictures, labels), range(3), [0.0], EXACT)
    save_shard(tmp_path / "shard-0.npz", ordering)
    monkeypatch.setattr(collect_subsets.classifier, "load", lambda folder, device: Bright())

    def run(name):
        csv = tmp_path / "parts" / "collections" / f"{name}.csv"
        collect_subsets.main(
            tmp_path / "data" / "test.csv", tmp_path / "data" / "data.json", [tmp_path / "shard-0.npz"], tmp_path, of(network()),
            {**EXACT, "compile": False, "precision": "float32"}, [0, 1, 2], 0.9, 3, "cpu", {"a": 1}, logging.getLogger(), csv,
        )  # fmt: skip
        return csv

    return run


def table_of(csv):
    """The table, with the accuracy of two networks of the group and of what it does not tell."""
    accuracy = pd.DataFrame([network(seed=seed) for seed in range(4)]).assign(accuracy=[0.5, 0.75, 0.1, 0.1])
    accuracy = accuracy.assign(split=["test"] * 3 + ["corrupted"], test_mask=["all", "all", "kept", "all"])
    return redundancy.make(Inputs(parts=[csv], tables={"accuracy": accuracy})).rows


def test_images_have_as_many_disjoint_subsets_as_pairs_of_bright_pixels(collect):
    csv = collect("a")
    found = read_table(csv)
    assert found.subsets.tolist() == [3, 2, 1]  # four pairs, but the cap is three; two pairs and one over; one pair
    assert found.pixels.tolist() == [6, 4, 2] and found.correct.tolist() == [True, False, True]
    table = table_of(csv).set_index("answer")
    assert table.subsets.to_dict() == {"all": 2.0, "right": 2.0, "wrong": 2.0}
    assert table.capped_share["right"] == pytest.approx(0.5) and table.images["wrong"] == 1
    assert table.accuracy.tolist() == [0.625] * 3  # of both networks on full test images


def test_a_killed_job_goes_on_from_its_last_round(collect, tmp_path, monkeypatch):
    whole, searched = collect("whole").read_text(), []
    monkeypatch.setattr(collect_subsets, "Snapshot", partial(Snapshot, interval=0))

    def search(network, source, numbers, *others, **options):
        if len(searched) == 1:
            raise KeyboardInterrupt
        searched.append(len(numbers))
        return search_images(network, source, numbers, *others, **options)

    monkeypatch.setattr(collect_subsets, "search_images", search)
    with pytest.raises(KeyboardInterrupt):
        collect("killed")
    assert not (tmp_path / "parts" / "collections" / "killed.csv").exists()
    searched[:] = [0, 0]  # never stopped again
    assert collect("killed").read_text() == whole
    assert searched == [0, 0, 2] and not list((tmp_path / ".work").iterdir())  # the third round alone was left, of two images


def test_a_job_killed_within_a_round_goes_on_there(collect, monkeypatch):
    whole, passes = collect("whole").read_text(), []
    monkeypatch.setattr(collect_subsets, "Snapshot", partial(Snapshot, interval=0))

    class Dying(Bright):
        def forward(self, x):
            passes.append(len(x))
            if len(passes) == dies:
                raise KeyboardInterrupt
            return super().forward(x)

    monkeypatch.setattr(collect_subsets.classifier, "load", lambda folder, device: Dying())
    dies = None
    collect("counted")
    unbroken = len(passes)
    for dies in (unbroken // 3, unbroken // 2, unbroken - 2):
        passes.clear()
        with pytest.raises(KeyboardInterrupt):
            collect("killed")
        spent, dies = len(passes), None
        assert collect("killed").read_text() == whole
        assert len(passes) - spent <= unbroken - spent + 3  # it was begun where it was, but for a pass or two of a step


def test_images_without_a_subset_are_not_counted(tmp_path):
    row = {**of(network()), "cap": 4, "threshold": 0.9, "pixels": 3, "correct": True}
    states = [("found", True, 2), ("found", False, 0), ("none", False, 0), ("empty", True, 0)]
    rows = [{**row, "index": i, "status": s, "full_at_threshold": full, "subsets": n} for i, (s, full, n) in enumerate(states)]
    write_table(tmp_path / "a.csv", pd.DataFrame(rows))
    table = table_of(tmp_path / "a.csv")
    assert table.images.tolist() == [1, 1] and table.subsets.tolist() == [2, 2]


def test_of_several_images_each_goes_on_without_its_own_subsets():
    """The third has none and drops out before the last; pixels of 255 count, two of them suffice."""

    class Bright(nn.Module):
        def forward(self, x):
            odds = 3 * x.sum((1, 2, 3)) - 3
            return torch.stack([torch.zeros_like(odds), odds], 1)

    pictures = np.zeros((4, 4, 4, 1), np.uint8)
    for row, bright in enumerate(([0, 5], [1, 2, 3, 4, 6, 7], [15], [8, 9, 10, 11])):
        pictures[row].reshape(-1)[bright] = 255

    def search(rows, gone):
        return search_images(Bright(), ArraySource(pictures, np.ones(4)), rows, [0.0], {**EXACT, "target": "label"}, removed=gone)

    found = [[np.flatnonzero(mask).tolist() for mask in one] for one in sis.collections(search, 4, 0.9, 9)]
    assert found == [[[0, 5]], [[6, 7], [3, 4], [1, 2]], [], [[10, 11], [8, 9]]]
