"""Augmentation, input dropout, training and the classifier contract."""

import copy
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from overinterp import classifier
from overinterp.artifacts.classifiers import digest, save_ensemble, save_network
from overinterp.classifier import BFloat16, compiled, for_search, freeze
from overinterp.data.source import ArraySource
from overinterp.models import registry
from overinterp.models.ensemble import Ensemble
from overinterp.models.input_dropout import drop_pixels
from overinterp.pixels import blank_tensor, to_float
from overinterp.plan.lists import ARCHITECTURES
from overinterp.search.passes import in_passes
from overinterp.search.scoring import log_odds
from overinterp.training import Trainer, attack, augment, learning_rate
from overinterp.views.feed import Streamed, feed
from overinterp.views.view import make_view
from tests.unit.toys import TRAINING, random_network

SETTINGS = TRAINING | {"epochs": 4, "batch_size": 16, "crop_padding": 1, "flip": True}


def pictures():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = rng.integers(0, 60, (60, 8, 8, 1)).astype(np.uint8)
    images[np.arange(60), labels * 2 + 1] += 150
    return ArraySource(images, labels)


def trainer(mask="all", keep_probability=0.9, seed=0, source=None):
    torch.manual_seed(seed)
    network = registry.build("small_cnn", 1, 3)
    view = make_view({"mask": mask, "paint": "values", "fraction": 0.5}, [0.3], (8, 8), seed=[0, 0])
    return Trainer(network, feed(source or pictures(), view), [0.3], [0.3], [0.3], SETTINGS, keep_probability, seed=seed)


def test_masking_comes_before_augmentation():
    """What is masked stays with its image: however it is moved, exactly the kept pixels' values are seen, once each.

    Were the image moved first, other pixels would lie under the mask.
    """
    images = (np.arange(64, dtype=np.uint8) + 100).reshape(1, 8, 8, 1).repeat(40, 0)
    one = trainer("random", keep_probability=1.0, source=ArraySource(images, np.zeros(40, np.int64)))
    one.settings = {**SETTINGS, "crop_padding": 0}
    numbers = torch.arange(40)
    shown = one._augmented(one.feed.show(None, numbers.numpy()), numbers.numpy(), torch.Generator().manual_seed(0))
    kept_of = one.feed.view.masks(numbers.numpy())
    blank = one._blank.item()
    turned = 0
    for picture, mask in zip(shown[:, 0], kept_of, strict=True):
        seen = np.sort((255 * picture[picture != blank]).round().numpy())
        assert seen.tolist() == images[0, ..., 0][mask].tolist()
        turned += bool(((picture != blank).numpy() != mask).any())
    assert 10 <= turned <= 30  # about half of them were flipped


def test_a_split_that_does_not_fit_is_read_batch_by_batch_to_the_same_bits(monkeypatch):
    held = trainer("random")
    held.run()
    monkeypatch.setattr("overinterp.views.feed.HELD_BYTES", 100)
    read = trainer("random")
    assert isinstance(read.feed, Streamed)
    read.run()
    assert read.history == held.history
    assert all(x.equal(y) for x, y in zip(read.network.state_dict().values(), held.network.state_dict().values(), strict=True))


def test_images_become_floats_in_the_unit_interval():
    pixels = to_float(np.array([[[[0], [255]]]], np.uint8))
    assert pixels.shape == (1, 1, 1, 2)
    assert pixels.flatten().tolist() == [0, 1]


def test_augmentation_moves_image_and_mask_together_and_pads_with_the_blank():
    """Pixels hold their own number; whatever is not one of them must be the blank."""
    blank = blank_tensor([0.5])
    images = (torch.arange(16) / 100).reshape(1, 1, 4, 4).repeat(200, 1, 1, 1)
    moved = augment(images, blank, 2, True, torch.Generator().manual_seed(0))
    assert len(torch.unique(moved.flatten(1), dim=0)) > 25  # 5 x 5 offsets, flipped or not
    for picture in moved:
        values = set(picture.flatten().tolist())
        assert values <= set(images[0].flatten().tolist()) | {0.5}
        inside = picture[picture != 0.5]
        assert len(set(inside.tolist())) == len(inside)
    still = augment(images, blank, 0, False, torch.Generator())
    assert still.equal(images)


def test_input_dropout_blanks_all_channels_of_a_pixel_and_rescales_nothing():
    images = torch.rand(300, 3, 5, 5) + 2
    blank = blank_tensor([0.1, 0.2, 0.3])
    dropped = drop_pixels(images, blank, 0.8, torch.Generator().manual_seed(0))
    gone = dropped == blank
    assert (gone.all(1) == gone.any(1)).all()
    assert dropped[~gone].equal(images[~gone])
    assert gone[:, 0].float().mean().item() == pytest.approx(0.2, abs=0.02)


