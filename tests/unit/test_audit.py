"""The leakage audit: its masks and paints, and what it says where the answer is known by construction."""

import dataclasses
import json
from functools import cache
from pathlib import Path

import evaluate_accuracy
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from overinterp import audit, statistics
from overinterp.artifacts.images import save_array
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.predictions import Predictions, load_predictions, save_predictions
from overinterp.artifacts.tables import read_table
from overinterp.data.source import ArraySource
from overinterp.evaluation import logits
from overinterp.inputs import Inputs
from overinterp.models import registry
from overinterp.pixels import blank_tensor
from overinterp.plan.audits import CONTROLS
from overinterp.search.ordering import Ordering
from overinterp.tables import leakage
from overinterp.training import Trainer
from overinterp.views import controls, paints
from overinterp.views.feed import Held
from overinterp.views.masks import Masks, kept
from overinterp.views.view import View, make_view, shown_only
from tests.unit.toys import TRAINING, Found, network, of, random_orderings, taught

SIDE, COUNT = 8, 6
FRACTION = COUNT / SIDE**2
VIEW = {"mask": "kept", "paint": "values", "fraction": FRACTION}
SUBSETS = {"mask": "kept", "paint": "values", "threshold": 0.9}
ABOUT = {"name": "a", "fraction": FRACTION, "threshold": None, "search": "exact", "target": "predicted", "teacher_epochs": 5}
ABOUT |= {"test_mask": "kept", "test_paint": "values", "test_fraction": FRACTION, "test_threshold": None}


def choosing(masks, label, predicted=None):
    """Orderings whose last pixels are these masks, bool (N, H, W)."""
    found = random_orderings(len(masks), masks.shape[1], int(label.max()) + 1)
    order = masks.reshape(len(masks), -1).argsort(1, kind="stable").astype(np.uint16)
    predicted = label if predicted is None else predicted
    arrays = {name: getattr(found, name) for name in Ordering.ARRAYS} | {"order": order, "label": label, "predicted": predicted}
    return Ordering(**arrays | {"target": predicted}, **found.common)


def sufficient(masks, label):
    """Orderings whose subsets at 0.9 are these masks, however large; images with an empty one are never so sure."""
    found, sizes = choosing(masks, label), masks.sum((1, 2))
    odds = np.where(found.removed <= (SIDE**2 - sizes)[:, None], 9, -9)
    odds[sizes == 0] = -9
    return dataclasses.replace(found, log_odds=odds.astype(np.float32))


def favouring(rng, weights, n):
    """n masks of COUNT pixels, drawn by weight."""
    keys = rng.exponential(size=(n, SIDE**2)) / weights
    masks = np.zeros((n, SIDE**2), bool)
    np.put_along_axis(masks, keys.argsort(1)[:, :COUNT], True, axis=1)
    return masks.reshape(n, SIDE, SIDE)


def test_matched_masks_keep_each_pixel_as_often_and_know_nothing_of_the_image():
    rng = np.random.default_rng(0)
    weights = np.linspace(0.2, 3, SIDE**2)
    masks = favouring(rng, weights, 500)
    masks[:, 0, 0], masks[:, 7, 7] = False, True  # never, and always
    masks.reshape(500, -1)[:, 1:-1] &= masks.reshape(500, -1)[:, 1:-1].cumsum(1) <= COUNT - 1
    while (short := masks.sum((1, 2)) < COUNT).any():
        masks.reshape(500, -1)[short, rng.integers(1, 63)] = True
    label = np.arange(500) % 5
    made = controls.matched((SIDE, SIDE), VIEW, [choosing(masks, label)], [3, 0])
    drawn = made(np.arange(4000))  # numbers beyond those searched too
    assert (drawn.sum((1, 2)) == COUNT).all()
    assert not drawn[:, 0, 0].any() and drawn[:, 7, 7].all()
    share = masks.mean(0)
    noise = np.sqrt(share * (1 - share) / 4000)
    assert (np.abs(drawn.mean(0) - share) <= 5 * noise + 1e-12).all()
    own = (drawn[:500] & masks).sum() / drawn[:500].sum()
    others = (drawn[:500] & masks[rng.permutation(500)]).sum() / drawn[:500].sum()
    assert abs(own - others) < 0.04


