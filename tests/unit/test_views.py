"""Masks that are the same for every image: the border and the center."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overinterp.search.ordering import kept_pixels
from overinterp.views.masks import border, center, inwards

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
