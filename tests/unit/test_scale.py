"""Training at scale: kept pixels packed instead of decoded, and several processes that share each batch."""

import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import distributed, nn

from overinterp.artifacts.images import save_files
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.data.listing import Listed
from overinterp.data.source import FileSource
from overinterp.models import registry
from overinterp.train import train
from overinterp.training import Trainer
from overinterp.views import feed as feeds
from overinterp.views.packed import pack
from overinterp.views.view import make_view
from tests.unit.toys import TRAINING, random_orderings
from tests.waiting import wait_for

SETTINGS = TRAINING | {"epochs": 3, "batch_size": 10, "learning_rate": 0.05, "processes": 1}
SHAPE = (9, 7, 3)  # 63 pixels: the last byte of a mask is not full


@pytest.fixture
def files(tmp_path):
    """33 pictures of 9x7 whose brightness tells the class: a last batch of 3 at batches of 10."""
    rng, rows = np.random.default_rng(0), []
    for number in range(33):
        pixels = rng.integers(0, 100, SHAPE) + 50 * (number % 3)
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{number}.png")
        rows.append(Listed(str(tmp_path / f"{number}.png"), number % 3, "", *SHAPE[:2]))
    save_files(tmp_path / "train.csv", rows)
    info = {"shape": SHAPE, "geometry": None, "blank": [0.3, 0.4, 0.5], "mean": [0.5] * 3, "std": [0.3] * 3}
    info |= {"class_names": ["a", "b", "c"], "sha256": {"train": "none"}}
    (tmp_path / "data.json").write_text(json.dumps(info))
    return tmp_path


def source_of(folder):
    return FileSource([folder / f"{number}.png" for number in range(33)], np.arange(33) % 3, None, SHAPE)


def views(**more):
    view = {"mask": "random", "paint": "values", "fraction": 0.3} | more
    return make_view(view, [0.3, 0.4, 0.5], SHAPE[:2], seed=[0, 0])


def job(folder, name, condition=None, **settings):
    view = {"mask": "random", "paint": "values", "fraction": 0.3}
    return {
        "images": str(folder / "train.csv"),
        "info": str(folder / "data.json"),
        "orderings": [],
        "folder": str(folder / name / "models" / "network"),
        "architecture": "small_cnn",
        "condition": {"name": "random", "view": view, "keep_probability": 1, "masked": "before_augmentation", "labels": "given"}
        | (condition or {}),
        "settings": SETTINGS | settings,
        "seed": 1,
        "mask_seed": [0, 0],
        "identity": {"inputs": [], "name": name},
        "log": str(folder / "log.txt"),
        "name": "train",
    }


def weights(folder, name):
    return load_file(folder / name / "models" / "network" / "model.safetensors")


def difference(one, other):
    return max(float((one[key].double() - other[key].double()).abs().max()) for key in one)


@pytest.mark.parametrize("paint", ["values", "position"])
def test_what_is_packed_is_what_the_view_shows(files, paint):
    source, view = source_of(files), views(paint=paint)
    packed = feeds.Unpacked(pack(files / "pack", source, view.masks), source.labels, view)
    direct = feeds.Held(source, view)
    numbers = np.array([32, 0, 7, 7])
    assert packed.show(packed.read(numbers), numbers).equal(direct.show(None, numbers))
    assert packed.packed.values.shape == (33, 19, 3) and packed.packed.bits.shape == (33, 8)  # ceil(0.3 * 63), ceil(63 / 8)


def test_a_pack_is_made_once_and_again_where_a_job_was_killed_or_it_was_deleted(files, monkeypatch):
    source, view, done = source_of(files), views(), []
    (files / "pack.part").mkdir()
    (files / "pack.part" / "values.npy").write_bytes(b"half")
    pack(files / "pack", source, view.masks, done.append)
    pack(files / "pack", source, view.masks, done.append)
    assert done == [33] and sorted(path.name for path in (files / "pack").iterdir()) == ["bits.npy", "values.npy"]
    assert not (files / "pack.part").exists()


def test_a_pack_of_several_threads_is_that_of_one(files, monkeypatch):
    source, view, done = source_of(files), views(), []
    one = pack(files / "one", source, view.masks)
    monkeypatch.setattr("overinterp.views.packed.batches", lambda count, shape: [range(n, n + 3) for n in range(0, count, 3)])
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    several = pack(files / "several", source, view.masks, done.append)
    assert (several.values == one.values).all() and (several.bits == one.bits).all()
    assert done == list(range(3, 34, 3))