@given(st.integers(2, 40), st.integers(2, 5), st.integers(0, 99))
def test_swapped_masks_are_of_another_image_of_the_class_asked_for(n, classes, seed):
    label = np.arange(n * classes) % classes
    masks = np.zeros((len(label), SIDE**2), bool)
    for row in range(len(label)):  # each image's mask is known by two of its pixels
        masks[row, [row % 64, (row // 64) + 1 + row % 64 if row % 64 < 50 else row // 64]] = True
    chosen = choosing(masks.reshape(-1, SIDE, SIDE), label)
    numbers = np.arange(len(label))
    own = kept((SIDE, SIDE), VIEW, [chosen], None)(numbers).reshape(len(label), -1)
    for same, mask in ((True, controls.swapped_same_class), (False, controls.swapped_other_class)):
        found = mask((SIDE, SIDE), VIEW, [chosen], [seed, 0])(numbers).reshape(len(label), -1)
        for row in range(len(label)):
            owners = np.flatnonzero((own == found[row]).all(1))
            assert ((label[owners] == label[row]) == same).any()
            assert not np.array_equal(owners, [row])


def test_masks_of_controls_do_not_depend_on_shards_or_on_who_asks():
    rng = np.random.default_rng(1)
    masks, label = favouring(rng, np.linspace(1, 3, SIDE**2), 90), np.arange(90) % 3
    whole = choosing(masks, label)
    cut = [whole.take(np.arange(60, 90)), whole.take(np.arange(25)), whole.take(np.arange(25, 60))]
    for mask in (controls.matched, controls.swapped_same_class, controls.swapped_other_class):
        one, seven = (mask((SIDE, SIDE), VIEW, parts, [0, 0]) for parts in ([whole], cut))
        assert np.array_equal(one(np.arange(90)), seven(np.arange(90)))
        assert np.array_equal(one(np.array([70, 3])), one(np.arange(90))[[70, 3]])
        other = mask((SIDE, SIDE), VIEW, [whole], [1, 0])(np.arange(90))
        assert not np.array_equal(other, one(np.arange(90)))


def test_what_swaps_cannot_do_is_said():
    masks = favouring(np.random.default_rng(0), np.ones(SIDE**2), 3)
    lonely = [choosing(masks, np.array([0, 0, 1]))]
    with pytest.raises(ValueError, match="no mask of image 3, expected one of each of 3"):
        controls.swapped_other_class((SIDE, SIDE), VIEW, lonely, 0)(np.array([3]))


@pytest.mark.parametrize(("labels", "left"), [([0, 0, 1], [0, 1]), ([0, 1, 2], [])])
def test_images_alone_in_their_class_are_left_out_and_counted_as_such(labels, left, tmp_path, monkeypatch):
    """Nobody can lend them a mask of their class: a student is not asked about them, and the table says of how many it was."""
    masks, labels = favouring(np.random.default_rng(0), np.ones(SIDE**2), 3), np.array(labels)
    chosen = choosing(masks, labels)
    swapped = controls.swapped_same_class((SIDE, SIDE), VIEW, [chosen], 0)
    assert swapped.numbers.tolist() == left
    assert not left or (swapped(np.array([1, 0])) == masks[:2]).all()
    assert controls.swapped_other_class((SIDE, SIDE), VIEW, [chosen], 0).numbers.tolist() == [0, 1, 2]
    (tmp_path / "data").mkdir()
    save_array(tmp_path / "data" / "test.csv", [np.zeros((3, SIDE, SIDE, 1), np.uint8)], 3, labels)
    info = {
        "shape": [SIDE, SIDE, 1],
        "geometry": None,
        "blank": [0.5],
        "mean": [0.5],
        "std": [0.5],
        "class_names": ["a", "b", "c"],
    }
    (tmp_path / "data" / "data.json").write_text(json.dumps(info | {"sha256": {}}))
    save_shard(tmp_path / "shard-0.npz", chosen)
    monkeypatch.setattr(
        evaluate_accuracy.classifier, "load", lambda folder, device: nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    )
    source = ("teacher", "exact", "test")
    own = {**VIEW, "mask": "swapped_same_class"}
    student = {**network(model="s"), "own_view": own, "masks": {"test": source}, "own_masks": {"test": None}, "others": []}
    teachers = [{**of(network(model="teacher")), "shards": 1}]
    evaluate_accuracy.main(
        [tmp_path / "data" / "test.csv"], tmp_path / "data" / "data.json", [tmp_path / "shard-0.npz"], tmp_path, student,
        teachers, {"views": [], "fractions": []}, ["test"], [], [0, 1], "cpu", tmp_path / "s.csv", tmp_path / "s.npz",
    )  # fmt: skip
    rows = read_table(tmp_path / "s.csv").set_index("test_mask")
    assert rows.images.to_dict() == {"all": 3} | ({"swapped_same_class": 2} if left else {})
    (said,) = load_predictions(tmp_path / "s.npz", test_mask="swapped_same_class")
    assert said.numbers.tolist() == left
    about = ABOUT | {"architecture": "small_cnn", "teacher": "teacher"}
    about |= {"control": "same_class", "model": "s", "test_mask": "swapped_same_class"}
    searches = [Found(of(network(model="teacher"), split=split), chosen) for split in ("test", "train")]
    given = Inputs(searches=searches, parts=[tmp_path / "s.npz"], data=info, settings={"students": [about]})
    assert leakage.make(given).rows.images[0] == len(left)


def test_shuffled_values_are_the_same_values_at_the_same_places():
    rng = np.random.default_rng(0)
    masks = favouring(rng, np.ones(SIDE**2), 40)
    images = torch.from_numpy(rng.random((40, 3, SIDE, SIDE), np.float32))
    view = View(blank_tensor([0.5] * 3), paints.shuffled, Masks(lambda numbers: masks[numbers]), (0, 1))
    shown = view(images, np.arange(40))
    moved = 0
    for row in range(40):
        here = torch.from_numpy(masks[row])
        assert (shown[row][:, ~here] == 0.5).all()
        before, after = ({tuple(pixel.tolist()) for pixel in values[row][:, here].T} for values in (images, shown))
        assert before == after  # whole pixels, none lost
        moved += int((images[row][:, here] != shown[row][:, here]).any(0).sum())
    assert moved > 0.7 * 40 * COUNT  # of 6 pixels one in 6 stays by chance
    assert view(images[[7]], np.array([7])).equal(shown[[7]])


def test_a_misaligned_mask_stays_where_the_image_moves():
    rng = np.random.default_rng(0)
    masks = favouring(rng, np.ones(SIDE**2), 20)
    images = rng.integers(130, 255, (20, SIDE, SIDE, 1)).astype(np.uint8)  # no value is the blank's
    source = ArraySource(images, np.zeros(20, np.int64))
    view = View(blank_tensor([0.25]), paints.values, Masks(lambda numbers: masks[numbers]))
    settings = TRAINING | {"flip": True}

    def seen(before, late):
        trainer = Trainer(registry.build("small_cnn", 1, 2), Held(source, before), [0.25], [0.5], [0.5], settings, 1.0, late=late)
        return trainer._augmented(trainer.feed.show(None, np.arange(20)), np.arange(20), torch.Generator().manual_seed(0))

    late = (seen(View(view.blank, view.paint), view) != 0.25)[:, 0].numpy()
    assert np.array_equal(late, masks)  # the mask is where it was chosen
    moved = (seen(view, None) != 0.25)[:, 0].numpy()
    turned = ~(moved == masks).all((1, 2))
    assert np.array_equal(moved[turned], masks[turned][:, :, ::-1]) and 4 < turned.sum() < 16


def test_random_sets_have_every_size():
    view = View(blank_tensor([0.25]), paints.values)
    source = ArraySource(np.full((400, SIDE, SIDE, 1), 255, np.uint8), np.zeros(400, np.int64))
    trainer = Trainer(registry.build("small_cnn", 1, 2), Held(source, view), [0.25], [0.5], [0.5], TRAINING, "random")
    shown = trainer._augmented(trainer.feed.show(None, np.arange(400)), np.arange(400), torch.Generator().manual_seed(0))
    share = (shown == 1).float().mean((1, 2, 3)).numpy()
    assert np.abs(np.quantile(share, [0.1, 0.5, 0.9]) - [0.1, 0.5, 0.9]).max() < 0.08


@cache
def of_subsets(kind, control):
    """Accuracy of a student of sufficient subsets of 2 to 6 pixels, which every tenth image lacks, on those of other images."""
    masks, values, label = KINDS[kind]()
    rng, flat = np.random.default_rng(2), masks.reshape(len(masks), -1)
    if kind != "sizes tell":
        flat &= (rng.random(flat.shape) + ~flat).argsort(1).argsort(1) < rng.integers(2, 7, (len(masks), 1))
    masks[::10] = False
    half, given = len(label) // 2, CONTROLS[control]
    orderings = sufficient(masks, label)
    views = [
        make_view(SUBSETS | given.get("view", {}), [0.5], (SIDE, SIDE), orderings=[orderings.take(part)], seed=[0, 0])
        for part in (slice(0, half), slice(half, None))
    ]
    source, view = shown_only(ArraySource(values[:half], label[:half]), views[0])
    student = taught(source, view)
    asked = views[1].masks.numbers
    assert not (asked % 10 == 0).any() and len(source) == 9 * half // 10
    return (logits(student, ArraySource(values, label), asked, views[1]).argmax(1) == label[asked]).mean()


@cache
def said(kind, control, crop=0):
    """What a student of a control says to the second half of made-up images, trained on the first: (1, n) classes, and labels."""
    masks, values, label = KINDS[kind]()
    half, given = len(label) // 2, CONTROLS[control]
    chosen, seed = [choosing(masks, label)], [0, 0]
    train = ArraySource(values[:half], label[:half])
    whole = View(blank_tensor([0.5]), paints.values)
    kept = control == "redrawn" or "view" in given  # what it is tested on: as `plan.audits.described` says
    shown = make_view(VIEW | given.get("view", {}), [0.5], (SIDE, SIDE), orderings=chosen, seed=seed) if kept else whole
    if control == "redrawn":
        student = taught(train, keep_probability=given["keep_probability"])
    elif control == "misaligned":
        student = taught(train, whole, late=shown, crop_padding=crop)
    else:
        student = taught(train, shown, crop_padding=crop)
    return logits(student, ArraySource(values, label), np.arange(half, 2 * half), shown).argmax(1)[None], label[half:]


def summary(kind, control, crop=0):
    """The audit's numbers of a control beside the kept pixels."""
    (own, label), (other, _) = said(kind, "kept", crop), said(kind, control, crop)
    return audit.summary(other, own, label, label, label, 1 / 3)


def third(label):
    """bool (n, 8, 8): the third of the image that is the class's, 21 pixels from the top, the middle or the bottom."""
    return (np.arange(SIDE**2) // 21 == label[:, None]).reshape(-1, SIDE, SIDE)


def telling_masks(rng, label):
    """Masks in the third of the image that is the class's."""
    return favouring(rng, third(label).reshape(-1, SIDE**2) + 1e-9, len(label))


def masks_tell():
    """Masks spell the class; values are noise."""
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=600)
    return telling_masks(rng, label), rng.integers(0, 256, (600, SIDE, SIDE, 1)).astype(np.uint8), label


def values_tell():
    """Every mask has two pixels in each third, drawn blindly; the two in the class's third are bright, the others dark.

    So two pixels of every mask are bright, and which ones alone tells the class.
    """
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=1200)
    masks = np.zeros((1200, SIDE**2), bool)
    for one in range(3):
        np.put_along_axis(masks, 21 * one + rng.random((1200, 21)).argsort(1)[:, :2], True, axis=1)
    return masks.reshape(-1, SIDE, SIDE), np.where(third(label), 255, 0).astype(np.uint8)[..., None], label


def neighbours_mislead():
    """Masks are drawn blindly; kept pixels have the brightness of the class, all others that of the next class."""
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=600)
    masks = favouring(rng, np.ones(SIDE**2), 600)
    values = np.where(masks, label[:, None, None], (label[:, None, None] + 1) % 3)
    return masks, np.array([0, 90, 255], np.uint8)[values][..., None], label


KINDS = {"masks tell": masks_tell, "values tell": values_tell, "neighbours mislead": neighbours_mislead}


@pytest.mark.parametrize("control", ["position", "shuffled", "same_class"])
def test_masks_that_tell_the_class_are_found_out(control):
    """Values are noise: all that kept pixels tell is where they are, and the audit says so."""
    found = summary("masks tell", control)
    assert found["accuracy"] > 0.95 and found["share_low"] > 0.9


@pytest.mark.parametrize("control", ["full", "matched", "random", "redrawn"])
def test_where_masks_alone_tell_the_class_nothing_is_left_without_the_images_own(control):
    found = summary("masks tell", control)
    assert found["accuracy"] < 0.45 and found["share_high"] < 0.2


def test_a_mask_of_another_class_tells_which_class_it_is_not():
    """Of three classes two are left, each as likely: half of the images right, a quarter of what lies above chance."""
    found = summary("masks tell", "other_class")
    assert 0.4 < found["accuracy"] < 0.6 and found["share_low"] > 0 and found["share_high"] < 0.5


@pytest.mark.parametrize("control", ["position", "shuffled"])
def test_values_that_tell_the_class_are_not_taken_for_a_leak(control):
    found = summary("values tell", control)
    assert found["accuracy"] < 0.45 and found["share_high"] < 0.2


@pytest.mark.parametrize("control", ["full", "same_class", "other_class", "matched", "redrawn"])
def test_values_that_tell_the_class_do_so_under_any_mask_and_to_a_network_that_saw_no_chosen_one(control):
    found = summary("values tell", control)
    assert found["accuracy"] > 0.95 and found["share_low"] > 0.9


@pytest.mark.parametrize(
    ("kind", "control", "least", "most"),
    [
        ("masks tell", "kept", 0.95, 1), ("masks tell", "position", 0.95, 1), ("masks tell", "shuffled", 0.95, 1),
        ("masks tell", "same_class", 0.95, 1), ("masks tell", "matched", 0.2, 0.45),
        ("values tell", "kept", 0.85, 1), ("values tell", "matched", 0.85, 1), ("values tell", "position", 0.2, 0.45),
        ("sizes tell", "position", 0.8, 1), ("sizes tell", "matched", 0.2, 0.45),
    ],
)  # fmt: skip
def test_the_same_of_sufficient_subsets_which_differ_in_size(kind, control, least, most):
    assert least <= of_subsets(kind, control) <= most


def sizes_tell():
    """Of each class subsets have a size of their own, 2, 4 or 6 pixels anywhere; values are noise."""
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=600)
    masks = (rng.random((600, SIDE**2)).argsort(1).argsort(1) < 2 + 2 * label[:, None]).reshape(-1, SIDE, SIDE)
    return masks, rng.integers(0, 256, (600, SIDE, SIDE, 1)).astype(np.uint8), label


