"""Subsets with their neighbours put back and on other blanks: by hand, and where the answer is known by construction."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close
from torchvision.transforms.functional import gaussian_blur

from overinterp import perturbations, sis
from overinterp.artifacts.tables import write_table
from overinterp.data.source import ArraySource
from overinterp.inputs import Inputs
from overinterp.perturbations import COLUMNS, Shown, perturbed
from overinterp.search.images import search_images
from overinterp.tables import blanks, mask_edges
from tests.unit.toys import EXACT, network, of


def mask(*rows):
    return np.array([[cell == "#" for cell in row] for row in rows])[None]


def test_neighbourhoods_by_hand():
    one = mask(".....", ".#...", ".....", ".....", ".....")
    assert np.array_equal(perturbations.dilated(one, 1), mask("###..", "###..", "###..", ".....", "....."))
    assert perturbations.dilated(one, 2).sum() == 16
    block = mask("###..", "###..", "###..", ".....", "....#")
    # what lies outside the image counts as kept: corners of the image are no edges of the mask
    assert np.array_equal(perturbations.eroded(block), mask("##...", "##...", ".....", ".....", "....."))


@given(st.integers(0, 99), st.integers(1, 20))
def test_random_pixels_are_put_back_beside_the_subset(seed, n):
    rng = np.random.default_rng(seed)
    masks = rng.random((n, 6, 7)) < 0.3
    more = np.array([rng.integers(0, 42 - kept.sum() + 1) for kept in masks])
    found = perturbations.with_random(masks, more, np.arange(n), [seed, 2])
    assert (found.sum((1, 2)) == masks.sum((1, 2)) + more).all() and (found | ~masks).all()
    assert np.array_equal(perturbations.with_random(masks[-1:], more[-1:], np.array([n - 1]), [seed, 2])[0], found[-1])


def test_random_pixels_are_drawn_evenly_from_the_others():
    kept = np.repeat(mask("##..", "....", "...#", "...."), 2000, axis=0)
    found = perturbations.with_random(kept, np.full(2000, 3), np.arange(2000), [0, 2])
    assert np.abs(found[~kept].reshape(2000, 13).mean(0) - 3 / 13).max() < 0.05  # five standard errors


def test_fills_are_what_they_are_called():
    images = torch.rand(3, 3, 16, 16)
    others, numbers = images.flip(0), np.arange(3)
    for name in perturbations.FILLS:
        made = perturbations.filled(name, images, others, numbers, 0)
        assert made.shape == images.shape and made.dtype == torch.float32 and made.min() >= 0 and made.max() <= 1
        assert perturbations.filled(name, images[2:], others[2:], numbers[2:], 0).allclose(made[2:])
    assert perturbations.filled("white", images, others, numbers, 0).min() == 1
    wide = torch.rand(2, 3, 16, 23)
    assert_close(perturbations.filled("blur", wide, None, numbers, 0), gaussian_blur(wide, [9, 9], [2.0, 2.0]))
    labels = np.array([0, 0, 1, 1, 2])
    assert (labels[perturbations.strangers(labels, np.array([0, 3]), 0)] != labels[[0, 3]]).all()


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 60)), min_size=1, max_size=8))
def test_the_set_that_suffices_under_all_is_the_first_of_the_growing_ones(pairs):
    sizes, needed = np.array(pairs).T
    found = perturbations.suffices_under_all(lambda rows, now: now >= needed[rows], sizes, 50)
    for size, need, answer in zip(sizes, needed, found, strict=True):
        now = size
        while now < need and now < 50:
            now = min(int(np.ceil(now * perturbations.GROWTH)), 50)
        assert answer == now


class Bag(nn.Module):
    """Each pixel speaks for itself: log-odds are a sum over pixels of what each deviates from the blank, 0.5."""

    def forward(self, x):
        odds = 3 * (x - 0.5).sum((1, 2, 3)) - 1
        return torch.stack([torch.zeros_like(odds), odds], 1)


class Edges(nn.Module):
    """Likes differences between neighbours, and nothing else."""

    def forward(self, x):
        odds = 2 * (x.diff(dim=2).abs().sum((1, 2, 3)) + x.diff(dim=3).abs().sum((1, 2, 3))) - 6
        return torch.stack([torch.zeros_like(odds), odds], 1)


class Lone(nn.Module):
    """Reads one pixel, whatever stands around it."""

    def forward(self, x):
        odds = 8 * (x[:, 0, 2, 5] - 0.5)
        return torch.stack([torch.zeros_like(odds), odds], 1)


def searched(classifier, images, threshold=0.9):
    labels = np.arange(len(images)) % 2
    source = ArraySource((255 * images).astype(np.uint8), labels)
    ordering = search_images(classifier, source, range(len(images)), [0.5], EXACT)
    shown = Shown(classifier, source, ordering.index, ordering.target, [0.5], [0, 2], "cpu")
    return perturbed(shown, ordering, threshold), ordering


def table_of(rows, tmp_path, make, threshold=0.9):
    write_table(tmp_path / "a.csv", rows.assign(**of(network()), threshold=threshold))
    return make(Inputs(parts=[tmp_path / "a.csv"], settings={"threshold": threshold})).rows


def test_a_bag_of_pixels_does_not_mind_neighbours_and_an_edge_detector_does(tmp_path):
    rng = np.random.default_rng(0)
    bag = table_of(searched(Bag(), rng.random((40, 8, 8, 1)))[0], tmp_path, mask_edges.make)
    assert (bag.difference_low < 0).all() and (bag.difference_high > 0).all()
    # smooth pictures, brighter to one corner, with a little noise: edges are mostly those of the mask
    slope = np.linspace(0, 0.4, 8)
    smooth = 0.55 + (slope[:, None] + slope)[..., None] / 2 + 0.02 * rng.random((40, 8, 8, 1))
    edge = table_of(searched(Edges(), smooth, 0.6)[0], tmp_path, mask_edges.make, 0.6)
    assert (edge.difference_high < -0.1).all(), edge[["radius", "difference", "difference_low", "difference_high"]]
    assert (edge.confidence_sis >= 0.6).all()


def test_a_subset_that_only_its_blank_makes_sufficient_is_found_out(tmp_path):
    """Bag counts what deviates from 0.5: on white every subset suffices, on black none, whatever its own pixels."""
    rows, ordering = searched(Bag(), 0.45 + 0.5 * np.random.default_rng(0).random((20, 8, 8, 1)))
    found = table_of(rows, tmp_path, blanks.make).set_index("fill")
    assert found.sufficient_share["search"] == 1 and found.confidence["search"] >= 0.9
    assert found.sufficient_share["white"] == 1 and found.sufficient_share["black"] == 0 == found.sufficient_share["all"]
    # it takes nearly the whole image to keep black from counting
    assert found.size_ratio["all"] > 4
    assert set(rows["index"]) == set(ordering.index)


def test_a_subset_that_suffices_whatever_stands_around_it_survives_every_fill(tmp_path):
    """The same pictures for a network that reads one pixel and for one that adds up all of them."""
    images = 0.45 + 0.5 * np.random.default_rng(0).random((20, 8, 8, 1))
    images[:, 2, 5] = 0.95
    rows, _ = searched(Lone(), images)
    found = table_of(rows, tmp_path, blanks.make).set_index("fill")
    assert {"black", "white", "noise", "blur", "another", "all"} <= set(found.index)
    assert (found.sufficient_share == 1).all() and found.size_ratio["all"] == 1 and (rows.size_pixels == 1).all()
    found = table_of(searched(Bag(), images)[0], tmp_path, blanks.make).set_index("fill")
    assert found.sufficient_share["all"] == 0 and found.size_ratio["all"] > 4


def test_without_another_class_no_other_image_is_a_fill(tmp_path):
    """The image itself in its place would keep every subset, whatever the network."""
    images = (255 * (0.45 + 0.5 * np.random.default_rng(0).random((8, 6, 6, 1)))).astype(np.uint8)
    source = ArraySource(images, np.ones(8))
    ordering = search_images(Bag(), source, range(8), [0.5], EXACT)
    rows = perturbed(Shown(Bag(), source, ordering.index, ordering.target, [0.5], [0, 2], "cpu"), ordering, 0.9)
    table = table_of(rows, tmp_path, blanks.make)
    assert list(table.fill) == ["search", "black", "white", "noise", "blur", "all"]


def test_the_mean_colour_is_a_fill_where_the_blank_is_another(tmp_path):
    """Found on black, tested on 0.5 too, which says nothing to Bag: what is left are the subset's own pixels."""
    images = (255 * (0.45 + 0.5 * np.random.default_rng(0).random((12, 6, 6, 1)))).astype(np.uint8)
    source = ArraySource(images, np.arange(12) % 2)
    ordering = search_images(Bag(), source, range(12), [0.0], EXACT)
    given = (Bag(), source, ordering.index, ordering.target, [0.0], [0, 2], "cpu")
    assert list(Shown(*given).fills) == list(Shown(*given, mean=[0.0]).fills) == list(perturbations.FILLS)
    rows = perturbed(Shown(*given, mean=[0.5]), ordering, 0.9)
    subsets = sis.find_sis(ordering, 0.9)
    assert (subsets.status == sis.FOUND).all() and (ordering.target == 1).all()
    kept = sis.masks(ordering, subsets)[..., None]
    odds = 3 * np.where(kept, images / 255 - 0.5, 0).sum((1, 2, 3)) - 1
    assert rows[rows.variant == "mean"].confidence.to_numpy() == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-4)
    table = table_of(rows, tmp_path, blanks.make).set_index("fill")
    assert list(table.index) == ["search", *perturbations.FILLS, "mean", "all"]
    assert table.sufficient_share["all"] <= table.sufficient_share["mean"] == (odds >= np.log(9)).mean()


