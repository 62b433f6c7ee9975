"""Backward selection against an oracle written from its definition, hand-computed toys and its promises."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._subclasses import FakeTensorMode

from overinterp.classifier import BFloat16
from overinterp.data.source import ArraySource
from overinterp.models.input_dropout import with_bank
from overinterp.models.registry import build
from overinterp.search.engine import Search, not_worse
from overinterp.search.images import search_images
from overinterp.search.ordering import Ordering, concatenate, kept_pixels
from overinterp.search.passes import passes, rows_of_passes
from overinterp.search.scoring import _ranked, candidate_scores, gradient_scores, log_odds, pick
from overinterp.search.stages import Ranking, Schedule, Stage, preset
from tests.unit.toys import EXACT, GRADIENT, RANKED, REFINED, Additive, brute_force, odds_of, random_network

BLANK = [0.25]


def run(network, images, labels, options=EXACT, numbers=None, **more):
    numbers = range(len(images)) if numbers is None else numbers
    return search_images(network, ArraySource(images, labels), numbers, more.pop("blank", BLANK), options, **more)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_exact_is_the_brute_force_oracle(channels, seed):
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (3, 4, 4, channels), dtype=np.uint8)
    network = random_network(seed, channels)
    blank = [0.25, 0.5, 0.75][:channels]
    found = run(network, pictures, np.zeros(3, np.int64), blank=blank)
    for i, picture in enumerate(pictures):
        image = torch.from_numpy(picture).permute(2, 0, 1).float() / 255
        order, values = brute_force(network, image, int(found.target[i]), torch.tensor(blank).reshape(-1, 1, 1))
        assert found.order[i].tolist() == order
        np.testing.assert_allclose(found.log_odds[i], values, atol=1e-5)
        assert found.removed[i].tolist() == list(range(17))


def brute_force_ranked(network, image, target, blank, passes, sweeps, smallest):
    """Scores learnt as the definition has it, an image and a pass at a time, in float64."""
    pixels = image[0].numel()
    scores = np.zeros(pixels)
    for number in range(passes):
        done = number * sweeps / passes - np.floor(number * sweeps / passes)
        size = max(1, round(pixels * (smallest / pixels) ** done))
        mask = np.zeros(pixels)
        mask[sorted(range(pixels), key=lambda pixel: (-scores[pixel], pixel))[:size]] = 1
        mask = torch.from_numpy(mask).reshape(image.shape[1:]).requires_grad_(True)
        logits = network((blank + (image - blank) * mask)[None])
        others = torch.cat([logits[0, :target], logits[0, target + 1 :]])
        (slope,) = torch.autograd.grad(logits[0, target] - others.logsumexp(0), mask)
        slope = slope.numpy().ravel()
        scores += slope / np.sqrt((slope**2).mean())
    return sorted(range(pixels), key=lambda pixel: (scores[pixel], pixel))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_ranked_is_the_brute_force_oracle(channels, seed):
    network = random_network(seed, channels)
    x = 4 * torch.rand(3, channels, 4, 4, generator=torch.Generator().manual_seed(seed))  # slopes of another size at every set
    fill = torch.full((1, channels, 1, 1), 0.4)
    schedule = Schedule((Stage(0, "ranking", 1, share=0.3),), ranking=Ranking(21, 3, 2))
    found = Search(network, x, torch.arange(3), fill, schedule, batch_size=8).run()
    for i in range(3):
        oracle = brute_force_ranked(network.double(), x[i].double(), i, fill[0].double(), 21, 3, 2)
        assert found["order"][i].tolist() == oracle
        assert found["removed"][i].tolist() == [0, 4, 7, 9, 11, 12, 13, 14, 15, 16]
    network.float()


def brute_force_refined(network, image, target, blank, ranking, many, few, share):
    """By the scores until so many are left, then each pixel tried, with plain loops; until few are left, a share at once."""

    def value(kept):
        mask = torch.zeros(image[0].numel(), dtype=torch.bool)
        mask[kept] = True
        return odds_of(network, torch.where(mask.reshape(image.shape[1:]), image, blank.expand_as(image)), target)

    order, kept = [], brute_force_ranked(network, image, target, blank, *ranking)
    while len(kept) > many:
        number = min(max(1, int(share * len(kept))), len(kept) - many)
        order, kept = order + kept[:number], kept[number:]
    kept.sort()
    while kept:
        number = min(max(1, int(share * len(kept))), len(kept) - few) if len(kept) > few else 1
        worst = sorted(kept, key=lambda pixel: value([k for k in kept if k != pixel]), reverse=True)[:number]
        kept = [k for k in kept if k not in worst]
        order += worst
    return order


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_refined_is_the_brute_force_oracle(channels, seed):
    network = random_network(seed, channels).double()
    x = torch.rand(3, channels, 4, 4, generator=torch.Generator().manual_seed(seed)).double()
    fill = torch.full((1, channels, 1, 1), 0.4).double()
    stages = (Stage(9, "ranking", 1, share=0.3), Stage(5, "all", 1, share=0.3), Stage(0, "all", 1))
    found = Search(network, x, torch.arange(3), fill, Schedule(stages, ranking=Ranking(21, 3, 2)), batch_size=8).run()
    for i in range(3):
        assert found["order"][i].tolist() == brute_force_refined(network, x[i], i, fill[0], (21, 3, 2), 9, 5, 0.3)
        assert found["removed"][i].tolist() == [0, 4, 7, 9, *range(11, 17)]
    network.float()


def test_refined_is_ranked_until_all_that_is_left_is_tried():
    for pixels, many in ((1, 1), (16, 8), (64, 32), (256, 128), (1024, 256), (50176, 1792)):
        refined = preset("refined", pixels)
        assert refined.ranking == preset("ranked", pixels).ranking
        assert [(stage.propose, stage.until) for stage in refined.stages] == [("ranking", many), ("all", many // 2), ("all", 0)]


def test_log_odds_after_a_step_are_those_of_what_remains():
    """A step of one pixel has them from its trial, one of more has not; in one step some images lose one and others more."""
    network = random_network(7)
    x = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(7))
    schedule = Schedule((Stage(0, "all", 1, share=0.25),))
    before = torch.zeros(2, 4, 4, dtype=torch.bool)
    before[1].view(-1)[:9] = True  # the second begins with 7 pixels, of which a step removes one
    found = Search(network, x, torch.zeros(2, dtype=torch.int64), torch.full((1, 1, 1, 1), 0.4), schedule, removed=before).run()
    assert found["removed"][0].tolist() == [0, 4, 7, 9, 10, 11, 12, 13, 14, 15, 16]
    assert found["removed"][1].tolist()[:8] == list(range(9, 17))
    for i in range(2):
        for column, removed in enumerate(found["removed"][i]):
            image = x[i].clone()
            image.view(-1)[found["order"][i, :removed].astype(int)] = 0.4
            assert found["log_odds"][i, column] == pytest.approx(odds_of(network, image, 0), abs=1e-5)


def test_a_sweep_falls_from_the_whole_image_to_the_smallest_set():
    ranking = Ranking(8, 2, 1)
    assert [ranking.size(number, 256) for number in range(8)] == [256, 64, 16, 4] * 2
    assert [ranking.size(number, 16) for number in range(4)] == [16, 8, 4, 2]


@pytest.mark.parametrize("options", [EXACT, GRADIENT, {**GRADIENT, "pixels_per_step": 5}, RANKED])
def test_additive_network_removes_by_contribution(options):
    """Removing a pixel changes the log-odds by w (blank - x): the largest such change goes first."""
    rng = np.random.default_rng(3)
    pictures = rng.integers(0, 256, (4, 4, 4, 1), dtype=np.uint8)
    weights = rng.normal(size=(1, 4, 4))
    found = run(Additive(weights), pictures, np.ones(4, np.int64), {**options, "target": "label"})
    change = (weights[0] * (BLANK[0] - pictures[..., 0] / 255)).reshape(4, 16)
    assert found.order.tolist() == np.argsort(-change, axis=1, kind="stable").tolist()


@pytest.mark.parametrize(
    "options", [EXACT, {**EXACT, "objective": "probability"}, GRADIENT, {**GRADIENT, "pixels_per_step": 3}, REFINED, RANKED]
)
def test_blanking_the_order_gives_the_recorded_log_odds(images, options):
    network = random_network(7)
    found = run(network, *images, options)
    assert sorted(found.order[0].tolist()) == list(range(16))
    for i in range(len(found)):
        for column, removed in enumerate(found.removed[i]):
            image = torch.from_numpy(images[0][i]).permute(2, 0, 1).float() / 255
            image.view(1, -1)[:, found.order[i, :removed].astype(int)] = BLANK[0]
            assert found.log_odds[i, column] == pytest.approx(odds_of(network, image, found.target[i]), abs=1e-5)


def test_gradient_score_is_the_finite_difference():
    network = random_network(5, channels=2).double()
    image = torch.rand(1, 2, 16, dtype=torch.float64)
    blank = torch.tensor([0.2, 0.7], dtype=torch.float64).reshape(1, 2, 1)
    gone = torch.zeros(1, 16, dtype=torch.bool)
    target = torch.tensor([1])
    _, scores, _ = gradient_scores(network, image, gone, ~gone, target, blank, (4, 4), 4)

    def value(mask):
        mixed = (1 - mask) * image + mask * blank
        return float(log_odds(network(mixed.unflatten(2, (4, 4))).float(), target))

    for pixel in range(16):
        mask = torch.zeros(1, 1, 16, dtype=torch.float64)
        mask[..., pixel] = 1e-2
        assert float(scores[0, pixel]) == pytest.approx((value(mask) - value(-mask)) / 2e-2, abs=1e-3)


def test_gradient_score_of_a_removed_pixel_is_that_of_removing_it_further():
    network = random_network(5, channels=2).double()
    image = torch.rand(1, 2, 16, dtype=torch.float64)
    blank = torch.tensor([0.2, 0.7], dtype=torch.float64).reshape(1, 2, 1)
    gone = torch.arange(16)[None] % 2 == 0
    target = torch.tensor([1])
    _, scores, _ = gradient_scores(network, image, gone, gone, target, blank, (4, 4), 4)
    for pixel in range(0, 16, 2):
        mask = gone.double()[:, None].clone()
        values = []
        for step in (-1e-2, 1e-2):
            mask[..., pixel] = 1 + step
            mixed = (1 - mask) * image + mask * blank
            values.append(float(log_odds(network(mixed.unflatten(2, (4, 4))).float(), target)))
        assert float(scores[0, pixel]) == pytest.approx((values[1] - values[0]) / 2e-2, abs=1e-3)
    assert (scores[~gone] == -torch.inf).all()


@pytest.mark.parametrize(
    ("schedule", "forwards"),
    [
        (preset("exact", 16), 136),
        (preset("gradient", 16), 32),
        (preset("gradient", 16, 5), 8),
        (Schedule((Stage(4, "gradient", 5), Stage(0, "all", 1))), 2 * 3 + 10),
        (preset("refined", 16), 2 * 200 + 8 + 36),
        (preset("ranked", 1024), 2 * 200 + 227),
        (preset("refined", 1024), 2 * 200 + 73 + 1706 + 128 * 129 // 2),
    ],
)
def test_cost_of_a_schedule_counted_by_hand_and_by_the_search(schedule, forwards):
    side = 4 if forwards < 500 else 32
    assert schedule.forwards(side * side) == forwards
    if side == 4:
        target, blank = torch.zeros(3, dtype=torch.int64), torch.zeros(1, 1, 1, 1)
        for quick in (None, random_network(4)):
            search = Search(random_network(3), torch.rand(3, 1, 4, 4), target, blank, schedule, batch_size=8, quick=quick)
            search.run()
            assert search.forwards == 3 * forwards


@pytest.mark.parametrize(
    ("schedule", "pixels", "tried"),
    [
        (preset("exact", 16), 16, 16),
        (preset("refined", 64), 64, 32),
        (preset("refined", 1024), 1024, 256),
        (preset("ranked", 1024), 1024, 0),
        (preset("gradient", 1024, 4), 1024, 0),
        (Schedule((Stage(8, "all", 1), Stage(0, "gradient", 1))), 16, 0),
        (Schedule((Stage(8, "all", 1), Stage(4, "gradient", 1), Stage(0, "all", 1))), 16, 4),
        (Schedule((Stage(8, "gradient", 3), Stage(0, "all", 1))), 16, 8),
    ],
)
def test_how_many_pixels_are_tried_to_the_end(schedule, pixels, tried):
    assert schedule.tried(pixels) == tried


def test_schedules_that_cannot_end_are_refused():
    with pytest.raises(ValueError, match="expected the last to end with 0"):
        Schedule((Stage(3, "all", 1),))
    with pytest.raises(ValueError, match="expected propose all or gradient"):
        Schedule((Stage(3, "ranking", 1), Stage(0, "all", 1)))


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("you can't allocate memory")])
@pytest.mark.parametrize("options", [EXACT, REFINED])
def test_too_little_memory_halves_the_batch_and_goes_on(images, caplog, options, error):
    network = random_network(3)

    class Small(torch.nn.Module):
        def forward(self, x):
            if len(x) > 10:
                raise error
            return network(x)

    with caplog.at_level("WARNING"):
        found = run(Small(), *images, options)
    assert [record.getMessage() for record in caplog.records] == [
        "out of memory, going on with batches of 16",
        "out of memory, going on with batches of 8",
    ]
    assert (found.order == run(network, *images, {**options, "batch_size": 8}).order).all()


def test_later_groups_start_with_the_passes_that_memory_left(images, monkeypatch, caplog):
    network = random_network(3)

    class Small(torch.nn.Module):
        def forward(self, x):
            if len(x) > 3:
                raise torch.OutOfMemoryError
            return network(x)

    monkeypatch.setattr("overinterp.search.images.LOCKSTEP_PIXELS", 32)
    monkeypatch.setattr("overinterp.search.images.rows_of_passes", lambda pixels, rows, device: (2, 2))  # two images
    with caplog.at_level("WARNING"):
        found = run(Small(), *images, {**GRADIENT, "batch_size": 8})
    assert [record.getMessage()[-1] for record in caplog.records] == ["4", "2"]
    assert (np.sort(found.order) == np.arange(16)).all()


def test_other_errors_of_the_network_are_passed_on(images):
    class Broken(torch.nn.Module):
        def forward(self, x):
            raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        run(Broken(), *images)


def test_log_odds_is_the_logit_of_the_softmax_and_does_not_saturate():
    logits = torch.tensor([[2.0, -1.0, 0.5], [60.0, 0.0, 0.0]])
    odds = log_odds(logits, torch.tensor([0, 0]))
    assert float(odds[0].sigmoid()) == pytest.approx(float(logits[0].softmax(0)[0]))
    assert float(odds[1]) == pytest.approx(60 - np.log(2), rel=1e-6)


def test_a_saturated_network_ties_by_probability_and_not_by_log_odds():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (2, 8, 8, 1), dtype=np.uint8)
    weights = rng.normal(size=(1, 8, 8)) + 12

    class Saturated(torch.nn.Module):
        def forward(self, x):
            odds = (x * torch.tensor(weights, dtype=torch.float32)).sum((1, 2, 3)) + 60
            return torch.stack([odds, torch.zeros_like(odds)], 1)

    by_odds = run(Saturated(), pictures, np.zeros(2, np.int64))
    by_probability = run(Saturated(), pictures, np.zeros(2, np.int64), {**EXACT, "objective": "probability"})
    assert by_odds.ties.sum() == 0
    assert (by_probability.ties >= 60).all()
    assert by_probability.order[0, :60].tolist() == list(range(60))  # the tie rule, not evidence


def test_gradient_steps_by_probability_do_not_tie_where_it_is_one():
    """The sigmoid's slope is 0 where it rounds to 1; the log-odds' has the same order and is not."""
    network = random_network(3, classes=2)

    class Sure(torch.nn.Module):
        def forward(self, x):
            return network(x) * torch.tensor([1.0, 1.0]) + torch.tensor([60.0, 0.0])

    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (4, 4, 4, 1), dtype=np.uint8)
    by_odds, by_probability = (
        run(Sure(), pictures, np.zeros(4, np.int64), {**GRADIENT, "objective": objective})
        for objective in ("log_odds", "probability")
    )
    assert (by_probability.confidence[:, 0] == 1).all() and by_probability.ties.sum() == 0
    assert (by_probability.order == by_odds.order).all()


@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_the_quick_way_to_rank_is_a_stable_sort(seed, pixels, most):
    """Many ties, zeros of both signs, gone pixels, large and small numbers: the same pixels in the same order."""
    rng = np.random.default_rng(seed)
    values = rng.choice([-np.inf, -3e38, -2.5, -1e-40, -0.0, 0.0, 1e-40, 0.1, 0.1, 2.5, 3e38], (3, pixels)).astype(np.float32)
    scores = torch.from_numpy(values)
    most = min(most, pixels)
    expected = scores.sort(dim=1, descending=True, stable=True).indices[:, :most]
    wide = torch.cat([scores, torch.full((3, 8 * most), -torch.inf)], 1)  # wide enough for the quick way
    finite = scores.gather(1, expected) > -torch.inf
    assert _ranked(wide, most)[finite].equal(expected[finite])


def test_what_bfloat16_cannot_tell_apart_is_all_tried_again():
    """Scores that tie with the last of the best: the lowest pixel numbers alone used to be kept."""
    scores = torch.tensor([[1.0, 5.0, 3.0, 3.0, 3.0, -torch.inf, 0.0, 9.0]])
    mask, counts = not_worse(scores, 3)
    assert mask.nonzero()[:, 1].tolist() == [1, 2, 3, 4, 7] and counts == [5]
    assert not_worse(scores, 100)[1] == [7]


@pytest.mark.parametrize(
    ("pixels", "asked", "rows"),
    [
        (64, None, (128, 16)),
        (32 * 32, None, (128, 16)),
        (64 * 64, None, (32, 16)),
        (224 * 224, None, (8, 4)),
        (299 * 299, None, (8, 4)),
        (32 * 32, 32, (32, 16)),
        (32 * 32, 4, (4, 4)),
        (32 * 32, 1024, (1024, 128)),
        (224 * 224, 1, (1, 1)),
        (224 * 224, 256, (256, 32)),
    ],
)
def test_passes_are_sized_by_their_images(pixels, asked, rows):
    assert rows_of_passes(pixels, asked) == rows


def test_a_gpu_passes_thousands_and_pads_few_to_a_power_of_two():
    assert [rows_of_passes(side * side, None, "cuda:1") for side in (16, 32, 224)] == [(8192, 1024), (8192, 1024), (167, 20)]
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert [[len(rows) for rows in passes(count, 40, cpu)] for count in (3, 40, 41)] == [[40], [40], [40, 40]]
    with FakeTensorMode():
        sizes = [[len(rows) for rows in passes(count, 40, gpu)] for count in (3, 17, 33, 40, 41)]
    assert sizes == [[16], [32], [40], [40], [40, 40]]


def test_adding_a_constant_to_all_logits_changes_nothing():
    """Dyadic pixels, weights and constant, so that no rounding differs."""
    pictures = np.zeros((2, 4, 4, 1), np.uint8)
    pictures.reshape(2, 16)[:] = np.random.default_rng(1).permuted(np.arange(32).reshape(2, 16) % 16, axis=1) * 17
    inner = Additive(np.random.default_rng(2).integers(-8, 8, (1, 4, 4)) / 4)

    class Dyadic(torch.nn.Module):
        def __init__(self, constant):
            super().__init__()
            self.constant = constant

        def forward(self, x):
            return inner((x * 15).round() / 16) + self.constant

    a = run(Dyadic(0.0), pictures, np.ones(2, np.int64), {**EXACT, "target": "label"}, blank=[0.0])
    b = run(Dyadic(32.0), pictures, np.ones(2, np.int64), {**EXACT, "target": "label"}, blank=[0.0])
    assert (a.order == b.order).all()
    assert (a.log_odds == b.log_odds).all()


def test_an_all_blank_image_is_valid_and_all_ties():
    picture = np.full((1, 4, 4, 1), 51, np.uint8)
    found = run(random_network(0), picture, np.zeros(1, np.int64), blank=[0.2])
    assert found.order[0].tolist() == list(range(16))
    assert found.ties[0] == 15  # the last step has no choice
    refined = run(random_network(0), picture, np.zeros(1, np.int64), REFINED, blank=[0.2])
    assert sorted(refined.order[0].tolist()) == list(range(16))
    assert refined.ties[0] == 8 + 7  # by scores, then by trying, where the last has no choice


@pytest.mark.parametrize("options", [EXACT, GRADIENT, {**GRADIENT, "pixels_per_step": 3}, REFINED, RANKED])
def test_shards_give_the_same_bits(options):
    rng = np.random.default_rng(4)
    pictures, labels = rng.integers(0, 256, (14, 4, 4, 1), dtype=np.uint8), np.arange(14) % 3
    network = random_network(9)
    whole = run(network, pictures, labels, options)
    for count in (2, 7):
        parts = [run(network, pictures, labels, options, numbers=rows) for rows in np.array_split(np.arange(14), count)]
        joined = concatenate(parts)
        for name in ("order", "removed", "log_odds", "ties", "near_ties", "index"):
            assert (getattr(joined, name) == getattr(whole, name)).all(), name


def test_threads_change_no_bit():
    """What docs/TROUBLESHOOTING.md promises of searches, of the network that config/cifar10.yaml trains; not of trainings."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build("resnet20", 3, 10).eval().requires_grad_(False)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    options, before, found = {**GRADIENT, "pixels_per_step": 256, "batch_size": 8}, torch.get_num_threads(), []
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            ordering = run(network, pictures, np.zeros(3, np.int64), options, blank=[0.5] * 3)
            found.append((ordering.order.tobytes(), ordering.log_odds.tobytes()))
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1] == found[2] and len(set(ordering.log_odds[0].tolist())) > 3