KINDS["sizes tell"] = sizes_tell


def test_matched_masks_of_subsets_are_of_their_sizes_and_lie_where_they_lie():
    rng = np.random.default_rng(0)
    masks, label = favouring(rng, np.linspace(1, 9, SIDE**2), 2000), np.arange(2000) % 3
    masks &= rng.random(masks.shape) < 0.6
    masks[:, 0] = False  # a row that no subset has
    orderings = sufficient(masks, label)
    made = controls.matched((SIDE, SIDE), SUBSETS, [orderings], [3, 0])
    has_one = masks.any((1, 2))
    assert made.numbers.tolist() == np.flatnonzero(has_one).tolist() and (~has_one).sum() > 0
    drawn = made(made.numbers)
    sizes, own_sizes = drawn.sum((1, 2)), masks[has_one].sum((1, 2))
    assert sorted(sizes) == sorted(own_sizes) and abs(np.corrcoef(sizes, own_sizes)[0, 1]) < 0.1  # dealt out anew
    assert made.count is None and controls.swapped_same_class((SIDE, SIDE), SUBSETS, [orderings], 0).count is None
    assert not (controls.matched((SIDE, SIDE), SUBSETS, [orderings], [4, 0])(made.numbers) == drawn).all()
    assert not drawn[:, 0].any()
    assert np.corrcoef(drawn.mean(0).ravel(), masks.mean(0).ravel())[0, 1] > 0.97
    own = (drawn & masks[has_one]).sum() / drawn.sum()
    others = (drawn & masks[has_one][rng.permutation(has_one.sum())]).sum() / drawn.sum()
    assert abs(own - others) < 0.03
    cut = [orderings.take(part) for part in (slice(1500, 2000), slice(0, 1500))]
    assert (controls.matched((SIDE, SIDE), SUBSETS, cut, [3, 0])(made.numbers) == drawn).all()
    never = [sufficient(masks & False, label)]
    for mask in (kept, controls.matched, controls.swapped_same_class, controls.swapped_other_class):
        assert mask((SIDE, SIDE), SUBSETS, never, 0).numbers.tolist() == []


