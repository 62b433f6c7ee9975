"""Trials of a study with people: balanced, rising in size, checks hidden in the key, nothing seen too early."""

import numpy as np
import pytest

from overinterp.human.trials import all_right, answer_key, choices, choose_trials, draw_picture, kept_pixels_of
from tests.unit.toys import ordering


def confident_orderings(n=60, wrong=(), unsure=()):
    rng = np.random.default_rng(0)
    found = {}
    for name in ("a", "b"):
        orders = rng.permuted(np.tile(np.arange(16), (n, 1)), axis=1)
        odds = np.full((n, 17), 6.0)
        odds[list(unsure)] = 1.0
        label = np.arange(n) % 4
        predicted = np.where(np.isin(np.arange(n), wrong), (label + 1) % 4, label)
        found[name] = ordering(orders, odds, 4, label, predicted)
    return found


NAMES = list("wxyz")
HUMAN = {
    "fractions": [0.5, 0.1],
    "images_per_class": 3,
    "random_per_class": 0,
    "confidence": 0.99,
    "practice": 2,
    "full_images": 2,
    "repeats": 2,
    "seed": 0,
}


def test_trials_are_balanced_and_rise_in_size():
    trials = choose_trials(confident_orderings(), NAMES, HUMAN)
    assert [t.kind for t in trials[:2]] == ["practice"] * 2 and {t.fraction for t in trials[:2]} == {0.5}
    assert [t.batch for t in trials] == [-1] * 2 + [0] * 16 + [1] * 16
    for batch, fraction in ((0, 0.1), (1, 0.5)):
        main = [t for t in trials if t.batch == batch and t.kind == "main"]
        assert {t.fraction for t in main} == {fraction}
        assert np.bincount(list({t.index: t.label for t in main}.values())).tolist() == [3] * 4
        assert sorted(t.network for t in main) == ["a"] * 6 + ["b"] * 6
        assert [t.index for t in main] != sorted(t.index for t in main)
    assert {t.index for t in trials if t.batch == 0 and t.kind == "main"} == {
        t.index for t in trials if t.batch == 1 and t.kind == "main"
    }
    assert trials == choose_trials(confident_orderings(), NAMES, HUMAN)
    assert trials != choose_trials(confident_orderings(), NAMES, {**HUMAN, "seed": 1})


@pytest.mark.parametrize("seed", range(8))
def test_checks_are_other_images(seed):
    trials = choose_trials(confident_orderings(), NAMES, {**HUMAN, "seed": seed})
    main = {t.index for t in trials if t.kind == "main"}
    others = [t.index for t in trials if t.kind in ("practice", "full")]
    assert len(set(others)) == len(others) == 2 + 2 * 2 and not main & set(others)
    assert {t.fraction for t in trials if t.kind == "full"} == {1.0}


def test_only_right_and_confident_images_qualify_and_too_few_are_counted():
    found = confident_orderings(wrong=[0, 4], unsure=[8, 12])
    images = all_right(found).set_index("index")
    assert set(images.index) == set(range(60)) - {0, 4} and (images.label == images.index % 4).all()
    assert images.confidence[[8, 12]].tolist() == pytest.approx([1 / (1 + np.exp(-1))] * 2) and images.confidence[9] > 0.99
    shown = {t.index for t in choose_trials(found, NAMES, HUMAN)}
    assert not shown & {0, 4, 8, 12}
    with pytest.raises(ValueError, match=r"w: 11, x: 15.*expected at least 12"):
        choose_trials(found, NAMES, {**HUMAN, "images_per_class": 12})


def test_one_network_that_is_unsure_or_has_not_searched_an_image_is_enough():
    found = confident_orderings()
    found["b"] = confident_orderings(unsure=[5])["b"].take(np.arange(3, 60))
    images = all_right(found).set_index("index")
    assert images.index.tolist() == list(range(3, 60)) and images.confidence.idxmin() == 5


def test_checks_are_as_sure_as_what_is_asked_for_or_else_the_surest():
    """Of 24 images beside the chosen ones three are sure: these and the next surest are taken, the least sure for practice."""
    found = confident_orderings(n=36, unsure=range(15, 36))
    for searched in found.values():
        searched.log_odds[15:, 0] = np.linspace(3, 1, 21)
    for seed in range(5):
        trials = choose_trials(found, NAMES, {**HUMAN, "seed": seed, "repeats": 0})
        main = {t.index for t in trials if t.kind == "main"}
        assert main < set(range(15))
        full, practice = ({t.index for t in trials if t.kind == kind} for kind in ("full", "practice"))
        assert full == {15} | set(range(15)) - main and practice == {16, 17}