@pytest.mark.parametrize("share", [0.05, 0.4, 1])
@pytest.mark.parametrize("options", [EXACT, {**GRADIENT, "pixels_per_step": 2}, REFINED, RANKED])
def test_an_interrupted_search_resumes_to_the_same_bits(images, options, share):
    network, saved, counted = random_network(2), [], []

    class Killed(Exception):
        pass

    whole = run(network, *images, options, on_step=counted.append)
    stop_after = max(1, round(share * len(counted)))

    def kill(search):
        saved.append(copy.deepcopy(search.state()))
        if len(saved) == stop_after:
            raise Killed

    with pytest.raises(Killed):
        run(network, *images, options, on_step=kill)
    resumed = run(network, *images, options, state=saved[-1])
    for name in ("order", "removed", "log_odds", "ties", "near_ties"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))


@pytest.mark.parametrize("options", [EXACT, REFINED, RANKED])
def test_groups_in_lockstep_give_the_same_bits_also_when_interrupted(images, monkeypatch, options):
    network, options = random_network(2), {**options, "batch_size": 8}
    whole, standings, states = run(network, *images, options), [], []
    monkeypatch.setattr("overinterp.search.images.LOCKSTEP_PIXELS", 32)
    monkeypatch.setattr("overinterp.search.images.rows_of_passes", lambda pixels, rows, device: (2, 2))  # two images

    def watch(standing):
        standings.append(standing)
        states.append(copy.deepcopy(standing.state()))

    grouped = run(network, *images, options, on_step=watch)
    assert sorted({standing.images_done for standing in standings}) == [0, 2, 4]
    assert standings[-1].forwards == 6 * preset(options["method"], 16).forwards(16)
    for state in (states[1], states[len(states) // 2], states[-1]):
        resumed = run(network, *images, options, state=state)
        for name in ("order", "removed", "log_odds", "ties", "near_ties", "target", "index"):
            np.testing.assert_array_equal(getattr(grouped, name), getattr(whole, name))
            np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))


