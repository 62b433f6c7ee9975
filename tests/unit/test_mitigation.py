"""Calibration, temperature, and remedies compared on matched images."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import wilcoxon

from overinterp import calibration
from overinterp.data.source import ArraySource
from overinterp.inputs import Inputs
from overinterp.pixels import blank_tensor
from overinterp.search.images import search_images
from overinterp.search.ordering import Ordering
from overinterp.tables import mitigation
from tests.unit.toys import EXACT, GRADIENT, Additive, Found, network, random_network, random_orderings


def test_calibration_error_by_hand():
    sure = np.log([[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 2)
    labels = np.array([0, 0, 0, 1, 0, 1])
    expected = (abs(3 - 3.6) + abs(1 - 1.2)) / 6  # two bins: 4 images of 0.9, 2 of 0.6
    assert calibration.calibration_error(sure, labels) == pytest.approx(expected)
    certain = np.array([[1000.0, 0.0]] * 4)  # a confidence of 1 is in the last bin
    assert calibration.calibration_error(certain, np.array([0, 0, 0, 1])) == pytest.approx(0.25)


def test_the_temperature_is_recovered():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 5))
    labels = (softmax(logits, axis=1).cumsum(1) > rng.random((len(logits), 1))).argmax(1)
    assert calibration.fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.05)
    assert calibration.calibration_error(logits, labels) < 0.02 < calibration.calibration_error(3 * logits, labels)


@pytest.mark.parametrize("options", [EXACT, GRADIENT])
def test_columns_shown_again_give_the_log_odds_of_the_search(source, options):
    network = random_network(1)
    ordering = search_images(network, source, range(6), [0.25], options)
    again = calibration.scaled_log_odds(network, source, ordering, blank_tensor([0.25]), 1.0)
    assert again == pytest.approx(ordering.log_odds, abs=1e-5)


def test_an_interrupted_scaling_goes_on_to_the_same_numbers(source):
    network = random_network(1)
    ordering = search_images(network, source, range(6), [0.25], GRADIENT)
    shown = []
    whole = calibration.scaled_log_odds(network, source, ordering, blank_tensor([0.25]), 1.7, on_image=shown.append)
    assert [len(part) for part in shown] == [1, 2, 3, 4, 5, 6]
    rest = calibration.scaled_log_odds(network, source, ordering, blank_tensor([0.25]), 1.7, done=shown[2])
    assert (rest == whole).all()


def test_a_temperature_by_hand(source):
    def always(x):
        return torch.tensor([0.0, 4.0, 0.0]).expand(len(x), -1)

    ordering = search_images(random_network(1), source, range(6), [0.25], GRADIENT)
    ordering = dataclasses.replace(ordering, target=np.array([0, 1, 2, 0, 1, 2]))
    odds = calibration.scaled_log_odds(always, source, ordering, blank_tensor([0.25]), 2.0)
    assert odds[ordering.target == 1] == pytest.approx(2 - np.log(2))
    assert odds[ordering.target != 1] == pytest.approx(-np.log(1 + np.exp(2)))


def classifier(row, sizes, sure=10.0, pixels=16, right=True):
    """A classifier whose subset of each image has a size of its own: confident until all but so many pixels are gone."""
    n = len(sizes)
    order = np.tile(np.arange(pixels, dtype=np.uint16), (n, 1))
    removed = np.tile(np.arange(pixels + 1, dtype=np.int32), (n, 1))
    confident = removed <= pixels - np.array(sizes)[:, None]
    odds = np.where(confident, sure, -sure).astype(np.float32)
    labels = np.arange(n) % 2
    target = labels if right else 1 - labels
    zeros = np.zeros(n, np.int64)
    ordering = Ordering(order, removed, odds, target, labels, target, np.arange(n), zeros, zeros, 4, 4)
    return mitigation.Remedy(row, {"test_images": 2 * n, "accuracy": 1.0}, [], ordering, ordering)


ROW = network()


def test_sizes_are_paired_on_images_that_all_have_right():
    groups = {"plain": [classifier(ROW, [2] * 12), classifier(ROW, [4] * 12)], "remedy": [classifier(ROW, [6] * 12)]}
    table = mitigation.compare(groups, "plain", 0.9).set_index("group")
    assert table.loc["plain", "mean_size_pixels"] == 3
    assert table.loc["remedy", "size_ratio"] == pytest.approx(2)
    assert table.loc["remedy", ["ratio_least", "ratio_most"]].tolist() == pytest.approx([6 / 4, 6 / 2])  # network by network
    assert table.loc["plain", ["ratio_least", "ratio_most"]].isna().all()
    assert table.loc["remedy", "p"] < 0.01 and np.isnan(table.loc["plain", "p"])
    assert table.loc["remedy", "p"] == table.loc["remedy", "p_smallest"] == 2 / 2**12  # all twelve point one way
    assert table.matched_images.tolist() == [12, 12]
    groups["remedy"].append(classifier(ROW, [6] * 12, right=False))
    table = mitigation.compare(groups, "plain", 0.9)
    assert table.matched_images.tolist() == [0, 0] and table.mean_size_pixels.isna().all()


def test_ratios_are_tested_and_not_differences():
    """Half of the images twice as large, half of them half as large: no ratio is preferred, though differences are."""
    sizes = np.array([1, 2, 3, 4, 5, 6])
    groups = {
        "plain": [classifier(ROW, [*sizes, *2 * sizes])],
        "remedy": [classifier(ROW, [*2 * sizes, *sizes + 0 * sizes])],
    }
    row = mitigation.compare(groups, "plain", 0.9).set_index("group").loc["remedy"]
    assert row.size_ratio == pytest.approx(1) and row.p == 1
    assert np.isnan(row.ratio_least)  # one network a side
    groups["remedy"] = [classifier(ROW, [3, 4, 5, 6, 7, 8, *sizes])]  # by two more, or by half: unlike in ratios alone
    row = mitigation.compare(groups, "plain", 0.9).set_index("group").loc["remedy"]
    ratios = np.log(np.array([3, 4, 5, 6, 7, 8, *sizes]) / np.array([*sizes, *2 * sizes]))
    assert row.p == pytest.approx(wilcoxon(ratios).pvalue)


def test_p_is_adjusted_over_all_comparisons_and_thresholds(tmp_path):
    """Two comparisons of one remedy each: the smaller p counts twice, though each is alone at its threshold."""
    sizes = np.arange(2, 14)
    found = {"plain": sizes, "larger": sizes + 1, "mixed": sizes + np.where(np.arange(12) % 3, 1, -1)}
    metrics = {"accuracy": 1.0, "corrupted_accuracy": None, "calibration_error": 0.0, "fitted": []}
    searches, parts = [], []
    for name, own in found.items():
        ordering = classifier(ROW, own).ordering
        searches.append(Found(network(name, model=name), ordering))
        parts += [tmp_path / "temperature" / f"{name}.json", tmp_path / "scaled" / name / "exact" / "test" / "shard-0.npz"]
        for path in parts[-2:]:
            path.parent.mkdir(parents=True, exist_ok=True)
        parts[-2].write_text(json.dumps(metrics))
        np.savez(parts[-1], index=ordering.index, log_odds=ordering.log_odds)
    comparisons = [
        {"name": str(threshold), "threshold": threshold, "baseline": "plain", "groups": {"plain": ["plain"], "remedy": [remedy]}}
        for threshold, remedy in ((0.6, "larger"), (0.9, "mixed"))
    ]
    table = mitigation.make(Inputs(searches=searches, parts=parts, settings={"comparisons": comparisons})).rows
    smaller, larger = (wilcoxon(np.log(found[name] / sizes)).pvalue for name in ("larger", "mixed"))
    assert 2 * smaller < larger
    for ending in ("", "_scaled"):
        rows = table[table.group == "remedy"].set_index("threshold")
        assert rows[f"p{ending}"].tolist() == pytest.approx([smaller, larger])
        assert rows[f"p_holm{ending}"].tolist() == pytest.approx([2 * smaller, larger])
    assert table[table.baseline].p_holm.isna().all()


def test_a_less_confident_twin_has_larger_subsets_until_it_is_calibrated():
    """The same network behind a temperature: larger subsets at one threshold, the same ones once both are calibrated."""
    plain = Additive(np.full((1, 4, 4), 0.6))

    class Cooler(torch.nn.Module):
        def forward(self, x):
            return plain(x) / 1.5

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (200, 4, 4, 1), dtype=np.uint8)
    clean = plain(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255).numpy()
    labels = (rng.random(200) < softmax(clean / 2, axis=1)[:, 1]).astype(np.int64)
    split, found, blank = ArraySource(pixels, labels), {}, blank_tensor([0.0])
    for name, one, logits in (("plain", plain, clean), ("cooler", Cooler(), clean / 1.5)):
        metrics = calibration.metrics(logits, labels, (logits, labels))
        ordering = search_images(one, split, range(200), [0.0], EXACT)
        odds = calibration.scaled_log_odds(one, split, ordering, blank, metrics["temperature"])
        found[name] = [
            mitigation.Remedy(ROW, metrics, metrics.pop("fitted"), ordering, dataclasses.replace(ordering, log_odds=odds))
        ]
    table = mitigation.compare(found, "plain", 0.8).set_index("group")
    assert table.matched_images.iloc[0] >= 50 and 20 <= table.matched_images_scaled.iloc[0] <= 100
    assert table.loc["cooler", "size_ratio"] > 1.2
    assert table.loc["cooler", "size_ratio_scaled"] == pytest.approx(1, abs=0.02)
    assert table.temperature["cooler"] / table.temperature["plain"] == pytest.approx(1 / 1.5, rel=0.02)


@pytest.mark.parametrize("labels", [[0, 0, 0, 0, 1, 1, 1, 1, 1, 2], [0, 1, 0, 1, 0, 1, 0, 1, 2, 1]])
def test_a_temperature_is_fitted_on_half_of_each_class(labels):
    """Sorted by class or mixed: the images told of are of all classes, the first of each among them."""
    labels = np.array(labels)
    fit = calibration.fitted(labels)
    assert [int(fit[labels == one].sum()) for one in range(3)] == [2, 2, 0]
    for one in range(3):
        own = fit[labels == one]
        assert not own[0] and (np.diff(own.astype(int)) >= 0).all()


def test_no_temperature_is_fitted_on_no_image():
    with pytest.raises(ValueError, match=r"found 3, none of them of one class, expected two of a class at least"):
        calibration.metrics(np.eye(3), np.arange(3), None)
    assert calibration.metrics(np.eye(3)[[0, 1, 2, 2]], np.array([0, 1, 2, 2]), None)["fitted"] == [3]


def test_scaled_sizes_leave_out_the_images_that_the_temperature_was_fitted_on():
    one = classifier(ROW, [2] * 12)
    one = dataclasses.replace(one, fitted=[6, 7, 8, 9, 10, 11])
    assert one.sizes(0.9, False).notna().sum() == 12
    assert one.sizes(0.9, True).dropna().index.tolist() == [0, 1, 2, 3, 4, 5]


def test_log_odds_at_a_temperature_are_of_their_own_images_and_columns(tmp_path):
    """Shards come in any order, and one whose images needed fewer columns repeats its last, as the orderings do."""
    whole = random_orderings(n=3, side=2)
    scaled = -np.arange(15, dtype=np.float32).reshape(3, 5)
    scaled[0, 3:] = scaled[0, 2]  # saved with three columns
    np.savez(tmp_path / "b.npz", index=whole.index[1:], log_odds=scaled[1:])
    np.savez(tmp_path / "a.npz", index=whole.index[:1], log_odds=scaled[:1, :3])
    found = mitigation._at_temperature(whole, [tmp_path / "b.npz", tmp_path / "a.npz"])
    assert found.index.tolist() == whole.index[[1, 2, 0]].tolist() and (found.log_odds == scaled[[1, 2, 0]]).all()
    assert (found.order == whole.order[[1, 2, 0]]).all()


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_the_calibration_error_is_that_of_fifteen_bins(seed, classes, count):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, 2, (count, classes)), rng.integers(classes, size=count)
    sure, right, expected = softmax(logits, axis=1).max(1), logits.argmax(1) == labels, 0.0
    for place in range(15):
        here = (sure >= place / 15) & ((sure < (place + 1) / 15) | (place == 14))
        expected += here.mean() * abs(right[here].mean() - sure[here].mean()) if here.any() else 0
    assert calibration.calibration_error(logits, labels) == pytest.approx(expected, abs=1e-12)


def test_calibration_is_told_of_images_that_the_temperature_was_not_fitted_on():
    """Three of four right at logits of 1 where it is fitted, three of five at 4 where it is told."""
    labels, rng = np.arange(80) % 2, np.random.default_rng(0)
    fitted = calibration.fitted(labels)
    right = rng.random(80) < np.where(fitted, 0.75, 0.6)
    logits = np.zeros((80, 2))
    logits[np.arange(80), np.where(right, labels, 1 - labels)] = np.where(fitted, 1.0, 4.0)
    corrupted = logits[:10] * 3, 1 - labels[:10]
    found = calibration.metrics(logits, labels, corrupted)
    temperature = calibration.fit_temperature(logits[fitted], labels[fitted])
    assert found["temperature"] == temperature
    assert found["calibration_error"] == calibration.calibration_error(logits[~fitted], labels[~fitted])
    scaled = calibration.calibration_error(logits[~fitted] / temperature, labels[~fitted])
    assert found["calibration_error_scaled"] == scaled != found["calibration_error"]
    assert found["corrupted_calibration_error"] == calibration.calibration_error(*corrupted)
