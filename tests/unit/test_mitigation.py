"""Calibration, temperature, and remedies compared on matched images."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

from overinterp import calibration, mitigation
from overinterp.search.images import search_images
from overinterp.search.ordering import Ordering
from overinterp.views import blank_tensor
from tests.unit.test_search import EXACT, GRADIENT


def test_calibration_error_by_hand():
    sure = np.log([[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 2)
    labels = np.array([0, 0, 0, 1, 0, 1])
    expected = (abs(3 - 3.6) + abs(1 - 1.2)) / 6  # two bins: 4 images of 0.9, 2 of 0.6
    assert calibration.calibration_error(sure, labels) == pytest.approx(expected)


def test_the_temperature_is_recovered():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 5))
    labels = (softmax(logits, axis=1).cumsum(1) > rng.random((len(logits), 1))).argmax(1)
    assert calibration.fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.05)
    assert calibration.calibration_error(logits, labels) < 0.02 < calibration.calibration_error(3 * logits, labels)


@pytest.mark.parametrize("options", [EXACT, GRADIENT])
def test_a_path_shown_again_gives_the_log_odds_of_the_search(make_network, images, options):
    network = make_network(1)
    ordering = search_images(network, *images, [0.25], options)
    logits = calibration.path_logits(network, images[0], ordering, blank_tensor([0.25]))
    same = calibration.at_temperature(ordering, logits, 1.0)
    assert same.log_odds == pytest.approx(ordering.log_odds, abs=1e-4)


def test_a_temperature_by_hand(make_network, images):
    ordering = search_images(make_network(1), *images, [0.25], EXACT).take([0])
    logits = np.zeros((1, 17, 3), np.float32)
    logits[..., int(ordering.target[0])] = 4
    at_two = calibration.at_temperature(ordering, logits, 2.0)
    assert at_two.log_odds[0, 0] == pytest.approx(2 - np.log(2))
    assert (at_two.order == ordering.order).all()


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
    path = np.zeros((n, pixels + 1, 2), np.float32)
    np.put_along_axis(path, np.broadcast_to(target[:, None, None], (n, pixels + 1, 1)), odds[..., None], axis=2)
    return mitigation.Classifier(row, path[:, 0], labels, None, None, ordering, path)


ROW = {"kind": "network", "architecture": "small_cnn", "condition": "full"}


def test_sizes_are_paired_on_images_that_all_have_right():
    groups = {"plain": [classifier(ROW, [2] * 12), classifier(ROW, [4] * 12)], "remedy": [classifier(ROW, [6] * 12)]}
    table = mitigation.compare(groups, "plain", 0.9).set_index("group")
    assert table.loc["plain", "mean_size_pixels"] == 3
    assert table.loc["remedy", "size_ratio"] == pytest.approx(2)
    assert table.loc["remedy", "p_holm"] < 0.01 and np.isnan(table.loc["plain", "p_holm"])
    assert table.matched_images.tolist() == [12, 12]
    groups["remedy"].append(classifier(ROW, [6] * 12, right=False))
    table = mitigation.compare(groups, "plain", 0.9)
    assert table.matched_images.tolist() == [0, 0] and table.mean_size_pixels.isna().all()


def test_a_less_confident_twin_has_larger_subsets_until_it_is_calibrated(additive):
    """The same network behind a temperature: larger subsets at one threshold, the same ones once both are calibrated."""
    network = additive(np.full((1, 4, 4), 0.6))

    class Cooler(torch.nn.Module):
        def forward(self, x):
            return network(x) / 1.5

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (200, 4, 4, 1), dtype=np.uint8)
    clean = network(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255).numpy()
    labels = (rng.random(200) < softmax(clean / 2, axis=1)[:, 1]).astype(np.int64)
    found, blank = {}, blank_tensor([0.0])
    for name, one, logits in (("plain", network, clean), ("cooler", Cooler(), clean / 1.5)):
        ordering = search_images(one, pixels, labels, [0.0], EXACT)
        path = calibration.path_logits(one, pixels, ordering, blank)
        found[name] = [mitigation.Classifier(ROW, logits, labels, clean, labels, ordering, path)]
    table = mitigation.compare(found, "plain", 0.8).set_index("group")
    assert table.matched_images.iloc[0] >= 50 and table.matched_images_scaled.iloc[0] >= 50
    assert table.loc["cooler", "size_ratio"] > 1.2
    assert table.loc["cooler", "size_ratio_scaled"] == pytest.approx(1, abs=0.02)
    assert table.temperature["cooler"] / table.temperature["plain"] == pytest.approx(1 / 1.5, rel=0.02)
