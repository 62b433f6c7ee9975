"""Whether a classifier knows the images, and a search can go by it: asked before any search."""

import logging
import re

import check_classifier
import map_outputs
import numpy as np
import pytest
import search_orderings

from overinterp.artifacts.classifiers import save_taken
from overinterp.artifacts.files import read_json, write_json
from overinterp.artifacts.images import save_array
from overinterp.models.checks import known
from overinterp.models.imported import take
from tests.unit.toys import GRADIENT

CLASSES = ["cat", "dog", "frog"]
LOGGER = logging.getLogger("check")


def answers(share, classes=10, n=200, outputs=None, seed=0):
    """Logits that are right on this share of the images, else anything."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    said = np.where(rng.random(n) < share, labels, rng.integers(0, classes, n))
    logits = rng.normal(0, 0.1, (n, outputs or classes))
    logits[np.arange(n), said] += 5
    return logits, labels


NAMES = [f"class{number}" for number in range(10)]


def test_a_classifier_that_knows_the_images_passes_with_its_numbers():
    found = known.verdict(*answers(0.7), NAMES, {"accuracy": 0.72, "within": 0.1}, {}, range(1000))
    assert 0.6 < found["accuracy"] < 0.85 and found["accuracy"] == found["accuracy_among_classes"]
    assert found["images"] == 200 and found["chance"] == pytest.approx(0.1) and len(found["confusions"]) == 5


@pytest.mark.parametrize("classes", [2, 10])
def test_probabilities_are_no_logits(classes):
    """Nor are percentages, or probabilities in half precision."""
    logits, labels = answers(0.9, classes=classes)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    for values, sums in ((probabilities, "1"), (100 * probabilities, "100"), (probabilities.astype(np.float16), "1")):
        with pytest.raises(ValueError, match=rf"found probabilities as its outputs \(none below 0, sums of {sums}, .*log"):
            known.verdict(values.astype(np.float32), labels, NAMES[:classes], None, {}, range(1000))
    for values in (np.log(probabilities), logits, np.maximum(logits, 0)):
        assert known.verdict(values, labels, NAMES[:classes], None, {}, range(1000))["accuracy"] > 0.8


def test_weak_is_not_chance():
    """30 % of ten classes on 50 images is far from chance, and 20 of 200 is not."""
    assert known.verdict(*answers(0.25, n=100), NAMES, None, {}, range(1000))["accuracy"] < 0.5
    for seed in range(20):
        with pytest.raises(ValueError, match="expected more than chance"):
            known.verdict(*answers(0.0, n=200, seed=seed), NAMES, None, {}, range(1000))


def test_always_saying_the_commonest_class_is_chance():
    """34 of 40 right, and nothing known of the images; four of the six others right is knowledge."""
    labels, logits = np.repeat([0, 1], [34, 6]), np.tile([4.0, -4.0], (40, 1))
    words = (
        r"found accuracy 85.0% .* 50.0% as the mean of the classes' own\), expected more than chance \(85.0%, as a mean 50.0%\)"
    )
    with pytest.raises(ValueError, match=words):
        known.verdict(logits, labels, ["normal", "tumor"], None, {}, range(1000))
    found = known.verdict(logits, labels, ["normal", "tumor"], {"accuracy": 0.85, "within": 0.01}, {}, range(1000))
    assert found["accuracy_balanced"] == 0.5 and found["accuracy"] == found["chance"] == 0.85
    logits[-4:] *= -1
    assert known.verdict(logits, labels, ["normal", "tumor"], None, {}, range(1000))["accuracy"] == 0.95


def test_images_of_one_class_are_enough_where_they_are_known():
    assert known.verdict(np.tile([4.0, -4.0], (40, 1)), np.zeros(40, int), ["a", "b"], None, {}, range(1000))["accuracy"] == 1


def test_another_order_of_the_classes_is_told_from_what_is_seen():
    logits, labels = answers(0.9)
    words = (
        r'another order of the classes would give (8|9)\d.*: class_map, .* {"class0": 7, "class1": 8, "class2": 9, "class3": 0'
    )
    with pytest.raises(ValueError, match=words):
        known.verdict(logits[:, np.roll(np.arange(10), -3)], labels, NAMES, None, {}, range(10))


def test_two_classes_that_are_swapped_are_told_with_the_map_to_write():
    logits, labels = answers(1.0, classes=2, n=40)
    with pytest.raises(
        ValueError, match=r'order of the classes would give 100.0%: class_map, a JSON file {"normal": 0, "tumor": 1}'
    ):
        known.verdict(-logits, labels, ["normal", "tumor"], None, {}, [1, 0])


def test_a_guess_and_the_commonest_class_get_no_other_order():
    """Of two orders one is always better than a half, and of one constant answer the better one is 85 %."""
    tumors = np.repeat([0, 1], [34, 6])
    for logits, labels in (
        *(answers(0.0, classes=2, n=40, seed=seed) for seed in range(30)),
        (np.tile([-4.0, 4.0], (40, 1)), tumors),
    ):
        with pytest.raises(ValueError, match="expected more than chance") as told:
            known.verdict(logits, labels, ["a", "b"], None, {}, range(2))
        assert "another order" not in str(told.value)


def test_swapped_channels_are_told():
    with pytest.raises(ValueError, match="with the channels reversed it would be 80"):
        known.verdict(*answers(0.02, n=400), NAMES, None, {"the channels reversed": 0.8}, range(1000))


def test_an_accuracy_that_is_not_expected_is_one_sentence():
    with pytest.raises(ValueError, match=r"found accuracy 0\.\d+ on 200 images, expected 0.95 within 0.01; check preprocessing"):
        known.verdict(*answers(0.7), NAMES, {"accuracy": 0.95, "within": 0.01}, {}, range(1000))


def test_a_few_images_of_many_classes_can_pass():
    """50 images of 50 classes among 1,000 outputs, 60 % right."""
    logits, labels = answers(0.6, classes=50, n=50, outputs=1000)
    assert known.verdict(logits, labels, [f"c{n}" for n in range(50)], None, {}, range(1000))["accuracy"] > 0.4


OWN = {"resize": 256, "crop": 224, "interpolation": "bicubic", "mean": [0.5] * 3, "std": [0.5] * 3, "size": [224, 224]}


def test_images_prepared_otherwise_are_told_and_another_size_is_refused():
    same = {"resize": 256, "crop": 224, "interpolation": "bicubic"}
    assert known.differences(OWN, same, [224, 224, 3]) == []
    assert known.differences(OWN, None, [224, 224, 3]) == []
    (told,) = known.differences(OWN, {**same, "resize": 232}, [224, 224, 3])
    assert told == "resize: images have 232, the classifier was made for 256"
    with pytest.raises(
        ValueError, match=r"found 224x224 pixels as its input, expected 299x299 as the study's images; set data.preprocessing"
    ):
        known.differences(OWN, same, [299, 299, 3])
    with pytest.raises(ValueError, match="found mean of 3 channels, expected 1"):
        known.differences(OWN, same, [224, 224, 1])


def test_images_to_look_at_are_evenly_apart():
    assert known.numbers_to_check(5).tolist() == [0, 1, 2, 3, 4]
    numbers = known.numbers_to_check(50_000)
    assert len(numbers) == known.MOST_IMAGES and numbers[0] == 0 and numbers[-1] == 49_999


def test_an_untrained_network_passes_where_its_owner_says_so():
    found = known.verdict(*answers(0.0), NAMES, {"accuracy": 0.1, "within": 0.1}, {}, range(1000))
    assert found["accuracy"] < 0.2


BRIGHT = """
import torch
class Bright(torch.nn.Module):
    preprocessing = {"mean": [0.0], "std": [1.0]}
    def forward(self, x):
        z = 40 * (x.mean((2, 3)) - 0.5)
        return torch.cat([torch.zeros_like(z), z], 1)
