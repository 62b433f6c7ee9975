"""Data sets, and files that are whole or absent."""

import errno
import gc
import json
import logging
import os
import subprocess
import threading
import time
from pathlib import Path

import describe_data
import numpy as np
import pandas as pd
import pytest
import torch

from overinterp.artifacts import files, images, orderings, predictions, tables
from overinterp.artifacts.classifiers import save_network
from overinterp.artifacts.images import save_array
from overinterp.artifacts.snapshots import Snapshot
from overinterp.data import cifar, corruptions, describe, digits, download, npz, planted
from overinterp.data.official import OFFICIAL
from overinterp.data.source import ArraySource
from overinterp.search.images import search_images
from tests.unit.toys import EXACT, random_network

PATCH = {"kind": "patch", "place": [1, 2], "size": 3, "strength": 1, "seed": 0}


DIGITS = {"train_images": 1437, "test_images": 360, "seed": 0}


def test_digits_are_split_once_and_by_seed():
    (train, labels), (test, others) = (digits.split(DIGITS, name) for name in ("train", "test"))
    assert (train.shape, test.shape, train.dtype) == ((1437, 8, 8, 1), (360, 8, 8, 1), np.uint8)
    assert set(labels) == set(range(10))
    assert np.bincount(others).min() >= 34  # stratified
    as_bytes = [set(i.tobytes() for i in split) for split in (train, test)]
    assert not as_bytes[0] & as_bytes[1]
    again, other = digits.split(DIGITS, "test")[0], digits.split({**DIGITS, "seed": 1}, "test")[0]
    assert (again == test).all()
    assert (other != test).any()
    alone, _ = digits.split({"test_images": 360, "seed": 0}, "test")  # no training images asked for
    assert alone.shape == test.shape


def shapes(count, pattern, name="train", seed=0):
    return planted.split({f"{name}_images": count, "seed": seed, "planted": pattern}, name)


def colour_class(images):
    """Class whose colour stands in the patch of each image."""
    colour = images[:, PATCH["place"][0], PATCH["place"][1]]
    return (colour[:, None] == planted.COLOURS).all(2).argmax(1)


@pytest.mark.parametrize(("strength", "share"), [(1, 1.0), (0, 0.25), (0.6, 0.7)])
def test_strength_is_how_often_the_pattern_tells_the_class(strength, share):
    train, labels = shapes(4000, {**PATCH, "strength": strength})
    assert (colour_class(train) == labels).mean() == pytest.approx(share, abs=0.03)
    if strength == 0:  # and then it tells nothing: every colour is as likely for every class
        joint = np.histogram2d(colour_class(train), labels, bins=4)[0] / 1000
        assert np.abs(joint - 0.25).max() < 0.06


def test_the_same_shapes_whatever_is_planted():
    told, labels = shapes(50, PATCH, seed=3)
    null, others = shapes(50, {**PATCH, "strength": 0, "seed": 9}, seed=3)
    mask = planted.pattern_mask(PATCH)
    assert (told[:, ~mask] == null[:, ~mask]).all()
    assert (labels == others).all()
    assert mask.sum() == 9


def test_a_border_is_the_outermost_ring():
    mask = planted.pattern_mask({"kind": "border"})
    assert mask.sum() == 60
    assert not mask[1:-1, 1:-1].any()


def test_a_corner_tells_the_class_by_its_place_and_never_by_its_colour():
    pattern = {"kind": "corner", "size": 3, "strength": 1, "seed": 0}
    images, labels = shapes(200, pattern)
    marked = (images == planted.CORNER).all(3)
    corners = np.stack([marked[:, :3, :3], marked[:, :3, -3:], marked[:, -3:, :3], marked[:, -3:, -3:]], 1).all((2, 3))
    assert (corners.argmax(1) == labels).all() and (corners.sum(1) == 1).all()
    assert planted.pattern_mask(pattern).sum() == 36 and not planted.pattern_mask(pattern)[3:-3].any()


