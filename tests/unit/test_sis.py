"""FindSIS and SIS collections from their definitions."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from overinterp import sis
from overinterp.data.source import ArraySource
from overinterp.search.images import search_images
from overinterp.search.ordering import Ordering
from tests.unit.toys import EXACT, Additive, brute_force, random_network


def ordering_of(log_odds, removed=None, order=None):
    """Orderings of a strip of pixels, from the log-odds at each column."""
    log_odds = np.atleast_2d(np.asarray(log_odds, np.float32))
    n, columns = log_odds.shape
    removed = np.tile(np.arange(columns), (n, 1)) if removed is None else np.atleast_2d(removed)
    pixels = int(removed.max())
    order = np.tile(np.arange(pixels), (n, 1)) if order is None else order
    zeros = np.zeros(n, np.int64)
    return Ordering(
        order.astype(np.uint16), removed.astype(np.int32), log_odds, zeros, zeros, zeros, np.arange(n), zeros, zeros, 1, pixels
    )


@pytest.mark.parametrize(
    ("log_odds", "size", "status", "full"),
    [
        ([3, 3, 3, -1, -1], 2, "found", True),  # last at or above logit(0.9) = 2.197 after 2 removals
        ([3, -1, 3, -1, -1], 2, "found", True),  # only the last crossing counts
        ([-1, -1, 3, -1, -1], 2, "found", False),  # the full image need not reach it
        ([3, -1, -1, -1, -1], 4, "found", True),  # only the full image does
        ([1, 1, 1, 1, 1], -1, "none", False),
        ([1, 1, 1, 1, 5], 0, "empty", False),  # the blank image does
    ],
)
def test_find_sis_by_hand(log_odds, size, status, full):
    found = sis.find_sis(ordering_of(log_odds), 0.9)
    assert (found.size[0], found.status[0], found.full_at_threshold[0]) == (size, status, full)


def test_the_threshold_itself_is_reached():
    assert sis.find_sis(ordering_of([1, 0.0, -1]), 0.5).size[0] == 1


@given(st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=20), st.floats(0.02, 0.98))
@settings(max_examples=200, deadline=None)
def test_find_sis_is_the_minimal_sufficient_suffix(log_odds, threshold):
    ordering = ordering_of(log_odds)
    found = sis.find_sis(ordering, threshold)
    reached = [odds >= np.log(threshold / (1 - threshold)) for odds in np.float32(log_odds).astype(np.float64)]
    suffixes = [len(reached) - 1 - column for column, yes in enumerate(reached) if yes]
    assert found.size[0] == (min(suffixes) if suffixes else -1)
    assert sis.masks(ordering, found)[0].sum() == max(found.size[0], 0)


def test_columns_of_several_pixels_and_repeated_last_pairs():
    ordering = ordering_of(
        [[3, 3, -1, -1], [3, -1, -1, -1]], removed=[[0, 4, 8, 8], [0, 3, 6, 8]], order=np.tile(np.arange(8), (2, 1))
    )
    found = sis.find_sis(ordering, 0.9)
    assert found.size.tolist() == [4, 8]
    assert sis.masks(ordering, found)[0].ravel().tolist() == [False] * 4 + [True] * 4


@pytest.mark.parametrize("threshold", [0, 1, -0.1, 1.5])
def test_thresholds_outside_the_open_interval_are_refused(threshold):
    with pytest.raises(ValueError, match="expected a number in"):
        sis.find_sis(ordering_of([1, 0]), threshold)


def collections(network, images, labels, threshold, cap):
    def search(rows, gone):
        return search_images(network, ArraySource(images, labels), rows, [0.0], {**EXACT, "target": "label"}, removed=gone)

    return sis.collections(search, len(images), threshold, cap)


def test_a_redundant_image_gives_as_many_disjoint_subsets_as_it_holds():
    """Three bright pixels, each enough alone: log-odds 6 a bright pixel, less 3."""
    weights = np.full((1, 4, 4), 6.0)

    class Shifted(torch.nn.Module):
        inner = Additive(weights)

        def forward(self, x):
            return self.inner(x) - torch.tensor([0.0, 3.0])

    pictures = np.zeros((2, 4, 4, 1), np.uint8)
    pictures[0].reshape(-1)[[2, 7, 11]] = 255
    found = collections(Shifted(), pictures, np.array([1, 1]), 0.9, cap=10)
    assert [len(subsets) for subsets in found] == [3, 0]
    assert sorted(int(np.flatnonzero(s)[0]) for s in found[0]) == [2, 7, 11]
    assert all(s.sum() == 1 for s in found[0])


def test_an_interrupted_collection_goes_on_to_the_same_subsets():
    """From any round on, without searching again what was found before."""
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 2, (3, 4, 4, 1)).astype(np.uint8) * 255, np.array([1, 1, 1])
    network, rounds, calls = Additive(np.full((1, 4, 4), 3.0)), [], []

    def search(rows, gone):
        calls.append(len(rows))
        return search_images(network, ArraySource(pictures, labels), rows, [0.0], {**EXACT, "target": "label"}, removed=gone)

    whole = sis.collections(search, 3, 0.9, 5, on_round=lambda found: rounds.append(list(found)))
    assert max(map(len, whole)) > 3
    for before in rounds:
        calls.clear()
        again = sis.collections(search, 3, 0.9, 5, done=before)
        assert len(calls) == len(rounds[-1]) - len(before)
        for one, other in zip(whole, again, strict=True):
            assert len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@given(st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_collections_are_disjoint_sufficient_and_end(seed):
    rng = np.random.default_rng(seed)
    pictures, labels = rng.integers(0, 256, (3, 4, 4, 1), dtype=np.uint8), np.array([0, 1, 2])
    network = random_network(seed, scale=4.0)
    found = collections(network, pictures, labels, 0.6, cap=16)
    for picture, label, subsets in zip(pictures, labels, found, strict=True):
        assert np.sum(subsets, axis=0).max(initial=0) <= 1
        for subset in subsets:
            shown = torch.from_numpy(np.where(subset, picture[..., 0] / 255, 0)).float()[None, None]
            assert float(network(shown).softmax(1)[0, label]) >= 0.6 - 1e-5


@given(st.integers(0, 10_000), st.sampled_from([0.4, 0.6, 0.9]))
@settings(max_examples=25, deadline=None)
def test_a_random_collection_is_the_papers_definition_written_out(seed, threshold):
    """SISCollection of Carter et al. 2019: while f(what is left) >= threshold, BackSelect, FindSIS, take it away."""
    rng = np.random.default_rng(seed)
    picture, label = rng.integers(0, 256, (1, 3, 3, 1), dtype=np.uint8), int(rng.integers(3))
    network = random_network(seed, scale=6.0, side=3)
    least = np.log(threshold / (1 - threshold))
    image, blank = torch.from_numpy(picture[0, ..., 0] / 255).float()[None], torch.zeros(1, 1, 1)
    expected, gone = [], np.zeros(9, bool)
    while len(expected) < 9:
        left = torch.where(torch.from_numpy(gone).reshape(3, 3), blank, image)
        order, values = brute_force(network, left, label, blank, among=np.flatnonzero(~gone))
        if values[0] < least or values[-1] >= least:
            break
        last = max(step for step, value in enumerate(values) if value >= least)
        subset = np.isin(np.arange(9), order[last:])
        expected.append(subset)
        gone |= subset
    found = collections(network, picture, np.array([label]), threshold, cap=9)[0]
    assert [mask.reshape(-1).tolist() for mask in found] == [mask.tolist() for mask in expected]


def test_the_cap_ends_a_collection():
    pictures = np.full((1, 4, 4, 1), 255, np.uint8)
    assert len(collections(Additive(np.full((1, 4, 4), 5.0)), pictures, np.array([1]), 0.9, cap=2)[0]) == 2


def test_a_collection_ends_where_the_papers_does():
    """While all that is left reaches the threshold: the paper's rule, against the definition written out.

    In the picture below a dark pixel holds the rest down: alone, the last bright pixel suffices, together with it, it does not.
    """
    weights = np.zeros((1, 4, 4))
    weights[0, 0, :4] = [6, 6, -5, 0]

    class Shifted(torch.nn.Module):
        inner = Additive(weights)

        def forward(self, x):
            return self.inner(x) - torch.tensor([0.0, 3.0])

    picture = np.zeros((1, 4, 4, 1), np.uint8)
    picture[0, 0, :3] = 255
    network, label = Shifted(), np.array([1])
    found = collections(network, picture, label, 0.9, cap=10)[0]
    expected, gone = [], np.zeros((4, 4), bool)
    while True:
        rest = torch.from_numpy(np.where(gone, 0, picture[0, ..., 0] / 255)).float()[None, None]
        if float(network(rest).softmax(1)[0, 1]) < 0.9:
            break
        ordering = search_images(
            network, ArraySource(picture, label), [0], [0.0], {**EXACT, "target": "label"}, removed=gone[None]
        )
        expected.append(sis.masks(ordering, sis.find_sis(ordering, 0.9))[0])
        gone |= expected[-1]
    assert len(found) == len(expected) == 1 and (found[0] == expected[0]).all()
    assert found[0].sum() == 1
