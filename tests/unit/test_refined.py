"""The refined search against the exact one, on real images and a network trained here."""

import numpy as np
import pytest
import torch

from overinterp import sis
from overinterp.classifier import Normalised, freeze
from overinterp.data import digits
from overinterp.data.source import ArraySource
from overinterp.models.registry import build
from overinterp.search.images import search_images
from overinterp.search.stages import preset
from overinterp.statistics import interval
from overinterp.training import Trainer
from overinterp.views.feed import feed
from tests.unit.toys import TRAINING


@pytest.fixture(scope="module")
def trained():
    settings = {"train_images": 1437, "test_images": 120, "seed": 0}
    train, test = (ArraySource(*digits.split(settings, name)) for name in ("train", "test"))
    pixels = train.images / 255
    blank, std = [float(pixels.mean())], [float(pixels.std())]
    settings = TRAINING | {"epochs": 10, "batch_size": 64, "learning_rate": 0.05}
    torch.manual_seed(0)
    network = build("small_cnn", 1, 10)
    Trainer(network, feed(train, lambda images, numbers: images), blank, blank, std, settings).run()
    return freeze(Normalised(network, blank, std, (1, 8, 8))), test, blank


def test_refined_finds_subsets_as_small_as_exact_at_a_fraction_of_its_cost(trained):
    classifier, test, blank = trained
    found = {}
    for method in ("exact", "refined", "gradient"):
        settings = {"method": method, "pixels_per_step": 1, "objective": "log_odds", "target": "predicted", "batch_size": 128}
        found[method] = search_images(classifier, test, range(120), blank, settings)
    assert found["exact"].correct.mean() > 0.95
    for threshold in (0.9, 0.99):
        sizes = {method: sis.find_sis(ordering, threshold) for method, ordering in found.items()}
        both = np.all([subsets.status == sis.FOUND for subsets in sizes.values()], axis=0)
        assert both.sum() >= 110
        ratios = {method: sizes[method].size[both] / sizes["exact"].size[both] for method in ("refined", "gradient")}
        assert interval(ratios["refined"])[2] <= 1.1
        assert ratios["refined"].mean() < ratios["gradient"].mean()
    assert preset("refined", 64).forwards(64) <= preset("exact", 64).forwards(64) / 1.8  # 1/50 of it at 32x32