@pytest.mark.parametrize("seed", range(4))
def test_random_pixels_are_of_images_of_their_own_and_as_many(seed):
    found = confident_orderings()
    trials = choose_trials(found, NAMES, {**HUMAN, "seed": seed, "random_per_class": 2})
    plain = choose_trials(found, NAMES, {**HUMAN, "seed": seed})
    kinds = ("main", "repeat", "full", "practice")
    assert [sum(t.kind == kind for t in trials) for kind in kinds] == [sum(t.kind == kind for t in plain) for kind in kinds]
    drawn = {batch: [t for t in trials if t.kind == "random" and t.batch == batch] for batch in (0, 1)}
    for batch, fraction in ((0, 0.1), (1, 0.5)):
        assert sorted(t.label for t in drawn[batch]) == sorted(2 * [0, 1, 2, 3])
        assert {t.fraction for t in drawn[batch]} == {fraction} and sorted(t.network for t in drawn[batch]) == ["a"] * 4 + [
            "b"
        ] * 4
    numbers = [{t.index for t in drawn[batch]} for batch in (0, 1)]
    assert numbers[0] == numbers[1] and not numbers[0] & {t.index for t in trials if t.kind != "random"}
    masks = dict(zip(trials, kept_pixels_of(trials, found, seed), strict=True))
    for few in drawn[0]:
        (more,) = (t for t in drawn[1] if t.index == few.index)
        assert masks[few].sum() == 2 and masks[more].sum() == 8 and not (masks[few] & ~masks[more]).any()
    assert len({masks[t].tobytes() for t in drawn[1]}) == 8  # an image each
    key = answer_key(trials, [(0, 0.5)] * len(trials), NAMES)
    assert (key.kind == "random").sum() == 16


def test_nobody_sees_an_image_that_is_left_out_and_the_others_stay():
    settings = {**HUMAN, "random_per_class": 1}
    for seed in range(5):
        before = choose_trials(confident_orderings(), NAMES, {**settings, "seed": seed})
        gone = next(t.index for t in before if t.kind == "full")
        after = choose_trials(confident_orderings(), NAMES, {**settings, "seed": seed, "exclude": [gone, 59]})
        seen = [{t.index for t in trials} for trials in (before, after)]
        assert not seen[1] & {gone, 59} and len(seen[0] - seen[1]) <= 2


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"repeats": 7}, r"human.repeats: found 7, expected at most 6"),
        ({"full_images": 30}, r"found 48 images beside the chosen ones.*expected at least 62"),
        ({"exclude": [3, 60]}, r"human.exclude: found 60, expected numbers of test images that were searched"),
        ({"classes": ["w", "q"]}, r"human.classes: found 'q', expected some of w, x, y, z"),
    ],
)
def test_what_cannot_be_shown_is_said(edit, words):
    with pytest.raises(ValueError, match=words):
        choose_trials(confident_orderings(), NAMES, {**HUMAN, **edit})


def test_classes_asked_for_are_shown_and_chosen_from():
    settings = {**HUMAN, "classes": ["z", "x"]}
    trials = choose_trials(confident_orderings(), NAMES, settings)
    assert {t.label for t in trials} == {1, 3}
    assert choices(NAMES, settings) == ["x", "z"] and choices(NAMES, HUMAN) == NAMES


def test_a_picture_shows_the_kept_pixels_and_nothing_else():
    found = confident_orderings()
    images = np.random.default_rng(2).integers(60, 256, (60, 4, 4, 3), dtype=np.uint8)
    trials = choose_trials(found, NAMES, HUMAN)
    kept = kept_pixels_of(trials, found, 0)
    for trial, mask in zip(trials, kept, strict=True):
        assert mask.sum() == {0.1: 2, 0.5: 8, 1.0: 16}[trial.fraction]
        assert (mask == found[trial.network].kept_fraction(trial.fraction)[trial.index]).all()
    image, mask = images[trials[0].index], kept[0]
    picture = draw_picture(image, mask, [0.0, 0.0, 0.0], 5)
    assert picture.shape == (20, 20, 3)
    assert (picture == picture[::5, ::5].repeat(5, 0).repeat(5, 1)).all()  # no smoothing
    assert (picture[::5, ::5][mask] == image[mask]).all() and (picture[::5, ::5][~mask] == 0).all()


def test_the_key_names_classes_and_what_the_machine_said():
    trials = choose_trials(confident_orderings(), NAMES, HUMAN)
    key = answer_key(trials, [(0, 0.75)] * len(trials), NAMES)
    assert key.trial.tolist() == list(range(len(trials)))
    assert key.label.tolist() == [NAMES[t.label] for t in trials]
    assert set(key.machine_choice) == {"w"} and set(key.machine_confidence) == {0.75}


def test_an_output_that_is_no_class_of_the_images_is_named_as_such():
    """Of a classifier of 1,000 classes shown ten of them."""
    trials = choose_trials(confident_orderings(), NAMES, HUMAN)
    key = answer_key(trials, [(len(NAMES) + 700, 0.75)] * len(trials), NAMES)
    assert set(key.machine_choice) == {"an output of no class here"}


@pytest.mark.parametrize("seed", range(8))
def test_repeats_are_of_the_first_half_of_their_batch_and_come_in_its_second(seed):
    trials = choose_trials(confident_orderings(), NAMES, {**HUMAN, "seed": seed})
    for batch in (0, 1):
        shown = [trial for trial in trials if trial.batch == batch and trial.kind != "full"]
        first, second = shown[:6], shown[6:]
        assert all(trial.kind == "main" for trial in first)
        repeats = [(trial.index, trial.network) for trial in second if trial.kind == "repeat"]
        assert len(repeats) == 2 and set(repeats) <= {(trial.index, trial.network) for trial in first}