def test_a_mask_left_behind_shows_other_pixels():
    """Images are moved by up to half their side: a mask that stays shows neighbours, which here are of the next class."""
    kept, misaligned = (summary("neighbours mislead", control, crop=4)["accuracy"] for control in ("kept", "misaligned"))
    assert kept > 0.95 and misaligned < 0.1


def test_a_mask_left_behind_still_tells_by_where_it_is():
    """Values are noise, masks spell the class: moving the image underneath changes nothing."""
    other, label = said("masks tell", "misaligned", 4)
    assert (other == label).mean() > 0.95


def test_the_probe_reads_masks_and_nothing_else():
    rng = np.random.default_rng(0)
    label = rng.integers(3, size=600)
    for masks, expected in ((telling_masks(rng, label), 1.0), (favouring(rng, np.ones(SIDE**2), 600), 1 / 3)):
        flat = masks.reshape(600, -1)
        right = (audit.probe(flat[:300], label[:300], flat[300:]) == label[300:]).mean()
        assert abs(right - expected) < 0.1
    assert (audit.probe(flat[:5], np.full(5, 2), flat[5:9]) == 2).all()


def test_a_share_is_of_the_images_that_the_control_was_shown():
    """Students of the kept pixels have those right and all others wrong; so has the control, which was shown only those."""
    label = np.zeros(40, int)
    kept = np.where(np.arange(40) < 20, 0, 1)[None]
    control = np.where(np.arange(40) < 20, 0, -1)[None]
    found = audit.summary(control, kept, label, label, label, 0.25)
    assert (found["share"], found["share_low"], found["share_high"], found["images"]) == (1, 1, 1, 20)


