"""Intervals: coverage by simulation, missing values, shared resamples."""

import numpy as np
import pytest

from overinterp import statistics
from overinterp.significance import holm, larger, paired_test
from overinterp.statistics import (
    above_interval,
    difference_interval,
    interval,
    ratio_at_equal,
    ratio_interval,
    ratio_of_groups,
    ratio_within,
    share_between,
    share_interval,
    share_of,
    wilson,
)


def test_the_mean_is_over_networks_of_each_ones_mean():
    values = np.array([[1.0, 3.0, np.nan], [10.0, np.nan, np.nan], [np.nan] * 3])
    assert interval(values)[0] == pytest.approx((2 + 10) / 2)
    assert np.isnan(interval(np.full((2, 3), np.nan))).all()


@pytest.fixture
def few_draws(monkeypatch):
    """For simulations of many intervals."""
    monkeypatch.setattr(statistics, "DRAWS", 300)


def test_coverage_of_the_mean(few_draws):
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        mean, low, high = interval(rng.exponential(size=80))
        assert low <= mean <= high
        hits += low <= 1 <= high
    assert 0.90 <= hits / 400 <= 0.98


def test_networks_share_the_images_of_a_resample():
    """Two networks that agree on every image say no more than one: the interval must not shrink."""
    values = np.random.default_rng(1).normal(size=100)
    assert interval(np.stack([values, values])) == pytest.approx(interval(values))
    opposite = interval(np.stack([values, -values]))
    assert opposite[2] - opposite[1] < 1e-12


def test_coverage_of_the_relative_difference(few_draws):
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(300):
        values = rng.gamma(4, size=(2, 150)) * 2
        group = rng.random(150) < 0.5
        first, second = np.where(group, values * 1.5, np.nan), np.where(group, np.nan, values)
        _, low, high = difference_interval(first, second)
        hits += low <= 0.5 <= high
    assert 0.90 <= hits / 300 <= 0.99


def test_the_relative_difference_pools_networks_and_shares_resamples():
    first = np.array([[8.0, np.nan, 8.0], [2.0, np.nan, np.nan]])
    second = np.array([[np.nan, 4.0, np.nan], [np.nan, 4.0, 4.0]])
    assert difference_interval(first, second)[0] == pytest.approx(6 / 4 - 1)
    values = np.random.default_rng(3).gamma(4, size=100)
    assert difference_interval(2 * values, values) == pytest.approx((1, 1, 1))
    assert np.isnan(difference_interval(values, np.full(100, np.nan))).all()


def test_of_fewer_than_eight_images_no_interval_is_given():
    for n, given in ((7, False), (8, True)):
        values = np.arange(1.0, n + 1)
        missing = np.full((2, 3), np.nan)  # images that no network has a value for do not count
        for found in (
            interval(np.hstack([np.stack([values, values]), missing])),
            ratio_interval(values, values + 1),
            difference_interval(values, values[::-1]),
            above_interval(values, values + 1, 0.5),
            (0.5, *wilson(0.5, n)),
        ):
            assert not np.isnan(found[0]) and np.isnan(found[1:]).all() != given


def test_wilsons_interval_by_hand():
    z = 1.959964
    assert wilson(1, 8) == pytest.approx((8 / (8 + z**2), 1))
    level = 1 - 0.05 / 3
    assert wilson(0, 21, level)[0] == share_of(0, 21, level)[1] == 0 and share_of(21, 21, level)[2] == 1  # to the bit
    middle, half = (0.25 + z**2 / 80) / (1 + z**2 / 40), z * np.sqrt(0.25 * 0.75 / 40 + z**2 / 80**2) / (1 + z**2 / 40)
    assert wilson(0.25, 40) == pytest.approx((middle - half, middle + half))