@pytest.mark.parametrize("options", [EXACT, REFINED])
def test_a_search_interrupted_inside_a_step_goes_on_from_its_last_pass(images, options):
    """A step of many passes keeps what they have found: the rest of them is done, and no pass twice."""
    network, shown = random_network(2), []

    class Counted(torch.nn.Module):
        def forward(self, x):
            shown.append(len(x))
            return network(x)

    options, states = {**options, "batch_size": 16}, []
    whole = run(Counted(), *images, options, on_step=lambda standing: states.append(copy.deepcopy(standing.state())))
    passes = len(shown)
    inside = [number for number, state in enumerate(states) if state["current"]["partial"]]
    assert len(inside) > 10
    for number in (inside[1], inside[len(inside) // 2]):
        state, before = states[number], len(shown)
        standings = []
        resumed = run(Counted(), *images, options, state=state, on_step=standings.append)
        assert standings[-1].forwards == 6 * preset(options["method"], 16).forwards(16)
        for name in ("order", "removed", "log_odds", "ties", "near_ties"):
            np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
        assert len(shown) - before < passes - number * 0.4


def test_gradients_that_are_not_finite_are_one_clear_error():
    class Standardising(torch.nn.Module):
        def forward(self, x):
            spread = ((x - x[:, :, :1, :1]) ** 2).sum((1, 2, 3)).sqrt()  # no derivative at one colour
            return torch.stack([spread, x[:, 0, 0, 0], x[:, 0, 1, 1]], 1)

    pictures = np.stack([np.random.default_rng(0).integers(0, 256, (4, 4, 1), dtype=np.uint8), np.full((4, 4, 1), 51, np.uint8)])
    with pytest.raises(ValueError, match="gradients that are not finite, on image 7"):
        run(Standardising(), np.repeat(pictures, 5, axis=0)[:9], np.zeros(9, np.int64), REFINED, numbers=[7, 8])


@pytest.mark.parametrize("stage", [Stage(0, "all", 0), Stage(0, "some", 1)], ids=["remove", "propose"])
def test_stages_that_cannot_be_done_are_refused(stage):
    with pytest.raises(ValueError, match="stage: found"):
        Schedule((stage,))


@pytest.mark.parametrize("options", [EXACT, REFINED, RANKED])
def test_premasked_pixels_head_the_order_and_the_rest_is_searched_as_alone(images, options):
    rng = np.random.default_rng(5)
    gone = rng.random((6, 4, 4)) < np.linspace(0, 1, 6)[:, None, None]  # from none to all
    network = random_network(3)
    found = run(network, *images, options, removed=gone)
    for i in range(6):
        alone = run(network, images[0][i : i + 1], images[1][i : i + 1], options, removed=gone[i : i + 1])
        assert found.order[i].tolist() == alone.order[0].tolist()
        count = gone[i].sum()
        assert found.order[i, :count].tolist() == np.flatnonzero(gone[i]).tolist()
        assert found.removed[i, 0] == count
        image = torch.from_numpy(images[0][i]).permute(2, 0, 1).float() / 255
        image[:, torch.from_numpy(gone[i])] = BLANK[0]
        assert found.log_odds[i, 0] == pytest.approx(odds_of(network, image, found.target[i]), abs=1e-5)
        assert sorted(found.order[i].tolist()) == list(range(16))


def test_mixed_stages_end_where_they_say(images):
    network = random_network(3)
    pixels = torch.from_numpy(images[0]).permute(0, 3, 1, 2).float() / 255
    schedule = Schedule((Stage(until=7, propose="gradient", remove=4), Stage(until=0, propose="all", remove=1)))
    search = Search(network, pixels, torch.zeros(6, dtype=torch.int64), torch.tensor(BLANK).reshape(1, 1, 1, 1), schedule)
    found = search.run()
    assert found["removed"][0].tolist() == [0, 4, 8, 9, *range(10, 17)]


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=12), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_pick_takes_larger_scores_then_lower_numbers(scores, remove):
    remove = min(remove, len(scores))
    row = torch.tensor([scores], dtype=torch.float32)
    picked, tie, near = pick(row, torch.zeros_like(row), torch.tensor([remove]), remove)
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    assert picked[0].tolist() == expected[:remove]
    assert bool(tie) == (remove < len(scores) and scores[expected[remove - 1]] == scores[expected[remove]])
    assert not near


def test_a_gap_within_noise_is_a_near_tie():
    row = torch.tensor([[1.0, 1.0 + 1e-6, 0.0]])
    _, tie, near = pick(row, torch.full_like(row, 1e-5), torch.tensor([1]), 1)
    assert (bool(tie), bool(near)) == (False, True)


def test_the_noise_of_a_probability_is_that_of_the_log_odds_times_its_slope():
    """Where the probability is 0 or 1, hardly any noise is left: what looks like a tie there is one."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3)).requires_grad_(False)
    network[1].weight *= 20  # confidence from 0 to 1
    images, gone = torch.rand(5, 1, 16), torch.zeros(5, 16, dtype=torch.bool)
    counts, target, blank = torch.full((5,), 16), torch.tensor([0, 1, 2, 1, 0]), torch.zeros(1, 1, 1)
    found = {}
    for objective in ("log_odds", "probability"):
        given = (network, images, gone, ~gone, counts, 80, target, blank, (4, 4), objective, 32)
        found[objective] = candidate_scores(*given)
    odds, _, noise = found["log_odds"]
    moved = (odds + noise).double().sigmoid() - (odds - noise).double().sigmoid()
    expected = (moved / 2).float() + torch.finfo(torch.float32).eps / 2
    torch.testing.assert_close(found["probability"][2], expected, rtol=1e-2, atol=1e-9)
    assert (noise >= 1e-5).all() and found["probability"][2].min() < 1e-6


def linear_slope(network, images, target):
    """The derivative of the summed log-odds of a linear network, written out: on any device, without autograd."""
    weight, logits = network[1].weight, network(images)
    others = logits.scatter(1, target[:, None], -torch.inf).softmax(1)
    return (weight[target] - others @ weight).unflatten(1, images.shape[1:])


def test_the_slope_written_out_is_autograds():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3)).requires_grad_(False)
    images, target = torch.rand(5, 1, 4, 4, requires_grad=True), torch.tensor([0, 1, 2, 1, 0])
    (slope,) = torch.autograd.grad(log_odds(network(images), target).sum(), images)
    torch.testing.assert_close(linear_slope(network, images.detach(), target), slope)


@pytest.fixture
def no_backward(monkeypatch):
    """Fake CUDA tensors have no backward engine where there is no GPU; the slope written out takes its place.

    It reads the same images and weights, so that it is on their device or fails.
    """

    def use(network):
        def grad(value, images):
            target = torch.zeros(len(images), dtype=torch.int64, device=value.device)
            return (linear_slope(network, images.detach(), target),)

        monkeypatch.setattr(torch.autograd, "grad", grad)

    return use


def test_steps_run_on_fake_cuda_without_mixing_devices_or_asking_the_host(no_backward):
    """Fake CUDA tensors raise when a CPU tensor is mixed in, and when a value is read."""
    with FakeTensorMode():
        fake = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3, device="cuda")).requires_grad_(False)
        no_backward(fake)
        images = torch.rand(5, 1, 16, device="cuda")
        gone = torch.zeros(5, 16, dtype=torch.bool, device="cuda")
        target = torch.zeros(5, dtype=torch.int64, device="cuda")
        blank = torch.zeros(1, 1, 1, device="cuda")
        counts = torch.full((5,), 16, device="cuda")
        remove = torch.ones(5, dtype=torch.int64, device="cuda")
        for objective in ("log_odds", "probability"):
            _, scores, noise = candidate_scores(fake, images, gone, ~gone, counts, 80, target, blank, (4, 4), objective, 32)
            picked, tie, _ = pick(scores, noise, remove, 1)
            assert (picked.device.type, tuple(picked.shape), tie.device.type) == ("cuda", (5, 1), "cuda")
            _, scores, noise = gradient_scores(fake, images, gone, ~gone, target, blank, (4, 4), 32)
            picked, _, _ = pick(scores, noise, remove, 1)
            assert picked.device.type == "cuda"
        with pytest.raises(RuntimeError):
            candidate_scores(fake, images, gone, ~gone, counts, 80, target, blank.cpu(), (4, 4), "log_odds", 32)


def test_a_whole_search_steps_on_fake_cuda(no_backward):
    with FakeTensorMode():
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3, device="cuda")).requires_grad_(False)
        no_backward(network)
        images = torch.rand(5, 1, 4, 4, device="cuda")
        for method in ("exact", "gradient", "refined", "ranked"):
            target = torch.zeros(5, dtype=torch.int64, device="cuda")
            search = Search(network, images, target, torch.zeros(1, 1, 1, 1, device="cuda"), preset(method, 16), batch_size=8)
            while rows := search._without_ranking():
                search._learn_ranking(rows)
            for stage in search.schedule.stages:
                while rows := [i for i, count in enumerate(search.record.count) if 16 - count > stage.until]:
                    search._remove_some(stage, rows)
            assert search.record.order.device.type == "cuda"
            assert search.forwards == 5 * preset(method, 16).forwards(16)


def test_an_input_dropout_bank_is_the_mean_probability_over_its_masks():
    network, x, blank = random_network(1), torch.rand(3, 1, 4, 4), torch.full((1, 1, 1, 1), 0.3)
    bank = torch.rand((5, 1, 1, 4, 4), generator=torch.Generator().manual_seed(7)) < 0.6
    mean = torch.stack([network(torch.where(kept, x, blank)).softmax(1) for kept in bank]).mean(0)
    torch.testing.assert_close(with_bank(network, blank, (4, 4), 5, 0.6, seed=7)(x).softmax(1), mean)


@pytest.mark.parametrize("options", [EXACT, REFINED])
def test_a_search_with_input_dropout_never_misses_what_the_bank_never_shows(images, options):
    """A pixel that no mask keeps changes nothing, so all its removals tie with the image as it is."""
    settings = {"masks": 1, "keep_probability": 0.5, "seed": 3}
    hidden = ~(torch.rand((1, 1, 1, 4, 4), generator=torch.Generator().manual_seed(3)) < 0.5).flatten().numpy()
    found = run(random_network(2), *images, {**options, "input_dropout": settings})
    plain = run(random_network(2), *images, options)
    assert 0 < hidden.sum() < 16
    for i in range(len(found)):
        before = found.log_odds[i]
        steps = np.flatnonzero(hidden[found.order[i].astype(int)])
        recorded = {count: value for count, value in zip(found.removed[i], before, strict=True)}
        for step in steps:
            if step in recorded and step + 1 in recorded:
                assert recorded[step] == pytest.approx(recorded[step + 1], abs=1e-5)
    assert (found.order != plain.order).any()


@pytest.mark.parametrize("options", [EXACT, REFINED])
def test_a_quick_classifier_proposes_and_the_classifier_decides(images, monkeypatch, options):
    network = random_network(3)

    class Rough(torch.nn.Module):
        def forward(self, x):
            return (network(x) * 64).round() / 64

    whole = run(network, *images, options)
    monkeypatch.setattr("overinterp.search.engine.RESCORED", 8)
    assert (run(network, *images, options, quick=Rough()).order == whole.order).mean() > 0.9
    monkeypatch.setattr("overinterp.search.engine.RESCORED", 16)  # all of them
    found = run(network, *images, options, quick=BFloat16(network, "cpu"))
    assert (found.order == whole.order).all()
    assert (found.log_odds == whole.log_odds).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_logits_that_are_not_finite_are_one_clear_error(images, bad):
    class Broken(torch.nn.Module):
        def forward(self, x):
            return torch.full((len(x), 3), bad)

    with pytest.raises(ValueError, match="logits that are not finite"):
        run(Broken(), *images)


def test_a_single_class_is_one_clear_error(images):
    class One(torch.nn.Module):
        def forward(self, x):
            return torch.zeros(len(x), 1)

    with pytest.raises(ValueError, match="at least 2 classes"):
        run(One(), *images)


def test_an_unknown_objective_is_named():
    """Else it would silently be the probability."""
    with pytest.raises(ValueError, match="found 'logit'"):
        Search(None, torch.zeros(1, 1, 2, 2), None, torch.zeros(1), preset("exact", 4), objective="logit")


@pytest.mark.parametrize(
    ("pixels", "fraction", "kept"), [(1024, 0.05, 52), (64, 0.0625, 4), (100, 0.07, 7), (64, 1, 64), (1000, 0.001, 1)]
)
def test_kept_pixels_rounds_up_without_float_noise(pixels, fraction, kept):
    assert kept_pixels(pixels, fraction) == kept


def test_concatenate_refuses_shards_of_different_searches(images):
    a = run(random_network(0), *images, meta={"search": "a"})
    b = run(random_network(0), *images, meta={"search": "b"})
    with pytest.raises(ValueError, match="different searches"):
        concatenate([a, b])
    assert isinstance(concatenate([a, a]), Ordering)


def test_shards_of_two_versions_of_the_code_go_together_and_both_are_named(images):
    """Of one search; any other difference is named by its key."""
    network, source = random_network(0), ArraySource(*images)

    def shard(numbers, **meta):
        return search_images(network, source, numbers, [0.5], EXACT, meta={"search": "exact", **meta})

    joined = concatenate([shard([0], code="new"), shard([1], code="old"), shard([2], code="new")])
    assert joined.meta["code"] == "new+old" and joined.index.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="different searches, model b and a; expected one search: delete the older ones"):
        concatenate([shard([0], code="new", model="a"), shard([1], code="old", model="b")])


def test_rows_are_selected_by_the_images_number(images):
    numbers = [4, 0, 5, 2]
    found = run(random_network(0), *images, numbers=numbers)
    assert found.index.tolist() == numbers and (found.label == images[1][numbers]).all()
    chosen = found.select([5, 4])
    assert chosen.index.tolist() == [5, 4]
    assert (chosen.order == found.order[[2, 0]]).all() and (chosen.log_odds == found.log_odds[[2, 0]]).all()
    with pytest.raises(ValueError, match="found no image 3"):
        found.select([4, 3])


def test_a_search_reads_its_own_images_when_their_turn_comes(images, monkeypatch):
    monkeypatch.setattr("overinterp.search.images.LOCKSTEP_PIXELS", 16)
    monkeypatch.setattr("overinterp.search.images.rows_of_passes", lambda pixels, rows, device: (rows, 1))
    asked = []

    class Watched(ArraySource):
        def read(self, numbers):
            asked.append(list(numbers))
            return super().read(numbers)

    search_images(random_network(0), Watched(*images), [5, 1, 2], BLANK, {**EXACT, "batch_size": 8})
    assert asked == [[5], [1], [2]]


@pytest.mark.parametrize("options", [GRADIENT, RANKED, REFINED])
def test_slopes_of_minus_infinity_are_not_finite_either(options):
    class Root(torch.nn.Module):
        def forward(self, x):
            values = x.flatten(1)
            return torch.stack([values[:, 1:].sum(1) - values[:, 0].sqrt(), 0 * values[:, 0]], 1)

    picture = np.full((1, 4, 4, 1), 100, np.uint8)
    picture[0, 0, 0] = 0  # where the root's slope is infinite
    with pytest.raises(ValueError, match="gradients that are not finite"):
        run(Root(), picture, np.zeros(1, np.int64), {**options, "target": "label"}, blank=[0.5])


def test_a_quick_classifier_leaves_as_many_pixels_to_score_as_a_step_removes(monkeypatch):
    monkeypatch.setattr("overinterp.search.engine.RESCORED", 2)
    network, x = random_network(3), torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    schedule, target, blank = Schedule((Stage(0, "all", 5),)), torch.zeros(2, dtype=torch.int64), torch.full((1, 1, 1, 1), 0.25)
    quick, plain = (Search(network, x, target, blank, schedule, batch_size=8, quick=of).run() for of in (network, None))
    assert (quick["order"] == plain["order"]).all()


def test_large_steps_are_the_classifiers_choice_and_not_the_quick_ones(monkeypatch):
    """Of 3 removed a step a quick one that errs among its best is asked for 3 + 4, and the classifier's own 3 are among these."""
    monkeypatch.setattr("overinterp.search.engine.RESCORED", 4)
    network, x = random_network(3), torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))

    class Erring(torch.nn.Module):
        def forward(self, images):
            logits = network(images)
            return logits + 0.003 * torch.sin(1e4 * logits)

    schedule, target, blank = Schedule((Stage(0, "all", 3),)), torch.zeros(2, dtype=torch.int64), torch.full((1, 1, 1, 1), 0.25)
    found = [Search(network, x, target, blank, schedule, batch_size=8, quick=of).run() for of in (Erring(), None)]
    alone = Search(Erring(), x, target, blank, schedule, batch_size=8).run()
    assert (found[0]["removed"] == found[1]["removed"]).all() and (alone["order"] != found[1]["order"]).any()


