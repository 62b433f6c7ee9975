"""Tables by hand: rings, sizes by class, curves, ratios of adversarial training, transfer by relation."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from overinterp import statistics
from overinterp.artifacts.tables import write_table
from overinterp.inputs import Inputs
from overinterp.tables import accuracy, confidence_curves, pixel_rings, sis_size_by_class, transfer_by_relation
from overinterp.tables.adversarial import pairs
from tests.unit.toys import Found, network, of, random_orderings, size_table


def test_rings_of_two_images_by_hand_and_of_random_orders_as_chance_has_it():
    """Of 4x4 pixels {0, 1, 2, 5} and {5, 6, 9, 10} are kept, in two shards; 400 random orders of 16x16."""
    last = np.array([[2, 1, 0, 5], [10, 9, 6, 5]])
    order = np.stack([np.r_[np.setdiff1d(np.arange(16), row), row] for row in last]).astype(np.uint16)
    found = dataclasses.replace(random_orderings(2, side=4), order=order)
    table = pixel_rings.ring_shares([found.take([0]), found.take([1])], 0.25).set_index("rings")
    assert table.share.to_dict() == {1: 3 / 8, 2: 1, 4: 1} and table.uniform_share.to_dict() == {1: 12 / 16, 2: 1, 4: 1}
    assert table.images[1] == 2
    row = pixel_rings.ring_shares([random_orderings(400, side=16)], 0.1).iloc[0]
    assert row.share_low < row.uniform_share < row.share_high and row.uniform_share == 60 / 256


def test_sizes_are_by_the_images_own_class():
    table = size_table([network(), network(seed=1)], wrong=20, thresholds=(0.5,)).assign(status="found", full_at_threshold=True)
    table["size_pixels"] = 10 * table.label + table["index"] % 2
    given = Inputs(tables={"sis_size": table}, settings={"search": "exact"}, data={"class_names": list("abcde")})
    rows = sis_size_by_class.make(given).rows
    assert rows.class_name.tolist() == list("abcde")
    assert rows["mean"].tolist() == pytest.approx([10 * label + 0.5 for label in range(5)])


def test_curves_are_quantiles_over_the_images_of_all_networks_of_a_group():
    odds = np.linspace(3, -3, 65) + np.arange(11)[:, None] - 5
    found = dataclasses.replace(random_orderings(11, 8), log_odds=odds.astype(np.float32))
    searches = [Found(of(network(seed=seed)), found.take(rows)) for seed, rows in enumerate((slice(0, 4), slice(4, 11)))]
    table = confidence_curves.make(Inputs(searches=searches)).rows.set_index("pixels_left")
    for left in (64, 17, 1):
        ranked = np.sort(1 / (1 + np.exp(-odds[:, 64 - left])))
        assert table.loc[left, ["low", "median", "high"]].tolist() == pytest.approx(ranked[[1, 5, 9]].tolist(), abs=1e-5)


def test_adversarial_training_is_a_geometric_mean_of_ratios_to_ordinary_sizes():
    attacked = network("attacked", adversarial=True)
    table = size_table([network(), attacked], thresholds=(0.5,)).assign(status="found", full_at_threshold=True)
    table["size_pixels"] = 10 * np.where(table.adversarial, np.where(table["index"] % 2, 1, 16), 1)
    assert pairs(table).ratio.unique() == pytest.approx([4])


def test_pairs_of_networks_are_no_images(tmp_path):
    """Where every pair has the same effect an image, the interval is that of the images."""
    models, effect = [network("full", seed) for seed in range(3)], np.random.default_rng(0).random(20)
    same = {"search": "g", "fraction": 0.1, "classes": 4, "right": 1, "random_confidence": 0.2, "random_right": 0}
    rows = [
        {"source": source["model"], "target": target["model"], "index": number, "confidence": effect[number], **same}
        for source in models
        for target in models
        for number in range(20)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    about = {"members": {}, "classifiers": {model["model"]: model for model in models}}
    table = transfer_by_relation.make(Inputs(parts=[tmp_path / "a.csv"], settings=about)).rows.set_index("relation")
    row = table.loc["another seed", ["confidence", "confidence_low", "confidence_high"]]
    assert row.tolist() == pytest.approx(statistics.interval(effect))


def test_accuracy_is_averaged_over_seeds_and_not_over_whose_masks(tmp_path):
    """Two seeds shown their own masks by two searches, and one of them a teacher's: three means, of two, two and one."""
    view = {"split": "test", "test_mask": "kept", "test_paint": "values", "test_fraction": 0.05, "test_threshold": np.nan}
    rows = [
        (f"net-{seed}", f"net-{seed}", search, right)
        for search, found in (("refined", (0.5, 0.7)), ("gradient", (0.1, 0.3))) for seed, right in enumerate(found)
    ]  # fmt: skip
    rows.append(("net-0", "teacher", "refined", 0.9))
    table = pd.DataFrame(rows, columns=["model", "masks_model", "masks_search", "accuracy"])
    write_table(tmp_path / "a.csv", table.assign(**view, group="net", images=100))
    shown = accuracy.make(Inputs(parts=[tmp_path / "a.csv"])).summary
    assert shown.networks.tolist() == [2, 2, 1] and shown.accuracy.tolist() == pytest.approx([0.6, 0.2, 0.9])
    assert shown.masks_of.tolist() == ["its own", "its own", "teacher"] and "test_threshold" not in shown