def test_learning_rates():
    assert [learning_rate(SETTINGS, e) for e in (0, 2, 4)] == pytest.approx([0.1, 0.05, 0])
    steps = {**SETTINGS, "schedule": "steps", "milestones": [60, 120]}
    assert [learning_rate(steps, e) for e in (0, 59.9, 60, 120)] == pytest.approx([0.1, 0.1, 0.02, 0.004])


def test_training_learns_and_repeats_to_the_bit():
    a, b = trainer(), trainer()
    a.run()
    b.run()
    assert a.history[-1]["accuracy"] > 0.9
    assert a.history == b.history
    assert all(x.equal(y) for x, y in zip(a.network.state_dict().values(), b.network.state_dict().values(), strict=True))
    other = trainer(seed=1)
    other.run()
    assert other.history != a.history


@pytest.mark.parametrize("kind", ["all", "random"])
def test_an_interrupted_training_resumes_to_the_same_bits(kind):
    whole, states = trainer(kind), []
    whole.run(lambda t: states.append(copy.deepcopy(t.state())))
    resumed = trainer(kind)
    resumed.restore(states[1])
    resumed.run()
    assert resumed.history == whole.history
    for name, tensor in whole.network.state_dict().items():
        assert tensor.equal(resumed.network.state_dict()[name]), name


def test_a_network_that_draws_resumes_to_the_same_bits_too():
    """Dropout takes its draws from torch's own generator, which is seeded for every epoch."""

    def drawing():
        found = trainer()
        found.network = nn.Sequential(found.network, nn.Dropout(0.5))
        return found

    whole, states = drawing(), []
    whole.run(lambda t: states.append(copy.deepcopy(t.state())))
    resumed = drawing()
    resumed.restore(states[1])
    resumed.run()
    assert resumed.history == whole.history
    assert all(a.equal(b) for a, b in zip(whole.network.parameters(), resumed.network.parameters(), strict=True))


def test_a_loss_that_is_not_finite_is_one_clear_error():
    t = trainer()
    t.settings = {**SETTINGS, "learning_rate": 1e12}
    with pytest.raises(ValueError, match="learning_rate"):
        t.run()


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_folding_leaves_the_logits_and_removes_batch_norm(architecture):
    torch.manual_seed(0)
    network, side = registry.build(architecture, 3, 5), 75 if architecture == "inception_v3" else 8
    for _ in range(5):
        network(torch.randn(32 if side == 8 else 8, 3, side, side) * 2 + 1)  # moves the running statistics
    network = classifier.freeze(network)
    x = torch.randn(16, 3, side, side)
    folded = classifier.fold(network, x)
    assert not [m for m in folded.modules() if isinstance(m, nn.BatchNorm2d)]
    assert (folded(x) - network(x)).abs().max() <= 1e-4 * network(x).abs().max()


def test_a_network_that_cannot_be_traced_is_left_alone(caplog):
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(3)

        def forward(self, x):
            return self.norm(x) if x.sum() > 0 else -x

    network = classifier.freeze(Branching())
    with caplog.at_level("INFO"):
        assert classifier.fold(network, torch.ones(2, 3)) is network
    assert "not folded" in caplog.text


@pytest.mark.parametrize(("count", "batches"), [(33, 2), (34, 3), (1, 1)])
def test_a_last_batch_of_one_image_is_left_out(count, batches):
    """Torch refuses batch norm over a single value of a channel; a training of one image has nothing else."""
    source = pictures()
    made = trainer(source=ArraySource(source.images[:count], source.labels[:count]), keep_probability=1)
    steps, step = [], made.optimiser.step
    made.optimiser.step = lambda: (steps.append(1), step())
    made._epoch(0, made.network.train())
    assert len(steps) == batches


def test_weights_may_be_read_by_whom_other_files_may(tmp_path):
    saved(tmp_path / "a", 0)
    modes = {path.name: path.stat().st_mode for path in (tmp_path / "a").iterdir()}
    assert len(set(modes.values())) == 1, modes


def test_an_ensemble_of_probabilities_is_their_mean_and_does_not_saturate():
    members = [nn.Linear(3, 4), nn.Linear(3, 4)]
    x = torch.randn(5, 3)
    mean = torch.stack([m(x).softmax(1) for m in members]).mean(0)
    assert torch.allclose(Ensemble(members, "probabilities")(x).softmax(1), mean, atol=1e-6)
    logits = torch.stack([m(x) for m in members]).mean(0)
    assert torch.allclose(Ensemble(members, "logits")(x), logits)

    class Sure(nn.Module):
        def forward(self, x):
            return torch.tensor([[80.0, 0.0, 0.0]])

    odds = log_odds(Ensemble([Sure(), Sure()], "probabilities")(x), torch.tensor([0]))
    assert odds.item() == pytest.approx(80 - np.log(2), rel=1e-5)


