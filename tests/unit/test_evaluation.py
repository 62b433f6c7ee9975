"""Tables: hand-computed toys and planted truth recovered."""

import numpy as np
import pytest
import torch

from overinterp import evaluation
from overinterp.data.source import ArraySource
from overinterp.inputs import Inputs
from overinterp.search.images import search_images
from overinterp.sis import FOUND, find_sis
from overinterp.tables import planted_recovery as planted
from overinterp.tables import sis_size, sis_size_by_threshold
from overinterp.tables.agreement import agreement
from overinterp.tables.agreement import make as make_agreement
from overinterp.tables.planted_recovery import planted_recovery
from overinterp.views.masks import Masks
from overinterp.views.view import masked_view
from tests.unit.toys import EXACT, GRADIENT, Additive, Found, network, of, ordering, random_network, random_orderings


class Brightness(torch.nn.Module):
    """Class 1 where the first pixel is bright."""

    def forward(self, x):
        odds = 10 * (x[:, 0, 0, 0] - 0.5)
        return torch.stack([-odds, odds], 1)


def test_accuracy_and_transfer_by_hand():
    pictures = np.zeros((4, 2, 2, 1), np.uint8)
    pictures[1:3, 0, 0] = 255
    source = ArraySource(pictures, np.array([0, 1, 0, 0]))
    full = evaluation.accuracy(evaluation.softmax(evaluation.logits(Brightness(), source)), source.labels)
    sure = 1 / (1 + np.exp(-10))
    assert (full["images"], full["accuracy"]) == (4, 0.75)
    assert full["mean_confidence"] == pytest.approx(sure) and np.isnan(full["chooser_confidence"])
    kept = np.zeros((4, 2, 2), bool)
    kept[:2, 0, 0] = True  # the others show a blank first pixel: log-odds 0
    view = masked_view([0.5], Masks(lambda numbers: kept[numbers]))
    probability = evaluation.softmax(evaluation.logits(Brightness(), source, np.arange(4), view))
    confidence, right = evaluation.transfer(probability, source.labels, np.array([0, 1, 1, 0]), 2)
    assert confidence == pytest.approx([sure, sure, 0.5, 0.5]) and right.tolist() == [True, True, True, True]
    chosen = evaluation.accuracy(probability, source.labels, np.array([0, 1, 1, 0]))
    assert chosen["chooser_confidence"] == pytest.approx((2 * sure + 2 * 0.5) / 4)
    assert chosen["chooser_wrong_images"] == 1


def test_targets_that_are_no_class_of_the_study_are_not_compared():
    """A brought classifier may call an image something that no other one has an output for."""
    probability = np.array([[0.7, 0.3], [0.2, 0.8], [0.5, 0.5]])
    confidence, right = evaluation.transfer(probability, np.array([0, 1, 0]), np.array([0, 1, 700]), 2)
    assert confidence[:2] == pytest.approx([0.7, 0.8]) and np.isnan(confidence[2]) and right.tolist() == [True, True, True]
    assert np.isnan(evaluation.accuracy(probability, np.array([0, 1, 0]), np.array([0, 1, 700]))["chooser_confidence"])
    more = np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])  # the first output that is no class of the two
    assert np.isnan(evaluation.transfer(more, np.array([0, 1]), np.array([0, 2]), 2)[0]).tolist() == [False, True]


def test_images_are_shown_by_their_number_in_batches_of_any_size(monkeypatch):
    network, rng = random_network(1), np.random.default_rng(0)
    source = ArraySource(rng.integers(0, 256, (40, 4, 4, 1), dtype=np.uint8), np.zeros(40, np.int64))
    kept = rng.random((40, 4, 4)) < 0.5
    view = masked_view([0.5], Masks(lambda numbers: kept[numbers]))
    numbers = rng.permutation(40)[:33]
    whole = evaluation.logits(network, source, numbers, view)
    monkeypatch.setattr(evaluation, "SHOWN_BYTES", 5 * 16)
    assert evaluation.logits(network, source, numbers, view) == pytest.approx(whole, abs=1e-5)
    one = evaluation.logits(network, source, numbers[7:8], view)
    assert one[0] == pytest.approx(whole[7], abs=1e-5)


def test_agreement_by_hand():
    reference = ordering([[0, 1, 2, 3]], [[5, 5, 5, -1, -1]], 2)  # SIS {2, 3}
    candidate = ordering([[0, 2, 1, 3]], [[5, 5, -1, -1, -1]], 2)  # SIS {1, 2, 3}
    row = agreement(reference, candidate, 0.9).iloc[0]
    assert (row.reference_size_pixels, row.candidate_size_pixels, row.size_ratio) == (2, 3, 1.5)
    assert row.jaccard == pytest.approx(2 / 3)
    assert row.rank_correlation == pytest.approx(0.8)  # Spearman of 0123 and 0213
    same = agreement(reference, reference, 0.9).iloc[0]
    assert (same.size_ratio, same.jaccard, same.rank_correlation) == (1, 1, 1)


def test_agreement_has_no_ratio_where_one_search_finds_none():
    reference = ordering([[0, 1, 2, 3]], [[5, 5, 5, -1, -1]], 2)
    for odds in ([-1] * 5, [5] * 5):
        row = agreement(reference, ordering([[0, 1, 2, 3]], [odds], 2), 0.9).iloc[0]
        assert np.isnan(row.size_ratio) and np.isnan(row.jaccard)