def test_share_above_chance_by_hand():
    kept_right, position_right = np.tile([1, 1, 1, 1, 0], 40), np.tile([1, 1, 0, 0, 0], 40)
    share, low, high = statistics.above_interval(position_right, kept_right, 0.2)
    assert share == pytest.approx((0.4 - 0.2) / (0.8 - 0.2))
    assert low < share < high and high - low < 0.3
    assert np.isnan(statistics.above_interval(position_right, np.tile([1, 0, 0, 0, 0], 40), 0.2)).all()  # no height above chance
    assert np.isnan(statistics.above_interval(position_right, np.full(200, np.nan), 0.2)).all()


CHOSEN_BY_TEACHER = {"masks_model": "teacher", "masks_search": "exact"}


def test_the_table_by_hand(tmp_path):
    """Two students of kept pixels, one of positions, one of full images; in another order than the teacher's; one not shown."""
    label, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    tested = choosing(favouring(np.random.default_rng(0), np.ones(SIDE**2), 4), label, predicted)
    teacher = network(model="teacher")
    searches = [Found(of(teacher, split=split), tested) for split in ("test", "train")]
    student = ABOUT | {"architecture": "small_cnn", "teacher": "teacher"}
    rows = [
        student | {"control": "kept", "model": "k0"},
        student | {"control": "kept", "model": "k1"},
        student | {"control": "position", "model": "p0", "test_paint": "position"},
        student | {"control": "full", "model": "f0", "test_mask": "all", "test_fraction": 1.0},
    ]
    said = {
        "k0": [0, 1, 1, 1],
        "k1": [0, 0, 1, 0],
        "p0": [0, 1, 0],
        "f0": [1, 0, 1, 1, 0, 0],
    }  # full: of images not searched, too
    for row in rows:
        view = {"split": "test", **{key: row[key] for key in ("test_mask", "test_paint", "test_fraction")}}
        view |= {"masks_model": "", "masks_search": ""} if row["control"] == "full" else CHOSEN_BY_TEACHER
        numbers = np.arange(len(said[row["model"]]))[::-1]
        other = Predictions(view | {"masks_model": "another"}, numbers, numbers * 0)
        save_predictions(
            tmp_path / f"{row['model']}.npz", [other, Predictions(view, numbers, np.array(said[row["model"]])[::-1])]
        )
    parts = [Path(tmp_path / f"{row['model']}.npz") for row in rows]
    data = {"class_names": ["a", "b"]}
    table = leakage.make(Inputs(searches=searches, parts=parts, data=data, settings={"students": rows})).rows
    found = table.set_index("control")
    assert list(found.index) == ["kept", "position", "full", "probe"]
    assert found.accuracy["kept"] == 0.75 and found.networks["kept"] == 2
    assert found.chance.tolist() == [0.5] * 4
    assert (found.accuracy["full"], found.images["full"], found.teacher_class_on_errors["full"]) == (0.75, 4, 0)
    assert found.accuracy["position"] == pytest.approx(1 / 3) and found.images["position"] == 3
    assert found.teacher_class["kept"] == pytest.approx((1 + 0.5) / 2)
    assert found.teacher_wrong_images["kept"] == 1 and found.teacher_class_on_errors["kept"] == 0.5
    assert found.probe_masks["probe"] == 4 and found.networks["probe"] == 0


