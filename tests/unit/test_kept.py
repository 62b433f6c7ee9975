"""Masks stored instead of orders: the same pixels, a bit each."""

import numpy as np
import pytest
import torch

from overinterp.artifacts.orderings import load_orderings, save_shard
from overinterp.data.source import ArraySource
from overinterp.search.images import search_images
from overinterp.search.kept import Kept
from overinterp.search.ordering import concatenate
from overinterp.views import masks
from tests.unit.toys import random_network, random_orderings

SETTINGS = {"method": "gradient", "pixels_per_step": 3, "objective": "log_odds", "target": "predicted", "batch_size": 32}
FRACTIONS = (0.25, 0.3)


def searched(network, pictures, numbers, **more):
    source = ArraySource(pictures, np.arange(len(pictures)) % 3)
    return search_images(network, source, numbers, [0.3], SETTINGS, **more)


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (7, 4, 4, 1), dtype=np.uint8)


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "log_odds") for name in Kept.ARRAYS)


def test_a_bit_a_pixel_says_what_the_order_says():
    ordering = random_orderings(5, side=9)
    stored = Kept.of(ordering, (0.1, 0.5, 1))
    assert stored.bits.shape == (5, 3, 11) and stored.bits.dtype == np.uint8  # 81 pixels
    for fraction in stored.fractions:
        assert np.array_equal(stored.kept_fraction(fraction), ordering.kept_fraction(fraction))
    with pytest.raises(ValueError, match=r"found fractions 0.1, 0.5, 1, expected 0.2 among them"):
        stored.kept_fraction(0.2)


def test_log_odds_are_those_of_exactly_the_kept_pixels_or_none(pictures):
    """Of 16 pixels in steps of 3: a quarter, 4 pixels, stands at a step's end (12 removed); 0.3, 5 pixels, does not."""
    network = random_network(4)
    stored = searched(network, pictures, range(7), keep=FRACTIONS)
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
    shown = torch.where(torch.from_numpy(stored.kept_fraction(0.25))[:, None], images, torch.tensor(0.3))
    logits = network(shown).double()
    for row, target in enumerate(stored.target):
        others = torch.cat([logits[row, :target], logits[row, target + 1 :]])
        assert stored.log_odds[row, 0] == pytest.approx(float(logits[row, target] - others.logsumexp(0)), abs=1e-4)
    assert np.isnan(stored.log_odds[:, 1]).all()


def test_stored_masks_are_those_of_the_whole_search_whatever_the_shards(pictures, tmp_path):
    network = random_network(4)
    whole = Kept.of(searched(network, pictures, range(7), meta={"a": 1}), FRACTIONS)
    paths = []
    for shard in range(7):
        paths.append(tmp_path / f"shard-{shard}.npz")
        save_shard(paths[-1], searched(network, pictures, [shard], meta={"a": 1}, keep=FRACTIONS))
    loaded = load_orderings(paths)
    assert same(loaded, whole) and loaded.fractions == FRACTIONS
    assert (loaded.meta, loaded.height, loaded.width) == (whole.meta, 4, 4)
    view = {"mask": "kept", "fraction": 0.3}
    found = masks.kept((4, 4), view, [load_orderings([path]) for path in paths], 0)
    assert np.array_equal(found(np.array([6, 0])), whole.kept_fraction(0.3)[[6, 0]])


def test_an_interrupted_search_for_masks_goes_on_to_the_same_bits(pictures, monkeypatch):
    monkeypatch.setattr("overinterp.search.images.LOCKSTEP_PIXELS", 32)  # groups of two images
    monkeypatch.setattr("overinterp.search.images.rows_of_passes", lambda pixels, asked, device: (2, 2))
    network, states = random_network(4), []
    whole = searched(network, pictures, range(7), keep=FRACTIONS, on_step=lambda standing: states.append(standing.state()))
    state = states[len(states) * 2 // 3]
    assert state["finished"] and set(state["finished"][0]) == set(Kept.ARRAYS)  # no orders are held
    assert same(searched(network, pictures, range(7), keep=FRACTIONS, state=state), whole)


def test_masks_of_different_searches_do_not_mix():
    one, other = (Kept.of(random_orderings(3, side=4), (fraction,)) for fraction in (0.1, 0.5))
    with pytest.raises(ValueError, match="shards of different searches"):
        concatenate([one, other])
    with pytest.raises(ValueError, match="found none"):
        concatenate([])


def test_an_imagenet_mask_takes_eleven_kilobytes():
    """1.28 million of 299x299 fit into 14 GB and a bit; orders would take 460."""
    stored = Kept.of(random_orderings(1, side=299), (9001 / 89401,))
    assert stored.kept_fraction(9001 / 89401).sum() == 9001
    assert stored.bits.nbytes == 11_176