def test_a_tint_is_in_every_pixel_and_nowhere_in_particular():
    images, labels = shapes(300, {"kind": "tint", "strength": 1, "seed": 0})
    plain, _ = planted.shapes(300, np.random.default_rng([0, 0]))
    added = images.astype(float) - 0.7 * plain
    assert np.abs(added - 0.3 * planted.COLOURS[labels][:, None, None]).max() < 0.51
    assert planted.pattern_mask({"kind": "tint"}).all()


def test_no_planted_colour_is_near_the_blank():
    mean = shapes(500, PATCH)[0].reshape(-1, 3).mean(0)
    assert np.abs(planted.COLOURS - mean).max(1).min() > 255 * planted.NEAREST_BLANK
    for seed in range(50):  # whatever a few test images look like: they are not the blank
        assert len(shapes(1, PATCH, "test", seed)[0]) == 1
    settings = {"planted": PATCH, "blank": [0.1, 0.9, 0.2]}
    with pytest.raises(ValueError, match=r"one is within 25% of the blank colour \[ 26. 230.  51.\]"):
        planted.about(settings)
    assert planted.about(settings | {"planted": {"kind": "corner", "strength": 1}})


ABOUT = {"origin": "made", "class_names": planted.CLASS_NAMES, "geometry": None, "sha256": {}, "skipped": {}, "duplicates": 0}


def test_data_are_stored_mapped_and_described(tmp_path):
    (train, labels), (test, others) = shapes(20, PATCH), shapes(10, PATCH, "test")
    images.save_array(tmp_path / "train.csv", [train[:7], train[7:]], 20, labels)
    images.save_array(tmp_path / "test.csv", [test], 10, others)
    splits = {name: images.open_split(tmp_path / f"{name}.csv") for name in ("train", "test")}
    assert isinstance(splits["train"].images, np.memmap)
    assert (splits["train"].read([3, 19, 0]) == train[[3, 19, 0]]).all() and (splits["test"].labels == others).all()
    info = describe.describe(splits, ABOUT, "mean", None)
    assert info["shape"] == [16, 16, 3] and info["images"] == {"train": 20, "test": 10}
    assert info["mean"] == info["blank"] == pytest.approx((train / 255).mean((0, 1, 2)).tolist(), rel=1e-12)
    assert info["std"] == pytest.approx((train / 255).std((0, 1, 2)).tolist(), rel=1e-12)
    with pytest.raises(ValueError, match=r"data.blank: found 1 values, expected 3"):
        describe.describe(splits, ABOUT, [0.5], None)
    only = describe.describe({"test": splits["test"]}, ABOUT, "mean", {"mean": [0.1, 0.2, 0.3]})
    assert only["mean"] is None and only["blank"] == [0.1, 0.2, 0.3]  # of the classifier's own normalisation
    (tmp_path / "test.npy").write_bytes(b"damage")
    with pytest.raises(ValueError, match=r"test.npy: cannot be read .*delete .*test.csv and run again"):
        images.open_split(tmp_path / "test.csv")


def test_what_cannot_be_described_is_said():
    grey, colour = (ArraySource(np.zeros((4, 4, 4, c), np.uint8), np.arange(4) % 2) for c in (1, 3))
    with pytest.raises(ValueError, match=r"found test images of shape \(4, 4, 3\), expected \(4, 4, 1\)"):
        describe.describe({"train": grey, "test": colour}, ABOUT, "mean", None)
    for blank in ("mean", [0.5, 0.5, 0.5]):  # of pictures in files, which are read as RGB, and a network of one channel
        with pytest.raises(ValueError, match=r"found mean of 1 channels, expected 3 .*wrap the network, self.n\(x\[:, :1\]\)"):
            describe.describe({"test": colour}, ABOUT, blank, {"mean": [0.5]})
    with pytest.raises(ValueError, match="found 1 class"):
        describe.describe({"test": grey}, {**ABOUT, "class_names": ["only"]}, [0.5], None)
    for label in (5, -1):
        with pytest.raises(ValueError, match=f"found label {label} in the test split, expected 0 to 3"):
            describe.describe({"test": ArraySource(grey.images, np.array([0, 1, 2, label]))}, ABOUT, [0.5], None)


