"""Searches towards every class in turn: the union of their pixels, by hand, and that it tells no class by where it lies."""

import numpy as np
import pytest
import torch
from torch import nn

from overinterp import audit
from overinterp.data.source import ArraySource
from overinterp.search.every import take_turns
from overinterp.search.images import search_images
from overinterp.search.stages import forwards
from tests.unit.toys import EXACT


class Quadrants(nn.Module):
    """Class k is told by the brightness of quadrant k of a 4x4 image."""

    def forward(self, x):
        return 3 * x.unflatten(2, (2, 2)).unflatten(4, (2, 2)).sum((1, 3, 5)).flatten(1)


def pictures(n=24, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 4
    images = rng.integers(60, 120, (n, 4, 4, 1))
    for row, label in enumerate(labels):
        top, left = 2 * (label // 2), 2 * (label % 2)
        images[row, top : top + 2, left : left + 2] += 100
    return ArraySource(images.astype(np.uint8), labels)


def search(source, target, numbers=None, **given):
    numbers = np.arange(len(source)) if numbers is None else numbers
    return search_images(Quadrants(), source, numbers, (0.0,), {**EXACT, "target": target, "batch_size": 64}, classes=4, **given)


def test_orders_take_turns_from_the_end():
    orders = np.array([[[0, 1, 2, 3], [0, 2, 1, 3], [3, 2, 1, 0]]], np.uint16)
    # first round: 3, 3 again is passed over, 0; second: 2, 1
    found = take_turns(orders)
    assert found.tolist() == [[1, 2, 0, 3]] and found.dtype == np.uint16
    assert take_turns(orders[:, :1]).tolist() == [[0, 1, 2, 3]]


def test_the_last_pixels_are_the_union_of_the_last_pixels_of_each():
    rng = np.random.default_rng(1)
    orders = np.argsort(rng.random((7, 3, 40)), axis=2)
    found = take_turns(orders)
    assert (np.sort(found) == np.arange(40)).all()
    for image in range(7):
        for n in (1, 4, 9):
            union = set(orders[image, :, -n:].ravel().tolist())
            assert set(found[image, -len(union) :].tolist()) == union


def test_every_class_is_searched_and_the_log_odds_are_of_the_predicted_one():
    source, model = pictures(), Quadrants()
    found = search(source, "every")
    own = search(source, "predicted")
    assert (found.target == own.target).all() and (found.predicted == own.predicted).all()
    towards = [search(ArraySource(source.images, np.full(len(source), label)), "label") for label in range(4)]
    assert (found.ties == sum(one.ties for one in towards)).all() and found.ties.any()
    x = torch.from_numpy(source.read(np.arange(len(source)))).permute(0, 3, 1, 2) / 255
    for column in (0, 3, 10, 16):
        kept = found.kept_after(found.removed[:, column])
        logits = model(torch.where(torch.from_numpy(kept)[:, None], x, 0.0))
        others = logits.scatter(1, torch.from_numpy(found.target)[:, None], -torch.inf).logsumexp(1)
        odds = logits.gather(1, torch.from_numpy(found.target)[:, None])[:, 0] - others
        assert found.log_odds[:, column] == pytest.approx(odds.numpy(), abs=1e-4)
    # the last four pixels are one of each quadrant, whatever the image
    quadrant = np.arange(16).reshape(4, 4) // 8 * 2 + np.arange(16).reshape(4, 4) % 4 // 2
    last = quadrant.ravel()[found.order[:, -4:].astype(int)]
    assert (np.sort(last) == np.arange(4)).all()


def test_where_the_union_lies_tells_no_class_where_one_search_tells_all():
    seen, asked = pictures(200, seed=2), pictures(80, seed=3)
    right = {}
    for target in ("predicted", "every"):
        masks, found = (search(source, target).kept_fraction(0.25).reshape(-1, 16) for source in (seen, asked))
        right[target] = (audit.probe(masks, seen.labels, found) == asked.labels).mean()
    assert right["predicted"] == 1
    assert right["every"] < 0.45  # a guess: 0.25


def test_in_parts_interrupted_and_with_pixels_removed_beforehand_the_same():
    source = pictures(9)
    whole = search(source, "every")
    parts = [search(source, "every", numbers=np.array(part)) for part in ([0, 1, 2, 3], [4], [5, 6, 7, 8])]
    for name in ("order", "log_odds", "removed", "ties"):
        assert (np.concatenate([getattr(part, name) for part in parts]) == getattr(whole, name)).all()
    states = []
    search(source, "every", on_step=lambda standing: states.append(standing.state()) if len(states) < 7 else None)
    again = search(source, "every", state=states[-1])
    assert (again.order == whole.order).all() and (again.log_odds == whole.log_odds).all()
    removed = np.zeros((9, 4, 4), bool)
    removed[:, 0, :3] = True
    rest = search(source, "every", removed=removed)
    assert (rest.order[:, :3] == [0, 1, 2]).all() and (rest.removed[:, 0] == 3).all()


def test_it_costs_as_many_searches_as_there_are_classes():
    counted = []
    search(pictures(3), "every", on_step=lambda standing: counted.append(standing.forwards))
    once = forwards({**EXACT, "target": "other"}, 16, 4)
    assert counted[-1] == 12 * once and forwards({**EXACT, "target": "every"}, 16, 4) == 4 * once + 17  # and the union's way


def test_the_unions_way_fills_its_passes_and_is_the_same_whatever_these_hold():
    """Nine images of 17 states are 153 rows: three passes of 64 at the end, where one an image would be nine."""
    rows = []

    class Counting(Quadrants):
        def forward(self, x):
            rows.append(len(x))
            return super().forward(x)

    settings = {**EXACT, "target": "every", "batch_size": 64}
    found = search_images(Counting(), pictures(9), range(9), (0.0,), settings, classes=4)
    every, rows = len(rows), []
    search_images(Counting(), pictures(9), np.repeat(range(9), 4), (0.0,), {**settings, "target": "predicted"})
    assert every - len(rows) == 3
    for size in (1, 5, 17, 1024):
        other = search_images(Quadrants(), pictures(9), range(9), (0.0,), {**settings, "batch_size": size}, classes=4)
        assert (other.order == found.order).all() and other.log_odds == pytest.approx(found.log_odds, abs=1e-5)


def test_outputs_that_are_no_classes_are_not_searched_and_masks_alone_can_be_kept():
    class More(Quadrants):
        def forward(self, x):
            logits = super().forward(x)
            return torch.cat([logits, 0 * logits[:, :3]], 1)

    source, settings = pictures(5), {**EXACT, "target": "every", "batch_size": 64}
    more = search_images(More(), source, range(5), (0.0,), settings, classes=4)
    assert (more.order[:, -4:] == search(source, "every").order[:, -4:]).all()
    kept = search(source, "every", keep=(0.25,))
    assert (kept.kept_fraction(0.25) == search(source, "every").kept_fraction(0.25)).all()
    with pytest.raises(ValueError, match="found every, expected the number of classes"):
        search_images(More(), source, range(5), (0.0,), settings)
