"""Searches towards classes that the image is not given: the classes, and what the table says where the answer is known."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from overinterp.answers.sentences import answer
from overinterp.data.source import ArraySource
from overinterp.inputs import Inputs
from overinterp.search.images import TARGETS, search_images
from overinterp.statistics import wilson
from overinterp.tables import wrong_class
from tests.unit.toys import EXACT, Found, network, of, taught


def test_targets_by_hand():
    logits, label = torch.tensor([[1.0, 3, 2], [5, 5, 0], [0, 1, 1]]), torch.tensor([2, 1, 0])
    numbers = np.array([4, 7, 9])
    assert TARGETS["predicted"](logits, label, numbers).tolist() == [1, 0, 1]
    assert TARGETS["label"](logits, label, numbers).tolist() == [2, 1, 0]
    assert TARGETS["runner_up"](logits, label, numbers).tolist() == [2, 1, 2]


def test_the_other_class_is_drawn_by_the_images_number_and_is_never_the_predicted_one():
    logits = torch.eye(5)[torch.arange(400) % 5]
    numbers = np.arange(400)
    drawn = TARGETS["other"](logits, None, numbers)
    assert (drawn != logits.argmax(1)).all()
    steps = np.bincount(((drawn - logits.argmax(1)) % 5).numpy(), minlength=5)
    assert steps[0] == 0 and (np.abs(steps[1:] - 100) < 40).all()
    assert TARGETS["other"](logits[[30, 2]], None, numbers[[30, 2]]).tolist() == drawn[[30, 2]].tolist()


class Spread(nn.Module):
    """Class 0 is told by one pixel, class 1 by two others together, class 2 by nothing."""

    def forward(self, x):
        flat = x.flatten(1)
        return torch.stack([9 * flat[:, 0], 2 * flat[:, 1:3].sum(1), 0 * flat[:, 0]], 1)


def searched(target, classifier, images, labels=None, blank=0.0):
    settings = EXACT | {"target": target}
    labels = np.zeros(len(images), np.int64) if labels is None else labels
    source = ArraySource((255 * images).astype(np.uint8), labels)
    ordering = search_images(classifier, source, range(len(images)), [blank] * images.shape[3], settings)
    return Found(of(network(), target) | {"target": target}, ordering)


def table(classifier, images, *targets, threshold=0.9, labels=None, blank=0.0):
    searches = [searched(target, classifier, images, labels, blank) for target in ("predicted", *targets)]
    settings = {"search": "predicted", "threshold": threshold}
    return wrong_class.make(Inputs(searches=searches, settings=settings)).rows


def test_a_share_at_its_end_has_an_interval():
    (row,) = table(Spread(), np.ones((9, 3, 3, 1)), "runner_up").itertuples()
    assert (row.images, row.found_share, row.found_share_high) == (9, 1, 1) and row.found_share_low == wilson(1, 9)[0] < 0.71
    (said,) = answer("wrong_class", pd.DataFrame([row]).assign(group="net"), 0.9)
    assert said.startswith(
        "100% (70% to 100%) of the images hold pixels, few or many, that make net 90% sure of the runner-up (9 images)"
    )


def test_a_class_with_evidence_of_its_own_is_found_and_one_without_is_not():
    found = table(Spread(), np.ones((6, 3, 3, 1)), "runner_up", "other").set_index("target")
    assert found.found_share["runner_up"] == 1
    assert found.size_ratio["runner_up"] == pytest.approx(2)  # two pixels against one
    drawn = TARGETS["other"](torch.tensor([[9.0, 4, 0]]).expand(6, 3), None, np.arange(6)).numpy()
    assert found.found_share["other"] == pytest.approx((drawn == 1).mean())
    assert found.both_found["other"] == (drawn == 1).sum()


def test_a_network_that_finds_any_class_in_few_pixels_is_told_from_one_that_does_not():
    """One pixel a class, in every image: another class's subset is as small; ratios far from 1 are those of the other kind."""

    class Anything(nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :4] * torch.tensor([9.0, 4, 4, 4])

    same = table(Anything(), np.ones((8, 3, 3, 1)), "other").iloc[0]
    assert same.found_share == 1 and same.size_ratio == pytest.approx(1)