def test_the_tables_by_hand(tmp_path):
    variants = {"sis": 0.95, "neighbours_1": 0.5, "random_1": 0.8, "neighbours_2": 0.4, "random_2": 0.8, "eroded": 0.2}
    fills = {"black": 0.95, "white": 0.2, "noise": 0.9, "blur": 0.99, "another": 0.1, "all": np.nan}
    rows = [
        {"index": image, "correct": True, "size_pixels": 5, "test": test, "variant": name, "pixels": 5 if name != "all" else 10,
         "confidence": value, **of(network(seed=seed)), "threshold": 0.9}
        for seed in range(2) for image in range(3 + seed)
        for test, named in (("edges", variants), ("fill", fills)) for name, value in named.items()
    ]  # fmt: skip
    for seed in range(2):
        write_table(tmp_path / f"{seed}.csv", pd.DataFrame([row for row in rows if row["seed"] == seed]))
    inputs = Inputs(parts=[tmp_path / "0.csv", tmp_path / "1.csv"], settings={"threshold": 0.9})
    edge = mask_edges.make(inputs).rows.set_index("radius")
    assert edge.difference[1] == pytest.approx(-0.3) and edge.difference[2] == pytest.approx(-0.4)
    assert edge.models[1] == 2 and edge.images[1] == 4
    found = blanks.make(inputs).rows.set_index("fill")
    assert found.confidence["white"] == pytest.approx(0.2) and found.sufficient_share["noise"] == 1
    assert found.sufficient_share["all"] == 0 and found.size_ratio["all"] == pytest.approx(2)


def test_nothing_found_is_nothing_shown(tmp_path):
    empty = pd.DataFrame(columns=COLUMNS)
    for module in (mask_edges, blanks):
        assert len(table_of(empty, tmp_path, module.make)) == 0


def test_noise_is_even_over_the_range_and_another_image_is_another():
    noise = perturbations.filled("noise", torch.full((4, 3, 32, 32), 0.5), None, np.arange(4), 0).numpy()
    assert np.abs(np.quantile(noise, [0.1, 0.5, 0.9]) - [0.1, 0.5, 0.9]).max() < 0.02
    assert np.abs(np.corrcoef(noise.reshape(12, -1)) - np.eye(12)).max() < 0.15  # channels and images apart

    class Neither(nn.Module):
        def forward(self, x):
            return torch.zeros(len(x), 2)

    pictures = np.array([10, 200], np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8)
    both = np.arange(2)
    shown = Shown(Neither(), ArraySource(pictures, both), both, both, [0.5], 0, "cpu")
    assert (255 * shown.fills["another"][:, 0, 0, 0]).round().tolist() == [200, 10]