def test_only_files_that_are_too_many_to_hold_are_packed(files, monkeypatch):
    source = source_of(files)
    assert isinstance(feeds.feed(source, views(), folder=files / "pack"), feeds.Held)
    monkeypatch.setattr(feeds, "HELD_BYTES", 100)
    assert isinstance(feeds.feed(source, views(), folder=files / "pack"), feeds.Unpacked)
    assert isinstance(feeds.feed(source, make_view({"mask": "all", "paint": "values"}, [0.3] * 3, SHAPE[:2])), feeds.Streamed)


def test_shuffled_labels_are_those_labels_in_another_order_and_an_untrained_network_is_as_it_was_drawn(files):
    """The null learns nothing of its images' classes; with no epochs the weights are those of the seed."""
    found = {}
    for name, condition, epochs in (("given", {}, 1), ("shuffled", {"labels": "shuffled"}, 1), ("untrained", {}, 0)):
        train(job(files, name, condition, epochs=epochs), ["cpu"], logging.getLogger())
        place = files / name / "models" / "network"
        found[name] = load_file(place / "model.safetensors"), json.loads((place / "model.json").read_text())
    assert not all(value.equal(found["shuffled"][0][key]) for key, value in found["given"][0].items())
    torch.manual_seed(1)
    drawn = registry.build("small_cnn", 3, 3).state_dict()
    assert all(value.equal(drawn[key]) for key, value in found["untrained"][0].items())
    assert found["untrained"][1]["train_accuracy"] is None


@pytest.mark.parametrize(("sure", "processes"), [(0, 1), (1, 2)])
def test_fewer_images_with_a_subset_than_processes_are_one_sentence(files, sure, processes):
    found = random_orderings(33, 8, 3)
    odds = np.where(np.arange(33)[:, None] < sure, np.linspace(9, -9, 65), -9).astype(np.float32)
    found = dataclasses.replace(found, log_odds=odds)
    save_shard(files / "shard-0.npz", found)
    view = {"mask": "kept", "paint": "values", "threshold": 0.9}
    given = job(files, "few", {"view": view}) | {"orderings": [str(files / "shard-0.npz")]}
    with pytest.raises(ValueError, match=rf"found {sure} images .*expected at least {processes}"):
        train(given, ["cpu"] * processes, logging.getLogger())


def test_a_description_says_how_many_threads_a_training_had(files):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        train(job(files, "untrained", epochs=0), ["cpu"], logging.getLogger())
    finally:
        torch.set_num_threads(before)
    assert json.loads((files / "untrained/models/network/model.json").read_text())["threads"] == 3


def test_a_training_on_the_pack_gives_the_same_weights_to_the_bit(files, monkeypatch):
    logger = logging.getLogger("test")
    train(job(files, "held"), ["cpu"], logger)
    monkeypatch.setattr(feeds, "HELD_BYTES", 100)
    train(job(files, "packed", flip=False), ["cpu"], logger)
    assert list((files / "packed" / ".work").glob("*.packed/values.npy"))
    assert difference(weights(files, "held"), weights(files, "packed")) == 0