"""


def brought(tmp_path, code, blank):
    """Forty grey images, dark and bright, and a classifier of them as it is taken in: test images, data.json, its folder."""
    labels = np.arange(40) % 2
    pixels = np.random.default_rng(0).integers(0, 100, (40, 8, 8, 1)) + 140 * labels[:, None, None, None]
    save_array(tmp_path / "test.csv", [pixels.astype(np.uint8)], 40, labels)
    about = {"shape": [8, 8, 1], "geometry": None, "blank": [blank], "class_names": ["night", "day"], "sha256": {}}
    write_json(tmp_path / "data.json", about)
    (tmp_path / "net.py").write_text(code)
    taken, info = take({"name": "mine", "from": "python", "model": f"{tmp_path}/net.py:Bright", "trust": True})
    save_taken(tmp_path / "mine", taken.module.state_dict(), info)
    map_outputs.main(tmp_path / "data.json", tmp_path / "mine/model.json", None, tmp_path / "mine/outputs.json", LOGGER)
    return tmp_path / "test.csv", tmp_path / "data.json", tmp_path / "mine"


@pytest.mark.parametrize(
    ("blank", "said", "sure"),
    [(0.2, "night", True), (0.8, "day", True), (0.51, "day", False), (0.44, "night", True), (0.45, "night", False)],
)
def test_what_the_blank_alone_is_taken_for_is_said_before_any_search(tmp_path, caplog, blank, said, sure):
    """Of two classes a good network is sure of one, whatever it is shown."""
    paths = brought(tmp_path, BRIGHT, blank)
    with caplog.at_level(logging.INFO):
        check_classifier.main(*paths, None, True, 0.9, "cpu", tmp_path / "mine/check.json", LOGGER)
    found = read_json(tmp_path / "mine/check.json")
    assert found["accuracy"] == 1 and found["blank"]["class_name"] == said
    assert found["blank"]["confidence"] == pytest.approx(1 / (1 + np.exp(-40 * abs(blank - 0.5))), rel=1e-4)
    assert f"the blank image alone: {said}" in caplog.text
    told = f"data.blank: the blank image alone is {said!r} with confidence {found['blank']['confidence']:.3f}: images"
    assert (told in caplog.text) == sure
    assert not any("data.blank" in warning for warning in found["warnings"])  # of this threshold, which may change


FAULTS = {
    "drawn": "z = 40 * (torch.nn.functional.dropout(x, 0.5).mean((2, 3)) - 0.5)",
    "of the batch": "z = 40 * (x - x.mean(0)).mean((2, 3))",
    "saturated": "z = (70 * (x.mean((2, 3)) - 0.5)).sigmoid().logit()",
    "without slope": "z = 40 * (x.detach().mean((2, 3)) - 0.5)",
    "of each image's deviation": "z = (x / x.std((1, 2, 3), keepdim=True)).mean((2, 3)) - 5",
}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("drawn", "when they are shown again, expected the same: something is drawn anew"),
        ("of the batch", "when they are shown alone, expected the same"),
        ("saturated", "of 40 images, expected finite ones; where they are made of probabilities"),
        ("without slope", "found no gradient of its outputs"),
        ("of each image's deviation", "data.blank: found logits that are not finite for the blank image"),
    ],
)
def test_what_a_search_would_stumble_over_is_said_before_it(tmp_path, fault, words):
    paths = brought(tmp_path, BRIGHT.replace("z = 40 * (x.mean((2, 3)) - 0.5)", FAULTS[fault]), 0.5)
    for slopes in (True, False):
        given = *paths, None, slopes, 0.9, "cpu", tmp_path / "mine/check.json", LOGGER
        if fault == "without slope" and not slopes:
            check_classifier.main(*given)  # exact search needs none
        else:
            with pytest.raises(ValueError, match=re.escape(words)):
                check_classifier.main(*given)


def test_a_search_by_slopes_that_is_added_later_asks_for_them_itself(tmp_path):
    """The check, for `exact` alone, did not; and is not made again."""
    paths = brought(tmp_path, BRIGHT.replace("z = 40 * (x.mean((2, 3)) - 0.5)", FAULTS["without slope"]), 0.5)
    shard = tmp_path / "orderings/mine/slopes/test/shard-0.npz"
    settings = {**GRADIENT, "pixels_per_step": 16, "compile": False, "precision": "float32"}
    with pytest.raises(ValueError, match="found no gradient of its outputs"):
        search_orderings.main(*paths, shard, settings, [0, 1], (), "cpu", "", {}, LOGGER)


def test_two_of_six_classes_that_are_swapped_are_warned_of():
    logits, labels = answers(0.97, classes=6, n=120)
    assert known.doubts(logits, labels, list("abcdef"), range(6)) == []
    swapped = logits[:, [0, 1, 2, 3, 5, 4]]
    (said,) = known.doubts(swapped, labels, list("abcdef"), range(6))
    assert "another order of the classes would give" in said and '"e": 5, "f": 4}' in said
    confused = np.where(labels == 4, 5, labels)  # one class is taken for its neighbour, which is known: no other order mends that
    assert known.doubts(20 * np.eye(6)[confused], labels, list("abcdef"), range(6)) == []
    logits, labels = answers(0.6, classes=500, n=1000)  # of two images a class some order would always have more right
    assert known.doubts(4 * logits, labels, [f"c{n}" for n in range(500)], range(500)) == []


def test_a_classifier_that_is_never_sure_is_warned_of():
    logits, _ = answers(1.0, classes=4, n=80)
    sigmoids = 1 / (1 + np.exp(-logits))
    (said,) = known.never_sure(sigmoids, 0.9)
    assert "found 0 of 80 images of which it is 0.9 sure, as analysis.threshold asks (0." in said
    assert "of sigmoids return what comes before them" in said
    assert known.never_sure(sigmoids, 0.3) == []


def test_a_blank_that_is_none_of_the_studys_classes_is_no_warning():
    assert known.of_blank(np.array([0.0, 0.01, 0.99]), ["cat", "dog", "sky"], 2, 0.9)[1] == []