def test_a_share_has_a_width_where_a_bootstrap_has_none():
    hits = np.array([1, 0, 0, 0] * 10, float)
    assert share_interval(hits) == share_interval(np.stack([hits, np.full(40, np.nan)])) == (0.25, *wilson(0.25, 40))
    assert share_interval(np.stack([hits, 1 - hits])) == interval(np.stack([hits, 1 - hits])) != (0.5, *wilson(0.5, 40))
    for all_alike in (0, 1):
        same = np.full((2, 40), float(all_alike))
        assert interval(same) == (all_alike, all_alike, all_alike)
        assert share_interval(same) == share_interval(same[0]) == (all_alike, *wilson(all_alike, 40))
    assert np.isnan(share_interval(np.full((2, 40), np.nan))).all() and np.isnan(share_interval(hits[:7])[1:]).all()


def test_a_pooled_ratio_weighs_images_by_their_counts():
    value, low, high = ratio_interval(np.array([1, 9] * 4), np.array([10, 10] * 4))
    assert value == 0.5 and low <= 0.5 <= high
    assert np.isnan(ratio_interval(np.array([]), np.array([]))).all()
    assert np.isnan(ratio_interval(np.zeros(3), np.zeros(3))).all()


def crossed(rng, networks=5, images=100):
    """Values of networks that see the same images: an effect of each image, a smaller one of each network, and noise."""
    return 1 + rng.normal(0, 1, images) + rng.normal(0, 0.05, (networks, 1)) + rng.normal(0, 0.5, (networks, images))


def nested_interval(values, rng, draws):
    """What must not be done: each network draws images of its own, as if no two networks had seen the same ones."""
    networks, images = values.shape
    chosen = rng.integers(networks, size=(draws, networks, 1))
    means = values[chosen, rng.integers(images, size=(draws, networks, images))].mean((1, 2))
    return np.quantile(means, [0.025, 0.975])


def test_coverage_with_images_and_networks_crossed(few_draws):
    rng, hits, nested, trials = np.random.default_rng(5), 0, 0, 1000
    for _ in range(trials):
        values = crossed(rng)
        _, low, high = interval(values)
        hits += low <= 1 <= high
        low, high = nested_interval(values, rng, 300)
        nested += low <= 1 <= high
    assert hits / trials >= 0.93
    assert nested / trials < 0.85


def test_a_ratio_of_groups_is_over_images_and_from_five_on_over_networks(few_draws):
    """Networks of values twice as large on every image: exactly 2. Where networks differ the interval holds others' ratio."""
    rng = np.random.default_rng(6)
    images = np.exp(rng.normal(0, 1, 40))
    assert ratio_of_groups(2 * images * np.ones((5, 1)), images * np.ones((8, 1))) == pytest.approx((2, 2, 2))
    assert np.isnan(ratio_of_groups(np.ones((5, 0)), np.ones((8, 0)))).all()
    many = images * np.exp(rng.normal(0, 0.3, (5, 40)))
    assert ratio_of_groups(many, many) == (1, 1, 1)
    against = images * np.exp(rng.normal(0, 0.3, (6, 40)))
    assert ratio_of_groups(many, against) == ratio_of_groups(many, against)  # resamples are always the same
    spread = images * np.exp(rng.normal(0, 0.3, (4, 1)))
    few = ratio_of_groups(spread, images[None])  # of four the spread between networks is not known
    assert few[2] - few[1] < 1e-9
    hits = 0
    for _ in range(200):
        first, second = (
            np.exp(rng.normal(0, 0.3, (count, 1)) + rng.normal(0, 1, 30) + rng.normal(0, 0.3, (count, 30))) for count in (8, 9)
        )
        _, low, high = ratio_of_groups(2 * first, second)
        hits += low <= 2 <= high
    assert hits >= 170  # percentile intervals of so few networks hold some 90 %


def test_networks_are_resampled_from_five_on():
    """Constant networks that differ: no image says how much, only other networks would."""
    values = np.arange(5.0)[:, None] * np.ones((5, 30))
    _, low, high = interval(values)
    assert low < 1.5 and high > 2.5
    assert interval(values[:4])[1:] == (1.5, 1.5)
    ratio = difference_interval(values + 1, np.ones((5, 30)))
    assert ratio[0] == pytest.approx(2) and ratio[1] < 1.5 and ratio[2] > 2.5


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, np.nan])) == pytest.approx([0.03, 0.06, 0.06, np.nan], nan_ok=True)
    assert holm(np.array([0.5, 0.9])) == pytest.approx([1, 1]) == holm(np.array([0.7, 0.9]))