def plain_network():
    """Without batch norm, whose statistics are of a process's share of a batch."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 63, 3))


class Stopped(Exception):
    """A training that ends before its time."""


def learn(rank, processes, folder, stop_after=None):
    """One process of some; the first writes what it has learnt, and after some epochs what a snapshot would hold."""
    torch.set_num_threads(1)
    if processes > 1:
        distributed.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=processes)
    shown = feeds.feed(source_of(folder), views())
    trainer = Trainer(plain_network(), shown, [0.3] * 3, [0.5] * 3, [0.3] * 3, SETTINGS, seed=1, rank=rank, processes=processes)
    if (folder / "state.pt").exists():
        trainer.restore(torch.load(folder / "state.pt"))

    def on_epoch(trainer):
        if len(trainer.history) == stop_after:
            if rank == 0:
                torch.save(trainer.state(), folder / "state.pt")
            raise Stopped

    with suppress(Stopped):
        trainer.run(on_epoch)
    if rank == 0:
        torch.save(
            {**trainer.network.state_dict(), "loss": torch.tensor(trainer.history[-1]["loss"])}, folder / f"{processes}.pt"
        )
    if processes > 1:
        distributed.destroy_process_group()


def test_two_processes_learn_what_one_does_and_go_on_to_the_same_bits_once_stopped(files):
    """What one does up to the order in which floats are added, the last batch of three included, of which one process has two."""
    learn(0, 1, files)
    torch.multiprocessing.spawn(learn, (2, files), nprocs=2)
    one, two = (torch.load(files / f"{processes}.pt") for processes in (1, 2))
    learnt = difference({key: one[key] for key in plain_network().state_dict()}, plain_network().state_dict())
    assert difference(one, two) < 1e-5 < 1e-2 < learnt
    (files / "meeting").unlink(missing_ok=True)
    torch.multiprocessing.spawn(learn, (2, files, 1), nprocs=2)
    assert difference(two, torch.load(files / "2.pt")) > 0
    (files / "meeting").unlink(missing_ok=True)
    torch.multiprocessing.spawn(learn, (2, files), nprocs=2)
    assert difference(two, torch.load(files / "2.pt")) == 0


def test_a_training_in_two_processes_is_the_same_every_time(files):
    """Started by the launcher, with batch norm."""
    logger, environment = logging.getLogger("test"), dict(os.environ)
    train(job(files, "whole", processes=2), ["cpu", "cpu"], logger)
    train(job(files, "first", processes=2), ["cpu", "cpu"], logger)
    assert dict(os.environ) == environment
    assert difference(weights(files, "whole"), weights(files, "first")) == 0
    history = (files / "whole" / "models" / "network" / "history.csv").read_text().splitlines()
    assert len(history) == 1 + SETTINGS["epochs"] and float(history[-1].split(",")[2]) < float(history[1].split(",")[2])
    info = json.loads((files / "whole" / "models" / "network" / "model.json").read_text())
    assert info["training"]["processes"] == 2


def test_a_process_that_fails_ends_the_training_with_one_sentence(files, capfd):
    (files / "5.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match="of 2 failed, expected none; why is said above"):
        train(job(files, "broken", processes=2), ["cpu", "cpu"], logging.getLogger("test"))
    assert "5.png" in (files / "log.txt").read_text()


CHILD = """
import json, logging, sys
sys.path.insert(0, {scripts!r})
from overinterp.train import train
from overinterp.training import Trainer
job = json.loads(sys.argv[1])
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
train(job, ["cpu"] * job["settings"]["processes"], logging.getLogger("test"))
"""


def test_processes_of_a_killed_training_end_with_it(files, pytestconfig):
    code = CHILD.format(scripts=str(pytestconfig.rootpath / "workflow" / "scripts"))
    given = job(files, "killed", processes=2, epochs=100_000)
    with subprocess.Popen([sys.executable, "-c", code, json.dumps(given)], stdout=subprocess.DEVNULL) as run:
        log = files / "log.txt"
        wait_for(lambda: log.exists() and "epoch 1 of" in log.read_text())
        workers = [pid for pid in processes() if "overinterp.train" in command(pid) and str(run.pid) in environment(pid)]
        assert len(workers) == 2
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() and "overinterp.train" in command(pid) for pid in workers))


def processes():
    return [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def environment(pid):
    try:
        found = Path(f"/proc/{pid}/environ").read_text().split("\0")
    except OSError:
        return ""
    return next((entry for entry in found if entry.startswith("OVERINTERP_JOB=")), "")


def test_shuffled_labels_are_the_labels_in_an_order_of_the_seeds(files, monkeypatch):
    seen, given = [], np.arange(33) % 3
    monkeypatch.setattr("overinterp.train.Trainer.run", lambda self, on_epoch: seen.append(self.feed.labels.copy()))
    for place, seed in enumerate((1, 1, 2)):
        train(job(files, f"null{place}", {"labels": "shuffled"}) | {"seed": seed}, ["cpu"], logging.getLogger())
    assert all((np.bincount(labels) == np.bincount(given)).all() for labels in seen)
    assert (seen[0] == seen[1]).all() and (seen[0] != seen[2]).any()
    assert np.histogram2d(seen[0], given, bins=3)[0].max() < 9  # of 11 in a cell, as classes renamed would have


def test_a_training_that_was_killed_goes_on_from_its_snapshot(files, monkeypatch):
    monkeypatch.setattr("overinterp.train.Snapshot", partial(Snapshot, interval=0))
    train(job(files, "whole"), ["cpu"], logging.getLogger())
    epochs, plain = [], Trainer._epoch

    def epoch(self, number, trained):
        epochs.append(number)
        if epochs == [0, 1, 2]:
            raise KeyboardInterrupt
        return plain(self, number, trained)

    monkeypatch.setattr(Trainer, "_epoch", epoch)
    with pytest.raises(KeyboardInterrupt):
        train(job(files, "killed"), ["cpu"], logging.getLogger())
    train(job(files, "killed"), ["cpu"], logging.getLogger())
    assert epochs == [0, 1, 2, 2] and difference(weights(files, "whole"), weights(files, "killed")) == 0