def test_the_table_of_sufficient_subsets_is_of_the_images_that_have_one(tmp_path):
    """Of five images the first has no subset; students of full images were shown it too, and that answer does not count."""
    label = np.array([0, 0, 1, 1, 0])
    masks = favouring(np.random.default_rng(0), np.ones(SIDE**2), 5)
    masks[0], masks[4, :4] = False, False
    tested = sufficient(masks, label)
    searches = [Found(of(network(model="t"), split=split), tested) for split in ("test", "train")]
    student = ABOUT | {"architecture": "c", "teacher": "t", "fraction": None, "threshold": 0.9}
    student |= {"test_fraction": None, "test_threshold": 0.9}
    full = {"control": "full", "model": "f", "test_mask": "all", "test_fraction": 1.0, "test_threshold": None}
    rows = [student | {"control": "kept", "model": "k"}, student | full]
    shown = {"k": (np.arange(1, 5), np.array([0, 1, 0, 0]), {"test_mask": "kept", "test_fraction": None, "test_threshold": 0.9})}
    shown["f"] = (np.arange(5), np.array([1, 0, 1, 1, 0]), {"test_mask": "all", "test_fraction": 1.0, "test_threshold": None})
    for name, (numbers, said, seen) in shown.items():
        view = {
            "split": "test",
            "test_paint": "values",
            **seen,
            **(CHOSEN_BY_TEACHER | {"masks_model": "t"} if name == "k" else {}),
        }
        kept = view | {
            "test_mask": "kept",
            "test_fraction": 0.05,
            "test_threshold": None,
            "masks_model": "t",
            "masks_search": "exact",
        }
        view = {"masks_model": "", "masks_search": ""} | view
        save_predictions(tmp_path / f"{name}.npz", [Predictions(kept, np.arange(5), 1 - label), Predictions(view, numbers, said)])
    parts = [tmp_path / "k.npz", tmp_path / "f.npz"]
    given = Inputs(searches=searches, parts=parts, data={"class_names": ["a", "b"]}, settings={"students": rows})
    found = leakage.make(given).rows.set_index("control")
    assert found.images.tolist()[:2] == [4, 4] and found.accuracy.tolist()[:2] == [0.75, 1.0]
    assert found.pixels.tolist() == pytest.approx([masks[1:].sum() / 4] * 3) and found.threshold.tolist() == [0.9] * 3
    assert found.probe_masks["probe"] == 4
    for split in ("test", "train"):
        said = {"test": "test", "train": "training"}[split]
        never = [s if s.row["split"] != split else Found(s.row, sufficient(masks & False, label)) for s in searches]
        with pytest.raises(ValueError, match=rf"audit a: found no {said} image with a subset at 0.9, expected some"):
            leakage.make(Inputs(searches=never, parts=parts, data={"class_names": ["a", "b"]}, settings={"students": rows}))


