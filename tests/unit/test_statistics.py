"""Intervals: coverage by simulation, missing values, shared resamples."""

import numpy as np
import pytest

from overinterp.statistics import difference_interval, interval, ratio_interval


def test_the_mean_is_over_networks_of_each_ones_mean():
    values = np.array([[1.0, 3.0, np.nan], [10.0, np.nan, np.nan], [np.nan] * 3])
    assert interval(values)[0] == pytest.approx((2 + 10) / 2)
    assert np.isnan(interval(np.full((2, 3), np.nan))).all()


def test_coverage_of_the_mean():
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(400):
        mean, low, high = interval(rng.exponential(size=80), seed=trial, draws=300)
        assert low <= mean <= high
        hits += low <= 1 <= high
    assert 0.90 <= hits / 400 <= 0.98


def test_networks_share_the_images_of_a_resample():
    """Two networks that agree on every image say no more than one: the interval must not shrink."""
    values = np.random.default_rng(1).normal(size=100)
    assert interval(np.stack([values, values])) == pytest.approx(interval(values))
    opposite = interval(np.stack([values, -values]))
    assert opposite[2] - opposite[1] < 1e-12


def test_coverage_of_the_relative_difference():
    rng = np.random.default_rng(2)
    hits = 0
    for trial in range(300):
        values = rng.gamma(4, size=(2, 150)) * 2
        group = rng.random(150) < 0.5
        first, second = np.where(group, values * 1.5, np.nan), np.where(group, np.nan, values)
        _, low, high = difference_interval(first, second, seed=trial, draws=300)
        hits += low <= 0.5 <= high
    assert 0.90 <= hits / 300 <= 0.99


def test_the_relative_difference_pools_networks_and_shares_resamples():
    first = np.array([[8.0, np.nan, 8.0], [2.0, np.nan, np.nan]])
    second = np.array([[np.nan, 4.0, np.nan], [np.nan, 4.0, 4.0]])
    assert difference_interval(first, second)[0] == pytest.approx(6 / 4 - 1)
    values = np.random.default_rng(3).gamma(4, size=100)
    assert difference_interval(2 * values, values) == pytest.approx((1, 1, 1))
    assert np.isnan(difference_interval(values, np.full(100, np.nan))).all()


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(4).normal(size=(2, 50))
    assert interval(values) == interval(values) != interval(values, seed=1)


def test_a_pooled_ratio_weighs_images_by_their_counts():
    value, low, high = ratio_interval(np.array([1, 9]), np.array([10, 10]))
    assert value == 0.5 and low <= 0.5 <= high
    assert np.isnan(ratio_interval(np.array([]), np.array([]))).all()
    assert np.isnan(ratio_interval(np.zeros(3), np.zeros(3))).all()