def test_test_images_that_were_learnt_from_are_told(tmp_path, caplog):
    (train, labels), (test, others) = shapes(20, PATCH), shapes(10, PATCH, "test")
    settings = {"dataset": "planted", "planted": PATCH, "blank": "mean"}
    for known, copied in ((0, test), (2, np.concatenate([train[5:7], test[2:]]))):
        caplog.clear()
        images.save_array(tmp_path / "train.csv", [train], 20, labels)
        images.save_array(tmp_path / "test.csv", [copied], 10, others)
        manifests = {name: tmp_path / f"{name}.csv" for name in ("train", "test")}
        describe_data.main(manifests, None, settings, tmp_path / "data.json", logging.getLogger())
        assert (f"{known} test images are training images too" in caplog.text) == bool(known)


def test_pictures_that_nothing_brings_to_one_size_have_it():
    rows = [{"file": f"{n}.png", "height": 8, "width": 8 + (n == 2)} for n in range(4)]
    describe.of_one_size(rows[:2])
    with pytest.raises(ValueError, match=r"2.png: found 8x9 pixels, expected 8x8 as 0.png; data.preprocessing"):
        describe.of_one_size(rows)


def write_npz(path, **changes):
    arrays = {
        "train_images": np.zeros((8, 5, 5), np.uint8), "train_labels": np.zeros((8, 1), np.int32),
        "test_images": np.zeros((4, 5, 5), np.uint8), "test_labels": np.zeros(4, np.uint8),
    } | changes  # fmt: skip
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return {"path": str(path), "train_images": 8, "test_images": 4, "seed": 0}


def test_own_arrays_are_a_random_sample(tmp_path):
    """Files are often sorted by class: their first images would be of one class."""
    pictures = np.arange(8, dtype=np.uint8)[:, None, None].repeat(5, 1).repeat(5, 2)
    settings = write_npz(tmp_path / "a.npz", train_images=pictures, train_labels=np.arange(8) // 4)
    train, labels = npz.split({**settings, "train_images": 4}, "train")
    assert (train.shape, labels.shape) == ((4, 5, 5, 1), (4,))
    assert (labels == train[:, 0, 0, 0] // 4).all() and set(labels) == {0, 1}
    assert (npz.split({**settings, "train_images": 4}, "train")[0] == train).all()
    assert npz.about(settings) == (["0", "1"], settings["path"])


@pytest.mark.parametrize(("labels", "lost"), [([5, 6, 7], "0, 1, 2, 3, 4"), ([1, 2], "0"), ([0, 2], "1")])
def test_every_number_up_to_the_largest_label_is_a_class(tmp_path, labels, lost):
    """A class without a picture would be drawn as another class, and its search find nothing to find."""
    settings = write_npz(tmp_path / "a.npz", train_labels=np.resize(labels, 8), test_labels=np.resize(labels, 4))
    with pytest.raises(ValueError, match=f"train_labels: found no training image of {lost}, and labels up to {max(labels)}"):
        npz.about(settings)
    settings.pop("train_images")  # of a classifier brought along the outputs are the classes
    assert npz.about(settings)[0] == [str(number) for number in range(1 + max(labels))]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"test_labels": None}, "expected an array test_labels"),
        ({"test_images": np.zeros((8, 5, 5))}, "test_images: found float64"),
        ({"test_images": np.zeros((8, 5, 5, 4), np.uint8)}, r"found uint8 \(8, 5, 5, 4\), expected .* or \(N,H,W,3\)"),
        ({"test_labels": np.zeros(7, int)}, "test_labels: expected one whole number"),
        ({"test_labels": np.full(4, -1)}, "test_labels: expected one whole number"),
        (
            {"test_images": np.zeros((3, 5, 5), np.uint8), "test_labels": np.zeros(3, int)},
            "found 3 images, expected the config's 4",
        ),
    ],
)
def test_wrong_arrays_of_own_images_are_one_sentence(tmp_path, changes, words):
    with pytest.raises(ValueError, match=words):
        npz.split(write_npz(tmp_path / "a.npz", **changes), "test")


