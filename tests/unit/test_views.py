"""Views by hand, and their masks: random, kept by a search, and the same for every image."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from overinterp import sis
from overinterp.data.source import ArraySource
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.ordering import kept_pixels
from overinterp.views import paints
from overinterp.views.masks import Masks, border, center, inwards, kept, random
from overinterp.views.view import View, make_view, shown_only
from tests.unit.toys import random_orderings

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(SIDES)
def test_every_pixel_once_ring_after_ring(shape):
    order = inwards(shape)
    assert np.array_equal(np.sort(order), np.arange(shape[0] * shape[1]))
    row, column = np.divmod(order, shape[1])
    ring = np.minimum.reduce([row, shape[0] - 1 - row, column, shape[1] - 1 - column])
    assert (np.diff(ring) >= 0).all()


@given(SIDES, st.floats(0.01, 1))
def test_border_and_center_have_as_many_pixels_as_any_mask_of_that_fraction(shape, fraction):
    for mask in (border, center):
        shown = mask(shape, {"fraction": fraction}, None, None)(np.arange(3))
        assert shown.shape == (3, *shape)
        assert (shown.sum((1, 2)) == kept_pixels(shape[0] * shape[1], fraction)).all()


@given(SIDES, st.integers(0, 1000))
def test_the_center_is_what_the_border_leaves(shape, count):
    pixels = shape[0] * shape[1]
    count %= pixels + 1
    outer = border(shape, {"fraction": count / pixels}, None, None)(np.arange(1))
    inner = center(shape, {"fraction": 1 - count / pixels}, None, None)(np.arange(1))
    assert np.array_equal(inner, ~outer)


def test_whole_rings_by_hand():
    mask = border((224, 224), {"fraction": (224**2 - 214**2) / 224**2}, None, None)(np.arange(1))[0]
    assert mask[:5].all() and mask[-5:].all() and mask[:, :5].all() and mask[:, -5:].all()
    assert not mask[5:-5, 5:-5].any()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
def test_part_of_a_ring_is_spread_along_it(share):
    """Each side of the outermost ring has its share of the pixels, as nearly as whole pixels allow."""
    ring = 4 * 63
    mask = border((64, 64), {"fraction": share * ring / 64**2}, None, None)(np.arange(1))[0]
    for side in (mask[0, :-1], mask[:-1, -1], mask[-1, 1:], mask[1:, 0]):
        assert abs(side.sum() - share * 63) < 3


def test_views_by_hand():
    images = torch.tensor([[[[0.1, 0.9]], [[0.2, 0.8]]]])  # one image, two channels, 1x2
    masks, blank = Masks(lambda numbers: np.array([[[True, False]]])[numbers]), blank_tensor([0.4, 0.6])
    assert View(blank, paints.values)(images, np.array([0])).equal(images)
    shown = View(blank, paints.values, masks)(images, np.array([0]))
    assert shown.flatten().tolist() == pytest.approx([0.1, 0.4, 0.2, 0.6])
    bare = View(blank, paints.position, masks)(images, np.array([0]))
    assert bare.flatten().tolist() == pytest.approx([1.0, 0.4, 0.0, 0.6])  # no pixel value is left


def test_bare_positions_do_not_depend_on_pixel_values():
    view = make_view({"mask": "random", "paint": "position", "fraction": 0.3}, [0.3], (4, 4), seed=[1])
    a, b = torch.rand(2, 3, 1, 4, 4)
    assert view(a, np.arange(3)).equal(view(b, np.arange(3)))


def test_random_masks_are_a_function_of_the_images_number():
    """The same as one draw for the whole split would give, whichever images are asked for, in which order."""
    masks = random((8, 8), {"fraction": 0.0625}, None, [3, 1])
    order = np.random.default_rng([3, 1]).random((50, 64)).argsort(1, kind="stable")
    whole = np.zeros((50, 64), bool)
    np.put_along_axis(whole, order[:, :4], True, axis=1)
    numbers = np.random.default_rng(0).permutation(50)[:20]
    assert (masks(numbers) == whole.reshape(50, 8, 8)[numbers]).all()
    assert whole.mean(0).std() < 0.06  # spread over the image


def test_kept_masks_are_found_by_number_whatever_the_order_of_shards():
    whole = random_orderings(30, numbers=np.random.default_rng(5).permutation(100)[:30])
    shards = [whole.take(slice(first, first + 8)) for first in (24, 0, 16, 8)]
    masks = kept((8, 8), {"mask": "kept", "fraction": 0.1}, iter(shards), None)
    assert masks.numbers is None and masks.count == 7  # every image that is trained on has one
    asked = whole.index[[3, 17, 9]]
    assert (masks(asked) == whole.select(asked).kept_fraction(0.1)).all()
    with pytest.raises(ValueError, match="found no mask of image 101"):
        masks(np.array([asked[0], 101]))
    with pytest.raises(ValueError, match="more than one shard"):
        kept((8, 8), {"mask": "kept", "fraction": 0.1}, [whole, shards[0]], None)(asked)


def test_masks_at_a_threshold_are_the_subsets_and_leave_out_images_without_one():
    found = random_orderings(20)
    odds = np.where(np.arange(20)[:, None] % 4 == 0, -9, found.log_odds).astype(np.float32)
    odds[1, 0] = 0  # a subset, of an image that is not so sure as a whole
    odds[2] = 9  # the blank is as sure
    none = dataclasses.replace(found, log_odds=odds)
    masks = kept((8, 8), {"threshold": 0.9}, [none], None)
    subsets = sis.find_sis(none, 0.9)
    usable = np.flatnonzero((subsets.status == sis.FOUND) & subsets.full_at_threshold)
    assert masks.numbers.tolist() == usable.tolist() and len(usable) < 16
    assert (masks(usable).sum((1, 2)) == subsets.size[usable]).all()
    images = np.arange(20, dtype=np.uint8)[:, None, None, None].repeat(64, 1).reshape(20, 8, 8, 1)
    source, view = shown_only(ArraySource(images, np.arange(20)), View(blank_tensor([0.5]), paints.values, masks))
    assert source.labels.tolist() == usable.tolist() and (source.read([2])[0] == usable[2]).all()
    shown = view(to_float(source.read([2])), np.array([2]))
    assert ((shown[0, 0] != 0.5).numpy() == masks(usable[2:3])[0]).all()


def test_a_shard_without_a_subset_at_the_threshold_adds_nothing():
    found, view = random_orderings(20), {"threshold": 0.9}
    others = found.take(slice(7, 20))
    without = dataclasses.replace(found.take(slice(0, 7)), log_odds=np.full((7, 65), -9, np.float32))
    masks, expected = kept((8, 8), view, [without, others], None), kept((8, 8), view, [others], None)
    assert masks.numbers.tolist() == expected.numbers.tolist() != []
    assert (masks(masks.numbers) == expected(masks.numbers)).all()
    assert kept((8, 8), view, [without], None).numbers.tolist() == []