def test_agreement_of_each_network_is_with_its_own_reference():
    """Two networks, whose reference needs {2, 3} and {0, 1}; the one candidate of both needs {2, 3}."""
    orders = {"a": [0, 1, 2, 3], "b": [3, 2, 1, 0]}
    searches = []
    for model, order in orders.items():
        for search, removed in (("exact", order), ("quick", orders["a"])):
            searches.append(Found({"model": model, "search": search}, ordering([removed], [[5, 5, 5, -1, -1]], 2)))
    table = make_agreement(Inputs(searches=searches, settings={"threshold": 0.9}))
    assert table.rows[["model", "reference", "candidate"]].to_numpy().tolist() == [
        ["a", "exact", "quick"],
        ["b", "exact", "quick"],
    ]
    assert table.rows.jaccard.tolist() == [1, 0] and table.rows.rank_correlation.tolist() == pytest.approx([1, -1])
    assert table.summary.groupby("model").images.first().tolist() == [1, 1]


def test_planted_pixels_are_recovered_by_both_searches():
    """A network that looks at the planted corner alone: every subset lies in it."""
    rng = np.random.default_rng(0)
    weights = np.zeros((1, 4, 4))
    weights[0, :2, :2] = 6
    truth = weights[0] > 0
    pictures = rng.integers(150, 256, (20, 4, 4, 1), dtype=np.uint8)
    for options in (EXACT, GRADIENT):
        found = search_images(Additive(weights), ArraySource(pictures, np.ones(20, np.int64)), range(20), [0.0], options)
        result = planted_recovery(found, truth, 0.9)
        assert (result["found"], result["precision"], result["touch_share"]) == (20, 1.0, 1.0)
        assert (result["touch_share_low"], result["touch_share_high"]) == (pytest.approx(20 / (20 + 1.96**2), abs=1e-4), 1.0)
        assert result["uniform_precision"] == 0.25


def test_random_orders_recover_planted_pixels_at_the_uniform_rate():
    """The null of the table: precision and touch share of uniformly random orders."""
    rng = np.random.default_rng(1)
    orders = rng.permuted(np.tile(np.arange(64), (3000, 1)), axis=1)
    odds = np.full((3000, 65), -5.0)
    odds[:, :60] = 5  # the last 5 pixels are the subset
    truth = np.zeros((8, 8), bool)
    truth[:2, :4] = True
    result = planted_recovery(ordering(orders, odds, 8), truth, 0.9)
    assert result["precision"] == pytest.approx(result["uniform_precision"], abs=0.01)
    assert result["touch_share"] == pytest.approx(result["uniform_touch_share"], abs=0.03)
    assert result["touch_share_low"] < result["touch_share"] < result["touch_share_high"]
    assert result["precision_low"] < 0.125 < result["precision_high"]


def test_chance_of_touching_by_hand():
    truth = np.zeros((2, 2), bool)
    truth[0, 0] = True
    assert planted._touch_by_chance(np.array([1, 2, 4]), truth).tolist() == pytest.approx([0.25, 0.5, 1.0])


def test_none_and_empty_are_counted_apart():
    odds = [[5, 5, 5, 5, -1], [-1] * 5, [5] * 5]
    found = ordering(np.tile(np.arange(4), (3, 1)), odds, 2)
    result = planted_recovery(found, np.array([[False, False], [False, True]]), 0.9)
    assert (result["found"], result["none"], result["empty"], result["precision"]) == (1, 1, 1, 1.0)
    sizes = sis_size.sizes(found, [0.5, 0.9], EXACT)
    assert sizes.groupby("status").size().to_dict() == {"found": 2, "none": 2, "empty": 2}
    assert sizes.size_pixels.tolist() == [1, -1, 0] * 2


def test_agreement_pairs_images_by_number_whatever_their_order():
    """Rows of a search stand in the order of the config's list of images; a sorted search would compare other images."""
    numbers = [10, 104, 67, 106, 4]
    first = random_orderings(5, numbers=numbers)
    again = first.take(np.array([3, 0, 4, 1, 2]))
    table = agreement(first, again, 0.5)
    assert table["index"].tolist() == sorted(numbers)
    assert (table.rank_correlation == 1).all() and set(table.jaccard.dropna()) == {1.0}


def test_sizes_of_shards_are_those_of_the_whole():
    whole = random_orderings(20)
    rows = of(network())
    settings = {"thresholds": [0.5, 0.9], "searches": {"exact": EXACT}}
    one = sis_size.make(Inputs(searches=[Found(rows, whole)], settings=settings)).rows
    parts = [whole.take(slice(first, first + 7)) for first in (0, 7, 14)]
    many = sis_size.make(Inputs(searches=[Found(rows, *parts)], settings=settings)).rows
    assert one.equals(many) and set(one.target) == {"predicted"}


def test_sizes_above_what_the_search_tried_are_counted():
    whole = random_orderings(40)  # of 64 pixels, of which refined tries all from 32 down
    settings = {"thresholds": [0.5], "searches": {"refined": {"method": "refined", "pixels_per_step": 1}}}
    rows = sis_size.make(Inputs(searches=[Found(of(network(), search="refined"), whole)], settings=settings)).rows
    assert set(rows.tried) == {32}
    told = sis_size_by_threshold.make(Inputs(tables={"sis_size": rows}, settings={"search": "refined"})).rows
    subsets = find_sis(whole, 0.5)
    entering = subsets.size[(subsets.status == FOUND) & subsets.full_at_threshold]
    assert told.above_tried.tolist() == [(entering > 32).sum()] and 0 < told.above_tried[0] < told.subsets[0]