def test_a_damaged_npz_is_one_sentence(tmp_path):
    settings = write_npz(tmp_path / "a.npz")
    Path(settings["path"]).write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match=r"a.npz: cannot be read .* expected an .npz"):
        npz.split(settings, "test")


def test_a_failed_write_leaves_nothing(tmp_path):
    path = tmp_path / "deep" / "table.csv"
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert not list(path.parent.iterdir())


def test_temporary_names_of_two_machines_differ(monkeypatch):
    """Processes of two nodes can have one number; and a file's suffix stays, which some writers need."""
    found = []
    for host in ("node-1.cluster", "node-2.cluster"):
        monkeypatch.setattr(files.platform, "node", lambda host=host: host)
        found.append(files.temporary_name(Path("tables/a.csv")))
    assert found[0] != found[1] and {path.parent for path in found} == {Path("tables")}
    assert found[0].name == f".a.node-1-cluster-{os.getpid()}.csv"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("8192 requested and 0 written"),
        RuntimeError("Error while serializing: IoError(Os { code: 28, message: No space left on device })"),
    ],
)
def test_a_full_disk_is_named_with_the_file_and_leaves_nothing(tmp_path, error):
    words = r"table.csv: found no room on its disk \(\d+ MB free\)"
    with pytest.raises(ValueError, match=words), files.replacing(tmp_path / "table.csv"):
        raise error
    assert not list(tmp_path.iterdir())