def test_the_paired_test_sees_what_is_shared():
    rng = np.random.default_rng(6)
    images = rng.normal(0, 10, 60)
    assert paired_test(images + 1 + rng.normal(0, 0.5, 60), images) < 1e-6
    assert paired_test(images, images) == 1
    assert np.isnan(paired_test(np.array([]), np.array([])))


def test_the_larger_of_two_groups_by_hand():
    """Of 5 and 5 images, all that are 1 in the first: one of C(10, 5) ways. Ranks likewise; equal values tell nothing."""
    assert larger(np.ones(5), np.zeros(5)) == pytest.approx(1 / 252) and larger(np.zeros(5), np.ones(5)) == 1
    assert larger(np.arange(5) + 7.5, np.arange(5.0)) == pytest.approx(1 / 252)
    assert larger(np.ones(5), np.repeat([1.0, 0.0], [40, 5])) == pytest.approx(0.58, abs=0.01)  # five of five against 40 of 45
    assert larger(np.full(4, 0.5), np.full(9, 0.5)) == 1


@pytest.mark.parametrize("networks", [1, 2, 6])
def test_a_ratio_at_equal_confidence_is_freed_of_confidence(networks):
    """Values are exp(1 + 0.3 h - 0.05 h^2) times 2 in the first group, whose h is larger: the ratio is 2, of means more."""
    rng = np.random.default_rng(networks)
    first = rng.random((networks, 60)) < 0.6
    held = rng.normal(2 * first, 1)
    values = np.exp(1 + 0.3 * held - 0.05 * held**2) * np.where(first, 2, 1)
    values[0, :5] = np.nan
    assert ratio_at_equal(values, first, held) == pytest.approx((2, 2, 2))
    apart = [np.log(values[~np.isnan(values) & (first == side)]).mean() for side in (True, False)]
    assert np.exp(apart[0] - apart[1]) > 2.2
    noisy = ratio_at_equal(values * np.exp(rng.normal(0, 0.3, values.shape)), first, held)
    assert noisy[1] < noisy[0] < noisy[2] and noisy[1] < 2 < noisy[2]


def test_a_ratio_at_equal_confidence_of_one_group_or_few_images_has_no_interval():
    values, held = np.full(30, 5.0), np.linspace(-1, 1, 30)
    assert np.isnan(ratio_at_equal(values, np.ones(30), held)).all()
    few = ratio_at_equal(values, np.arange(30) < 4, held)
    assert few[0] == pytest.approx(1) and np.isnan(few[1:]).all()
    assert ratio_at_equal(values, np.arange(30) % 2, np.zeros(30)) == pytest.approx((1, 1, 1))  # nothing that differs to hold


def classes_apart(rng, truth: float, images: int):
    """Values of ten classes whose means have this share of the variance."""
    means = rng.normal(size=10)
    of = rng.integers(0, 10, images)
    means = (means - means.mean()) / means.std() * np.sqrt(truth)
    return means[of] + rng.normal(size=images) * np.sqrt(1 - truth), of


@pytest.mark.parametrize(("truth", "images"), [(0.85, 93), (0.4, 93), (0, 60)])
def test_the_share_that_lies_between_classes_and_its_interval(truth, images):
    rng, found = np.random.default_rng(images), []
    for _ in range(200):
        found.append(share_between(*classes_apart(rng, truth, images)))
    share, low, high = np.transpose(found)
    assert share.mean() == pytest.approx(truth, abs=0.02)
    assert ((low <= truth) & (truth <= high)).mean() >= 0.9