def test_shards_of_unlike_numbers_of_steps_go_together(images):
    """Images from which 0 to 15 pixels are gone beforehand have fewer steps each; one by one they are what they are together."""
    gone = np.zeros((6, 4, 4), bool)
    for row in range(6):
        gone[row].flat[: 3 * row] = True
    network = random_network(3)
    whole = run(network, *images, removed=gone)
    joined = concatenate([run(network, *images, numbers=[row], removed=gone[row : row + 1]) for row in range(6)])
    for name in ("order", "removed", "log_odds"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


def test_noise_is_at_least_what_float32_errs_and_below_a_thousand_times_that():
    torch.manual_seed(0)
    network = build("resnet20", 3, 10).eval().requires_grad_(False)
    x, gone = torch.rand(2, 3, 1024), torch.rand(2, 1024) < 0.95
    counts = (~gone).sum(1)
    given = (gone, ~gone, counts, int(counts.sum()), torch.tensor([1, 2]))
    blank, form = torch.full((1, 3, 1), 0.4), ((32, 32), "log_odds", 32)
    odds, _, noise = candidate_scores(network, x, *given, blank, *form)
    double, _, _ = candidate_scores(copy.deepcopy(network).double(), x.double(), *given, blank.double(), *form)
    error = (odds.double() - double).abs()[~gone]
    assert (error <= noise[~gone]).all() and noise[~gone].max() < 1e3 * error.max()


def test_pixels_apart_by_less_than_noise_are_a_near_tie():
    class Near(torch.nn.Module):
        def forward(self, x):
            odds = x.flatten(1) @ torch.tensor([1, 1 + 2e-6, 5, 7])
            return torch.stack([torch.zeros_like(odds), odds], 1)

    found = run(Near(), np.full((1, 2, 2, 1), 255, np.uint8), np.ones(1, np.int64), {**EXACT, "target": "label"}, blank=[0.0])
    assert (found.near_ties.tolist(), found.ties.tolist(), found.order[0].tolist()) == ([1], [0], [0, 1, 2, 3])