@pytest.fixture
def full_disk(tmp_path):
    """A disk of one megabyte, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield disk
    gc.collect()  # an error holds frames, and these an open file, until they are collected (seen on Python 3.13)
    subprocess.run(["umount", disk], check=True)


def test_on_a_disk_that_is_full_each_writer_says_so(full_disk, images):
    """Arrays through memory, weights, tables and orders; a file that is there stays as it is."""
    array = np.zeros((1000, 32, 32, 3), np.uint8)
    table = pd.DataFrame({"a": np.random.default_rng(0).random(200_000)})
    weights = {"w": torch.zeros(10**6)}
    (full_disk / "table.csv").write_text("before")
    for write in (
        lambda: save_array(full_disk / "test.csv", [array], 1000, np.zeros(1000, np.int64)),
        lambda: save_network(full_disk / "model", weights, {}, []),
        lambda: tables.write_table(full_disk / "table.csv", table),
    ):
        with pytest.raises(ValueError, match="found no room on its disk"):
            write()
    assert (full_disk / "table.csv").read_text() == "before"
    assert sorted(path.name for path in full_disk.rglob("*") if path.is_file()) == ["table.csv"]


def test_equal_tables_are_equal_bytes(tmp_path):
    table = pd.DataFrame({"a": [0.1, 1 / 3, np.nan], "b": ["x", "", "z"]})
    for name in ("a.csv", "b.csv"):
        tables.write_table(tmp_path / name, table)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert tables.read_table(tmp_path / "a.csv").a[1] == pytest.approx(1 / 3, abs=1e-9)


def test_names_that_look_like_numbers_stay_names(tmp_path):
    names = pd.DataFrame(
        {"model": ["007", "1e3"], "group": ["01", ""], "class_name": ["nan", "NA"], "label": ["1", "2"], "images": [3, 4]}
    )
    tables.write_table(tmp_path / "a.csv", names)
    read = tables.read_table(tmp_path / "a.csv")
    assert read.model.tolist() == ["007", "1e3"] and read.label.tolist() == ["1", "2"] and read.images.sum() == 7
    assert read.group[0] == "01" and read.group.isna()[1]
    assert read.class_name.tolist() == ["nan", "NA"]  # classes of these names


def test_orderings_come_back_as_they_were_and_damage_is_named(tmp_path, images):
    network, split = random_network(0), ArraySource(*images)
    whole = search_images(network, split, range(6), [0.25], EXACT, meta={"search": "exact"})
    paths = []
    for number, rows in enumerate(np.array_split(np.arange(6), 2)):
        paths.append(tmp_path / f"shard-{number}.npz")
        part = search_images(network, split, rows, [0.25], EXACT, meta={"search": "exact"})
        orderings.save_shard(paths[-1], part)
    back = orderings.load_orderings(paths)
    assert (back.order == whole.order).all() and (back.log_odds == whole.log_odds).all()
    assert back.order.dtype == np.uint16 and back.meta == whole.meta
    with pytest.raises(ValueError, match="more than one of 2 shards"):
        orderings.load_orderings([paths[0], paths[0]])
    paths[0].write_bytes(paths[0].read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"shard-0.npz: expected a shard of orderings, found damage"):
        orderings.load_orderings(paths)


@pytest.mark.parametrize("kind", ["orderings", "predictions"])
def test_a_flipped_byte_is_damage_or_told_by_no_check(tmp_path, images, kind):
    """Wherever it is: of a bit of compressed data zlib complains, of one in the header whatever reads that."""
    path = tmp_path / "a.npz"
    if kind == "orderings":
        orderings.save_shard(path, search_images(random_network(0), ArraySource(*images), range(2), [0.25], EXACT, meta={}))
    else:
        predictions.save_predictions(path, [predictions.Predictions({"split": "test"}, np.arange(200), np.arange(200) * 7 % 10)])
    load = (lambda: orderings.load_orderings([path])) if kind == "orderings" else (lambda: predictions.load_predictions(path))
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            load()
        except ValueError as error:
            assert str(error).startswith(f"{path}: expected ") and "found damage" in str(error)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        load()


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "data.json").write_text(json.dumps({"a": 1})[:-1])
    with pytest.raises(ValueError, match=r"data.json: expected JSON"):
        files.read_json(tmp_path / "data.json")


def test_a_snapshot_is_read_by_the_same_work_only(tmp_path, caplog):
    import torch

    snapshot = Snapshot(tmp_path, {"seed": 0}, interval=0)
    assert snapshot.load() is None
    snapshot.offer(lambda: {"x": torch.arange(3), "history": [{"epoch": 1}]})
    assert Snapshot(tmp_path, {"seed": 0}).load()["history"] == [{"epoch": 1}]
    assert Snapshot(tmp_path, {"seed": 1}).load() is None
    snapshot.path.write_bytes(snapshot.path.read_bytes()[:50])
    assert Snapshot(tmp_path, {"seed": 0}).load() is None
    assert "starting over" in caplog.text
    snapshot.remove()
    assert not snapshot.path.parent.exists()


def test_a_snapshot_waits_for_its_interval(tmp_path):
    snapshot = Snapshot(tmp_path, {"seed": 0}, interval=3600)
    snapshot.offer(lambda: {"x": 1})
    assert not snapshot.path.exists()


def small_cifar(dataset, folder):
    rng = np.random.default_rng(0)
    counts = (20, 8)
    splits = [(rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8), rng.integers(0, 10, n).astype(np.int64)) for n in counts]
    cifar.save(dataset, folder, *splits, [f"class{number}" for number in range(10)], "made for a test")
    return splits


def settings_of(dataset, path, train, test):
    return {"dataset": dataset, "path": str(path), "train_images": train, "test_images": test}


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100"])
def test_cifar_is_read_as_it_is_published(tmp_path, dataset):
    (train, labels), (test, _) = small_cifar(dataset, tmp_path)
    settings = settings_of(dataset, tmp_path, 20, 5)
    found, theirs = cifar.split(settings, "train")
    assert (found == train).all() and (theirs == labels).all()
    assert (cifar.split(settings, "test")[0] == test[:5]).all()
    names, origin = cifar.about(settings)
    assert names[3] == "class3" and origin == "made for a test"
    record = OFFICIAL[dataset].label_bytes + 3072
    file = tmp_path / OFFICIAL[dataset].folder / OFFICIAL[dataset].splits["test"][0]
    assert file.stat().st_size == 8 * record
    content = np.fromfile(file, np.uint8).reshape(8, record)[0, -3072:]
    assert (content[:32] == test[0, 0, :, 0]).all()  # the first row's reds come first, as published


def test_damaged_cifar_is_one_clear_error(tmp_path):
    small_cifar("cifar10", tmp_path)
    folder = tmp_path / "cifar-10-batches-bin"
    with pytest.raises(ValueError, match="found 20 images, expected the config's 21"):
        cifar.split(settings_of("cifar10", tmp_path, 21, 5), "train")
    settings = settings_of("cifar10", tmp_path, 20, 5)
    (folder / "test_batch.bin").write_bytes(b"short")
    with pytest.raises(ValueError, match=r"test_batch.bin: found 5 bytes, expected a multiple of 3073"):
        cifar.split(settings, "test")
    (folder / "data_batch_3.bin").unlink()
    with pytest.raises(ValueError, match=r"found no data_batch_3.bin"):
        cifar.split(settings, "train")


def test_a_download_that_fails_says_where_to_put_the_files_and_leaves_nothing(tmp_path, monkeypatch):
    def broken(url, root, **options):
        Path(root).mkdir()
        (Path(root) / "half").write_text("x")
        raise RuntimeError("File not found or corrupted.")

    monkeypatch.setattr(download, "download_and_extract_archive", broken)
    with pytest.raises(ValueError, match=r"cannot be fetched.*unpacked archive at .*cifar-10-batches-bin"):
        download.download(OFFICIAL["cifar10"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_download_takes_the_place_of_what_lacks_its_marker_and_leaves_alone_what_has_it(tmp_path, monkeypatch):
    fetched = []

    def unpack(url, root, **options):
        fetched.append(url)
        small_cifar("cifar10", Path(root))

    monkeypatch.setattr(download, "download_and_extract_archive", unpack)
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    (folder / "data_batch_1.bin").write_bytes(b"of a run that was stopped")
    download.download(OFFICIAL["cifar10"], tmp_path)
    assert len(fetched) == 1 and [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert len(cifar.split(settings_of("cifar10", tmp_path, 20, 5), "train")[1]) == 20
    download.download(OFFICIAL["cifar10"], tmp_path)
    assert len(fetched) == 1


def test_an_archive_of_something_else_leaves_what_was_there(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "download_and_extract_archive", lambda url, root, **options: Path(root).mkdir())
    mine = tmp_path / "cifar-10-batches-bin" / "data_batch_1.bin"
    mine.parent.mkdir()
    mine.write_bytes(b"unpacked by hand, without the file of names")
    with pytest.raises(ValueError, match="cannot be fetched"):
        download.download(OFFICIAL["cifar10"], tmp_path)
    assert mine.read_bytes().startswith(b"unpacked") and [path.name for path in tmp_path.iterdir()] == [mine.parent.name]


def test_two_downloads_into_one_folder_fetch_once(tmp_path, monkeypatch):
    """As of two checkouts that share their data, started together."""
    fetched, begun = [], threading.Event()

    def unpack(url, root, **options):
        fetched.append(url)
        begun.set()
        time.sleep(0.3)
        small_cifar("cifar10", Path(root))

    monkeypatch.setattr(download, "download_and_extract_archive", unpack)
    jobs = [threading.Thread(target=download.download, args=(OFFICIAL["cifar10"], tmp_path)) for _ in range(2)]
    jobs[0].start()
    begun.wait()
    jobs[1].start()
    for one in jobs:
        one.join()
    assert len(fetched) == 1 and [path.name for path in tmp_path.iterdir()] == ["cifar-10-batches-bin"]


def test_official_corruptions_are_drawn_with_their_labels(tmp_path):
    rng = np.random.default_rng(1)
    place = tmp_path / "CIFAR-10-C"
    place.mkdir()
    labels = rng.integers(0, 10, 50)
    np.save(place / "labels.npy", labels)
    for number, kind in enumerate(corruptions.KINDS):
        pixels = np.zeros((50, 32, 32, 3), np.uint8)
        pixels[:, 0, 0, 0], pixels[:, 0, 0, 1] = number, np.arange(50)
        np.save(place / f"{kind}.npy", pixels)
    parts, theirs = corruptions.load_official(tmp_path, 100, seed=0)
    found = np.concatenate(list(parts))
    assert found.shape == (100, 32, 32, 3)
    assert (theirs == labels[found[:, 0, 0, 1]]).all()
    assert len(set(map(tuple, found[:, 0, 0, :2].tolist()))) == 100  # without replacement
    assert len(set(found[:, 0, 0, 0])) > 10
    (place / "fog.npy").unlink()
    with pytest.raises(ValueError, match=r"found no fog.npy"):
        corruptions.load_official(tmp_path, 100, seed=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_generated_corruptions_change_images_and_repeat(channels):
    rng = np.random.default_rng(2)
    clean = ArraySource(rng.integers(60, 200, (6, 16, 16, channels), dtype=np.uint8), np.arange(6))
    (first, labels), (again, _) = (corruptions.generate(clean, 200, seed=3) for _ in range(2))
    first, again = (np.concatenate(list(parts)) for parts in (first, again))
    assert (first == again).all() and first.dtype == np.uint8 and first.shape == (200, 16, 16, channels)
    changed = (first != clean.images[labels]).any((1, 2, 3))
    assert changed.mean() > (0.7 if channels == 1 else 0.9)  # saturation does nothing to grey
    for kind in ("gaussian_noise", "contrast"):
        mild, strong = (np.abs(corruptions.corrupt(clean.images, kind, s).astype(int) - clean.images).mean() for s in (0, 4))
        assert strong > 1.5 * mild


def test_drawn_shapes_tell_their_class_without_the_pattern():
    """By their area: else a null would have nothing to learn from."""
    pattern = {"kind": "patch", "place": [1, 2], "size": 3, "strength": 0, "seed": 0}
    pictures, labels = planted.split({"train_images": 2000, "seed": 0, "planted": pattern}, "train")
    ground = pictures[:, 15, 15].astype(int)[:, None, None]
    inside = np.abs(pictures.astype(int) - ground).max(3) > 100
    inside[:, 1:4, 2:5] = False
    area = [inside[labels == label].sum((1, 2)).mean() for label in range(4)]
    assert min(abs(one - other) for place, one in enumerate(area) for other in area[:place]) > 3


def test_corruptions_change_more_from_severity_to_severity():
    """Of smooth pictures; saturation and pixelation need not."""
    rng = np.random.default_rng(0)
    coarse = torch.from_numpy(rng.random((6, 3, 8, 8), np.float32))
    smooth = 60 + 140 * torch.nn.functional.interpolate(coarse, (32, 32), mode="bilinear")
    grain = torch.from_numpy(rng.random((6, 3, 32, 32), np.float32))
    pictures = (smooth + 30 * grain).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    for kind in set(corruptions.GENERATED) - {"saturation", "pixelate"}:
        apart = [np.abs(corruptions.corrupt(pictures, kind, severity).astype(int) - pictures).mean() for severity in range(5)]
        assert (np.diff(apart) > 0).all(), (kind, apart)