def test_sizes_that_go_by_the_class_alone_are_equal_where_the_class_is_held_equal():
    """Class 0 takes one pixel at 0.5, class 1 two of seven, in every image; ten images are taken for 0, five for 1."""

    class ByClass(nn.Module):
        def forward(self, x):
            flat = x.flatten(1)
            return torch.stack([9 * flat[:, 0], 0.6 * flat[:, 1:8].sum(1), 0 * flat[:, 0]], 1)

    images = np.ones((60, 3, 3, 1))
    images[40:, 0, 0] = 0.4
    found = table(ByClass(), images, "other", threshold=0.5).iloc[0]
    assert [found.same_class_ratio, found.same_class_ratio_low, found.same_class_ratio_high] == pytest.approx([1, 1, 1])
    assert found.size_ratio > 1.15  # more images of the smaller class are asked towards the larger one


def test_towards_its_own_class_a_wrong_answers_search_does_not_count():
    """Classes 0 and 1 are told by a pixel each, 2 by nothing; everything is predicted 0, and every second image is of class 1."""

    class Two(nn.Module):
        def forward(self, x):
            flat = x.flatten(1)
            return torch.stack([9 * flat[:, 0], 4 * flat[:, 1], 0 * flat[:, 0]], 1)

    labels = np.arange(40) % 2
    searches = [searched(target, Two(), np.ones((40, 3, 3, 1)), labels) for target in ("predicted", "other")]
    drawn = searches[1].orderings[0].target
    found = wrong_class.make(Inputs(searches=searches, settings={"search": "predicted", "threshold": 0.9})).rows.iloc[0]
    strange = drawn != labels
    assert found.images == strange.sum() < 40
    assert found.found_share == pytest.approx((drawn[strange] == 1).mean())


def test_a_constant_network_has_no_subset_of_any_class():
    class Constant(nn.Module):
        def forward(self, x):
            return torch.tensor([[1.0, 0, 0]]).expand(len(x), 3) + 0 * x.flatten(1)[:, :3]

    found = table(Constant(), np.ones((4, 3, 3, 1)), "runner_up").iloc[0]
    assert found.found_share == 0 and found.both_found == 0 and np.isnan(found.size_ratio)


def test_images_whose_full_version_is_not_sure_have_no_ratio():
    """As in the paper: both classes have a subset, but the full image is torn between them."""

    class Torn(nn.Module):
        def forward(self, x):
            flat = x.flatten(1)
            return torch.stack([9 * flat[:, 0], 4 * flat[:, 1:3].sum(1), 0 * flat[:, 0]], 1)

    found = table(Torn(), np.ones((4, 3, 3, 1)), "runner_up", threshold=0.999).iloc[0]
    assert found.found_share == 1 and found.both_found == 0 and np.isnan(found.size_ratio)

    class TornBothWays(nn.Module):
        """Of the first class where the last pixel is dark, of the second where it is bright, and never surely."""

        def forward(self, x):
            flat = x.flatten(1)
            return torch.stack([9 * flat[:, 0], (4 + flat[:, 8]) * flat[:, 1:3].sum(1), 0 * flat[:, 0]], 1)

    images = np.ones((24, 3, 3, 1))
    images[::2, 2, 2] = 0
    found = table(TornBothWays(), images, "runner_up", threshold=0.999).iloc[0]
    assert found.found_share == 1 and found.both_found == 0 and np.isnan(found.same_class_ratio)


def test_a_planted_network_finds_no_other_class_as_easily_and_one_that_learnt_wrong_labels_by_heart_does():
    """A coloured corner tells the class, the rest is noise, in which traces of other colours are. By heart, corners tell nothing.

    So the first needs many times the pixels for a class that is not there, where it finds it at all. The second has no classes:
    any of them is reached, in images that it has learnt, from about as few pixels as the one it was taught.
    """
    rng = np.random.default_rng(1)
    labels = rng.integers(3, size=340)
    images = rng.integers(256, size=(340, 8, 8, 3)) / 255
    images[:, 6:, 6:] = np.eye(3)[labels][:, None, None]
    shown, wrong, how = (255 * images).astype(np.uint8), rng.permutation(labels[:300]), {"threshold": 0.7, "blank": 0.5}
    planted = taught(ArraySource(shown[:300], labels[:300]))
    found = table(planted, images[300:], "other", labels=labels[300:], **how).iloc[0]
    assert found.found_share < 0.8 and found.empty_share == 0 and found.both_found >= 8
    assert found.size_ratio_low > 2
    by_heart = taught(ArraySource(shown[:300], wrong), epochs=60)
    found = table(by_heart, images[:40], "other", labels=wrong[:40], **how).iloc[0]
    assert found.found_share + found.empty_share == 1 and found.both_found >= 8
    assert found.size_ratio_low < 1 < found.size_ratio_high and 0.5 < found.size_ratio < 2