def test_the_share_between_classes_by_its_definition():
    """Epsilon squared, and a jackknife by leaving images out one after the other; classes of one image are left out."""
    rng = np.random.default_rng(1)
    values, of = classes_apart(rng, 0.6, 60)
    of[:3] = 10, 11, 12

    def share(values, of):
        parts = [values[of == one] for one in np.unique(of) if (of == one).sum() > 1]
        whole = np.concatenate(parts)
        within = sum(((part - part.mean()) ** 2).sum() for part in parts) / (len(whole) - len(parts))
        return 1 - within / whole.var(ddof=1)

    value, low, high = share_between(values, of)
    assert value == pytest.approx(share(values, of))
    kept = [row for row in range(60) if (of == of[row]).sum() > 1]
    logs = np.log([1 - share(np.delete(values, row), np.delete(of, row)) for row in kept])
    error = np.sqrt((len(kept) - 1) * logs.var())
    assert (low, high) == pytest.approx(tuple(1 - (1 - value) * np.exp(sign * 1.959964 * error) for sign in (1, -1)), abs=0.01)
    two = share_between(np.stack([values, 3 * values + 1]), np.stack([of, of]))  # no unit, and networks alike are one
    assert two == pytest.approx((value, low, high))
    assert share_between(np.stack([values, np.full(60, np.nan)]), np.stack([of, of])) == pytest.approx((value, low, high))


def test_a_share_between_classes_that_cannot_be_told():
    assert np.isnan(share_between(np.ones(20), np.arange(20) % 2)).all()  # nothing differs
    assert np.isnan(share_between(np.arange(20.0), np.arange(20))).all()  # one image a class
    assert np.isnan(share_between(np.arange(20.0), np.zeros(20))).all()  # one class
    assert np.isnan(share_between(np.full(20, np.nan), np.arange(20) % 2)).all()
    assert share_between(np.arange(20) % 2 + 1.0, np.arange(20) % 2)[0] == 1  # the class alone
    assert np.isnan(share_between(np.arange(6.0), np.arange(6) % 2)[1:]).all()


@pytest.mark.parametrize("networks", [1, 3])
def test_a_ratio_within_classes_is_freed_of_classes(networks):
    """Sizes go by the class, and are half as large again in the first kind, of which other classes are common."""
    rng = np.random.default_rng(networks)
    of = [np.minimum(rng.integers(0, 6, (networks, 80)), rng.integers(low, 6, (networks, 80))) for low in (0, 3)]
    first, second = np.exp(0.4 * of[0]) * 1.5, np.exp(0.4 * of[1])
    second[0, :9] = np.nan
    assert ratio_within(first, second, *of) == pytest.approx((1.5, 1.5, 1.5))
    first, second = (values * np.exp(rng.normal(0, 0.5, values.shape)) for values in (first, second))
    value, low, high = ratio_within(first, second, *of)
    rows = [
        (kind, network * 6 + of[kind][network, image], np.log(values[network, image]))
        for kind, values in enumerate((first, second)) for network in range(networks) for image in range(80)
        if not np.isnan(values[network, image])
    ]  # fmt: skip
    kind, cell, logs = np.transpose(rows)
    cells = cell[:, None] == np.arange(6 * networks)
    fitted = np.linalg.lstsq(np.column_stack([kind == 0, cells]), logs, rcond=None)[0][0]
    assert value == pytest.approx(np.exp(fitted)) and low < value < high


def test_a_ratio_within_classes_holds_the_truth_as_often_as_it_says(few_draws):
    rng, held = np.random.default_rng(0), 0
    for _ in range(200):
        of = rng.integers(0, 10, (2, 90))
        sizes = np.exp(0.3 * of + rng.normal(0, 0.5, of.shape))
        _, low, high = ratio_within(*sizes, *of)
        held += low <= 1 <= high
    assert 0.9 <= held / 200 <= 0.99


def test_a_ratio_within_classes_is_over_networks_from_five_on():
    """Ratios of six networks are 1 to 6; with four they are these networks'."""
    rng = np.random.default_rng(0)
    of = rng.integers(0, 4, (6, 60))
    second = np.exp(0.3 * of)
    first = second * np.arange(1.0, 7)[:, None]
    value, low, high = ratio_within(first, second, of, of)
    assert low < 0.85 * value and high > 1.15 * value
    value, low, high = ratio_within(first[:4], second[:4], of[:4], of[:4])
    assert 0.9 * value < low and high < 1.1 * value