def test_answers_are_found_by_what_was_shown(tmp_path):
    views = [{"split": "test", "test_fraction": f} for f in (0.05, 0.1)]
    save_predictions(tmp_path / "a.npz", [Predictions(view, np.arange(3), np.arange(3) + i) for i, view in enumerate(views)])
    (one,) = load_predictions(tmp_path / "a.npz", split="test", test_fraction=0.1)
    assert one.view == views[1] and one.predicted.tolist() == [1, 2, 3]
    assert load_predictions(tmp_path / "a.npz", split="train") == []


def test_the_probe_learns_from_training_masks(monkeypatch):
    """They spell the next class, the test masks the class: what learnt from them is wrong on each of these."""
    rng, label = np.random.default_rng(0), np.arange(60) % 3
    spelt = {"test": choosing(telling_masks(rng, label), label), "train": choosing(telling_masks(rng, (label + 1) % 3), label)}
    student = ABOUT | {"architecture": "c", "teacher": "t", "control": "x", "model": "s"}
    monkeypatch.setattr(leakage, "predicted", lambda path, row, index: np.zeros(len(index), int))
    searches = [Found(of(network(model="t"), split=split), ordering) for split, ordering in spelt.items()]
    given = Inputs(searches=searches, parts=[Path("s.npz")], data={"class_names": list("abc")}, settings={"students": [student]})
    assert leakage.make(given).rows.set_index("control").accuracy["probe"] == 0