def test_compiling_without_a_compiler_is_one_clear_error(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(ValueError, match="compile: found no C\\+\\+ compiler"):
        compiled(torch.nn.Identity())


def test_a_search_is_given_the_classifier_that_its_settings_say(monkeypatch):
    """Compiled in both precisions, where it is compiled; so that what is measured beforehand is what runs."""
    monkeypatch.setattr("overinterp.classifier.compiled", lambda network: ("compiled", network))
    network = torch.nn.Identity()
    settings = {"compile": False, "precision": "float32"}
    assert for_search(network, settings, (512, 512, 3), "cpu") == (network, None)
    (own, quick) = for_search(network, {"compile": True, "precision": "bfloat16"}, (64, 64, 3), "cpu")
    assert own == ("compiled", network) and quick[0] == "compiled" and isinstance(quick[1], BFloat16)
    with pytest.raises(ValueError, match=r"searches.compile: found images of 64x65, expected at most 64x64"):
        for_search(network, {**settings, "compile": True}, (64, 65, 3), "cpu")


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler, and there is none")
def test_a_compiled_classifier_gives_the_same_logits_and_gradients():
    network = freeze(registry.build("small_resnet", 1, 3))
    fast, x = compiled(network), torch.rand(8, 1, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(fast(x), network(x), atol=1e-5, rtol=1e-5)
    slopes = [torch.autograd.grad(f(z).sum(), z)[0] for f in (fast, network) for z in [x.clone().requires_grad_()]]
    torch.testing.assert_close(*slopes, atol=1e-5, rtol=1e-4)


def saved(folder, seed, classes=3):
    torch.manual_seed(seed)
    network = registry.build("small_cnn", 1, classes)
    info = {"architecture": "small_cnn", "classes": classes, "shape": [8, 8, 1], "mean": [0.3], "std": [0.2]}
    save_network(folder, network.state_dict(), info, [])
    return classifier.freeze(network)


def test_a_saved_classifier_takes_images_in_pixel_space(tmp_path):
    network = saved(tmp_path / "a", 0)
    x = torch.rand(6, 1, 8, 8)
    loaded = classifier.load(tmp_path / "a")
    assert torch.allclose(loaded(x), network((x - 0.3) / 0.2), atol=1e-4)
    assert not any(p.requires_grad for p in loaded.parameters())
    assert not loaded.training


def test_a_saved_ensemble_finds_its_members(tmp_path):
    x = torch.rand(6, 1, 8, 8)
    for seed, name in enumerate("ab"):
        saved(tmp_path / name, seed)
    save_ensemble(tmp_path / "both", [tmp_path / "a", tmp_path / "b"], "logits")
    mean = (classifier.load(tmp_path / "a")(x) + classifier.load(tmp_path / "b")(x)) / 2
    assert torch.allclose(classifier.load(tmp_path / "both")(x), mean, atol=1e-6)
    assert digest(tmp_path / "both").startswith("logits+")


def test_a_truncated_model_file_is_one_clear_error(tmp_path):
    saved(tmp_path / "a", 0)
    path = tmp_path / "a" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"model.safetensors: found sha256"):
        classifier.load(tmp_path / "a")


def test_logits_do_not_depend_on_how_images_are_grouped(tmp_path):
    """In passes of 16 and more: in one of 8 a CPU may take another kernel for some places of the batch (a Xeon with AMX does)."""
    saved(tmp_path / "a", 0)
    network, x = classifier.load(tmp_path / "a"), torch.rand(45, 1, 8, 8)
    whole = in_passes(network, x, 16)
    parts = torch.cat([in_passes(network, part, 16) for part in x.split(11)])
    assert whole.equal(parts)


def test_one_cycle_rises_then_falls_in_lines():
    settings = {"schedule": "one_cycle", "learning_rate": 1.0, "epochs": 10}
    rates = [learning_rate(settings, epoch) for epoch in (0, 1, 2, 6, 10)]
    assert rates == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_an_attack_stays_within_its_ball_and_raises_the_loss():
    network = random_network(0, scale=3.0)
    images, labels = torch.rand(8, 1, 4, 4), torch.zeros(8, dtype=torch.int64)
    found = attack(network, images, labels, 0.1, 5, 0.05, torch.Generator().manual_seed(0))
    assert (found - images).abs().max() <= 0.1 + 1e-6
    assert found.min() >= 0 and found.max() <= 1
    loss = torch.nn.functional.cross_entropy
    assert loss(network(found), labels) > loss(network(images), labels)


def test_an_attack_of_a_linear_network_goes_to_the_corner_of_the_ball():
    """The loss of class 0 rises with the sum of the pixels, so every pixel is raised as far as it may."""

    def linear(x):
        odds = x.sum((1, 2, 3))
        return torch.stack([-odds, odds], 1)

    images = torch.tensor([[[[0.5, 0.95]]]])
    found = attack(linear, images, torch.tensor([0]), 0.1, 10, 0.05, torch.Generator().manual_seed(0))
    assert found.flatten().tolist() == pytest.approx([0.6, 1.0])


@pytest.mark.parametrize("change", [{"precision": "bfloat16"}, {"schedule": "one_cycle"}])
def test_other_settings_learn_too(change):
    one = trainer(keep_probability=1.0)
    one.settings = {**SETTINGS, **change, "epochs": 8}
    one.run()
    assert one.history[-1]["accuracy"] > 0.6
    assert all(p.dtype == torch.float32 for p in one.network.parameters())


def test_adversarial_training_makes_attacks_harder():
    block = {"epsilon": 0.15, "steps": 3, "step_size": 0.1}
    hurt = []
    for adversarial in (None, block):
        one = trainer(keep_probability=1.0)
        one.settings, one.adversarial = {**SETTINGS, "epochs": 12, "flip": False, "crop_padding": 0}, adversarial
        one.run()
        network = one.network.eval()
        images, labels = to_float(one.feed.images), torch.from_numpy(one.feed.labels)
        attacked = attack(lambda x: network((x - 0.3) / 0.3), images, labels, generator=torch.Generator().manual_seed(1), **block)  # noqa: B023
        hurt.append((network((attacked - 0.3) / 0.3).argmax(1) == labels).float().mean().item())
    assert hurt[1] > hurt[0] + 0.1


SIZES = {"resnet20": 269_722, "resnet32": 464_154, "resnet44": 658_586, "resnet18": 11_173_962, "vgg16": 14_728_266}


@pytest.mark.parametrize(("name", "count"), SIZES.items())
def test_the_papers_networks_have_the_papers_number_of_weights(name, count):
    assert sum(p.numel() for p in registry.build(name, 3, 10).parameters()) == count


def test_training_is_stochastic_gradient_descent_written_out():
    """A linear network, three epochs of three batches: Nesterov's momentum, weight decay, a cosine batch by batch."""
    fixed = {**SETTINGS, "epochs": 3, "batch_size": 8, "weight_decay": 0.05, "crop_padding": 0, "flip": False}
    rng = np.random.default_rng(0)
    source = ArraySource(rng.integers(0, 256, (20, 4, 4, 1), dtype=np.uint8), np.arange(20) % 3)

    def linear():
        torch.manual_seed(5)
        return nn.Sequential(nn.Flatten(), nn.Linear(16, 3))

    def learn(network, seed):
        seen = []

        def show(images, numbers):
            seen.append(numbers.tolist())
            return images

        Trainer(network, feed(source, show), [0.3], [0.4], [0.2], fixed, seed=seed).run()
        return seen

    ours, plain, velocity = linear(), linear().double(), {}
    seen = learn(ours, seed=2)
    epochs = [[row for rows in seen[3 * epoch : 3 * epoch + 3] for row in rows] for epoch in range(3)]
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs) and len(set(map(tuple, epochs))) == 3
    assert learn(linear(), seed=3) != seen
    x = (torch.from_numpy(source.images).permute(0, 3, 1, 2).double() / 255 - 0.4) / 0.2
    for number, rows in enumerate(seen):
        loss = nn.functional.cross_entropy(plain(x[rows]), torch.from_numpy(source.labels)[rows])
        slopes = torch.autograd.grad(loss, list(plain.parameters()))
        rate = 0.1 * (1 + np.cos(np.pi * number / 9)) / 2
        with torch.no_grad():
            for weight, slope in zip(plain.parameters(), slopes, strict=True):
                slope = slope + 0.05 * weight
                velocity[weight] = slope + 0.9 * velocity.get(weight, 0)
                weight -= rate * (slope + 0.9 * velocity[weight])
    for one, other in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.double(), other, atol=1e-5, rtol=1e-4)


def test_crops_reach_every_offset_and_its_mirror_image():
    images = (torch.arange(16) / 100 + 0.01).reshape(1, 1, 4, 4).repeat(2000, 1, 1, 1)
    moved = augment(images, blank_tensor([0.5]), 2, True, torch.Generator().manual_seed(0))
    padded = nn.functional.pad(images[:1], (2,) * 4, value=0.5)[0, 0]
    crops = [padded[y : y + 4, x : x + 4] for y in range(5) for x in range(5)]
    expected = {tuple(crop.flatten().tolist()) for one in crops for crop in (one, one.flip(1))}
    assert {tuple(crop.flatten().tolist()) for crop in moved} == expected