def test_images_of_a_class_without_a_partner_do_not_count_towards_an_interval():
    """Of twelve images on one side seven are of the class that the other side has."""
    of_first, of_second = np.r_[np.zeros(7), np.ones(5), np.zeros(8)], np.zeros(20)
    first = np.r_[np.full(12, 2.0), np.full(8, np.nan)]
    value, low, high = ratio_within(first, np.where(np.arange(20) < 12, np.nan, 1.0), of_first, of_second)
    assert value == pytest.approx(2) and np.isnan([low, high]).all()
    values, of = np.r_[np.arange(7.0), 9, 9], np.r_[np.arange(7) % 2, 5, 6]  # of nine images two are alone of their class
    assert np.isnan(share_between(values, of)[1:]).all()


def test_a_ratio_within_classes_without_a_class_of_both_kinds():
    assert np.isnan(ratio_within(np.ones(20), np.ones(20), np.zeros(20), np.ones(20))).all()
    few = ratio_within(np.full(20, 2.0), np.where(np.arange(20) < 7, 1, np.nan), np.zeros(20), np.zeros(20))
    assert few[0] == pytest.approx(2) and np.isnan(few[1:]).all()


def test_ratios_are_of_pairs_and_share_their_resamples():
    rng = np.random.default_rng(0)
    values = rng.integers(1, 30, 60)
    assert ratio_interval(3 * values, values) == pytest.approx((3, 3, 3))
    values = rng.random(60) + 1
    assert above_interval(2 * values - 0.5, values, 0.5) == pytest.approx((2, 2, 2))


def test_there_is_no_share_of_a_height_that_the_floor_may_reach():
    """A resample in ten has the second at the floor or below it: that its median is above does not do."""
    values = np.r_[np.zeros(32), np.full(8, 1.0)]
    assert np.isnan(above_interval(values, values, 0.12)).all()
    assert above_interval(values, values, 0.05)[0] == 1


def test_networks_of_two_groups_are_drawn_independently():
    (_, first, second), *_ = statistics._resamples(10, 5, 5)
    assert (first.sum(0) == 5).all() and (second.sum(0) == 5).all() and (first != second).any(0).mean() > 0.9


def test_intervals_of_ratios_hold_the_truth_as_often_as_they_say():
    """Pooled shares that grow with the size of what they are of; and hits of two networks above a floor."""
    rng, held = np.random.default_rng(0), np.zeros(2)
    for _ in range(150):
        below = rng.integers(5, 60, 60)
        _, low, high = ratio_interval(rng.binomial(below, below / 80), below)
        held[0] += low <= np.mean(np.arange(5, 60) ** 2 / 80) / np.mean(np.arange(5, 60)) <= high
        first, second = (rng.random((2, 80)) < np.array([[0.6], [0.8]])).astype(float)
        _, low, high = above_interval(first, second, 0.1)
        held[1] += low <= 5 / 7 <= high
    assert ((held / 150 >= 0.89) & (held / 150 <= 0.99)).all(), held


def test_a_ratio_at_equal_confidence_is_over_networks_from_five_on():
    rng = np.random.default_rng(0)
    first, held = np.arange(60) % 2 == np.zeros((6, 1)), rng.normal(0, 1, (6, 60))
    values = np.exp(first * np.log(np.arange(1.0, 7))[:, None])  # six networks whose ratios are 1 to 6
    value, low, high = ratio_at_equal(values, first, held)
    assert low < 0.85 * value and high > 1.15 * value
    value, low, high = ratio_at_equal(values[:4], first[:4], held[:4])
    assert 0.9 * value < low and high < 1.1 * value


def test_of_classes_whose_sizes_are_all_alike_the_share_is_one_without_an_interval():
    """A class's mean may be off in the last bit, so that what is left within it is not quite nothing."""
    sizes = np.repeat([2, 4, 5, 7], [20, 17, 11, 12])
    share, low, high = share_between(np.log(sizes), sizes)
    assert share == 1 and np.isnan([low, high]).all()
