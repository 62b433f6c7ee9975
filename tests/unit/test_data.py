"""Data sets, and files that are whole or absent."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from overinterp.artifacts import files, images, orderings, tables
from overinterp.artifacts.snapshots import Snapshot
from overinterp.data import cifar, corruptions, digits, download, folder, npz, planted
from overinterp.data.official import OFFICIAL
from overinterp.search.images import search_images
from tests.unit.test_search import EXACT

PATCH = {"kind": "patch", "place": [1, 2], "size": 3, "strength": 1, "seed": 0}


def test_digits_are_split_once_and_by_seed():
    train, test = digits.load(1437, 360, 0)
    assert (train.images.shape, test.images.shape, train.images.dtype) == ((1437, 8, 8, 1), (360, 8, 8, 1), np.uint8)
    assert set(train.labels) == set(range(10))
    assert np.bincount(test.labels).min() >= 34  # stratified
    as_bytes = [set(i.tobytes() for i in split.images) for split in (train, test)]
    assert not as_bytes[0] & as_bytes[1]
    again, other = digits.load(1437, 360, 0)[1], digits.load(1437, 360, 1)[1]
    assert (again.images == test.images).all()
    assert (other.images != test.images).any()


def colour_class(split):
    """Class whose colour stands in the patch of each image."""
    colour = split.images[:, PATCH["place"][0], PATCH["place"][1]]
    return (colour[:, None] == planted.COLOURS).all(2).argmax(1)


@pytest.mark.parametrize(("strength", "share"), [(1, 1.0), (0, 0.25), (0.6, 0.7)])
def test_strength_is_how_often_the_pattern_tells_the_class(strength, share):
    train, _ = planted.load(4000, 10, 0, {**PATCH, "strength": strength})
    assert (colour_class(train) == train.labels).mean() == pytest.approx(share, abs=0.03)
    if strength == 0:  # and then it tells nothing: every colour is as likely for every class
        joint = np.histogram2d(colour_class(train), train.labels, bins=4)[0] / 1000
        assert np.abs(joint - 0.25).max() < 0.06


def test_the_same_shapes_whatever_is_planted():
    told, _ = planted.load(50, 10, 3, PATCH)
    null, _ = planted.load(50, 10, 3, {**PATCH, "strength": 0, "seed": 9})
    outside = ~planted.pattern_mask(PATCH)
    assert (told.images[:, outside] == null.images[:, outside]).all()
    assert (told.labels == null.labels).all()
    assert told.truth.sum() == 9


def test_a_border_is_the_outermost_ring():
    mask = planted.pattern_mask({"kind": "border"})
    assert mask.sum() == 60
    assert not mask[1:-1, 1:-1].any()


def test_no_planted_colour_is_near_the_blank():
    train, _ = planted.load(500, 10, 0, PATCH)
    mean = train.images.reshape(-1, 3).mean(0)
    assert np.abs(planted.COLOURS - mean).max(1).min() > 255 * planted.NEAREST_BLANK


def test_data_are_recorded_and_read_back(tmp_path):
    train, test = planted.load(20, 10, 0, PATCH)
    images.save_data(tmp_path, train, test, planted.CLASS_NAMES, "made", "mean")
    info = images.load_data_info(tmp_path / "data.json")
    assert info["shape"] == [16, 16, 3]
    assert info["blank"] == pytest.approx((train.images / 255).mean((0, 1, 2)).tolist())
    assert info["sha256"]["test"] == files.sha256(tmp_path / "test.npz")
    back = images.load_images(tmp_path / "test.npz")
    assert (back.images == test.images).all() and (back.truth == test.truth).all()
    with pytest.raises(ValueError, match=r"data.blank: found 1 values, expected 3"):
        images.save_data(tmp_path, train, test, planted.CLASS_NAMES, "made", [0.5])


def write_npz(path, **changes):
    arrays = {
        "train_images": np.zeros((8, 5, 5), np.uint8), "train_labels": np.zeros((8, 1), np.int32),
        "test_images": np.zeros((4, 5, 5), np.uint8), "test_labels": np.zeros(4, np.uint8),
    } | changes  # fmt: skip
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return str(path)


def test_own_images_are_read(tmp_path):
    train, test = npz.load(write_npz(tmp_path / "a.npz"), 6, 4)
    assert (train.images.shape, test.images.shape, train.labels.shape) == ((6, 5, 5, 1), (4, 5, 5, 1), (6,))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"test_labels": None}, "expected an array test_labels"),
        ({"train_images": np.zeros((8, 5, 5))}, "train_images: found float64"),
        ({"train_labels": np.zeros(7, int)}, "train_labels: expected one whole number"),
        ({"test_images": np.zeros((4, 6, 6), np.uint8)}, "found test images of"),
        (
            {"test_images": np.zeros((3, 5, 5), np.uint8), "test_labels": np.zeros(3, int)},
            "found 3 images, expected the config's 4",
        ),
    ],
)
def test_wrong_files_of_own_images_are_one_sentence(tmp_path, changes, words):
    with pytest.raises(ValueError, match=words):
        npz.load(write_npz(tmp_path / "a.npz", **changes), 8, 4)


def test_a_failed_write_leaves_nothing(tmp_path):
    path = tmp_path / "deep" / "table.csv"
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert not list(path.parent.iterdir())


def test_equal_tables_are_equal_bytes(tmp_path):
    import pandas as pd

    table = pd.DataFrame({"a": [0.1, 1 / 3, np.nan], "b": ["x", "", "z"]})
    for name in ("a.csv", "b.csv"):
        tables.write_table(tmp_path / name, table)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert tables.read_table(tmp_path / "a.csv").a[1] == pytest.approx(1 / 3, abs=1e-9)


def test_orderings_come_back_as_they_were_and_damage_is_named(tmp_path, make_network, images):
    pictures, labels = images
    network = make_network(0)
    whole = search_images(network, pictures, labels, [0.25], EXACT, meta={"search": "exact"})
    paths = []
    for number, rows in enumerate(np.array_split(np.arange(6), 2)):
        paths.append(tmp_path / f"shard-{number}.npz")
        part = search_images(network, pictures[rows], labels[rows], [0.25], EXACT, index=rows, meta={"search": "exact"})
        orderings.save_shard(paths[-1], part)
    back = orderings.load_orderings(paths)
    assert (back.order == whole.order).all() and (back.log_odds == whole.log_odds).all()
    assert back.order.dtype == np.uint16 and back.meta == whole.meta
    with pytest.raises(ValueError, match="more than one of 2 shards"):
        orderings.load_orderings([paths[0], paths[0]])
    paths[0].write_bytes(paths[0].read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"shard-0.npz: expected a shard of orderings, found damage"):
        orderings.load_orderings(paths)


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
    splits = [
        images.Images(rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8), rng.integers(0, 10, n).astype(np.int64))
        for n in counts
    ]
    cifar.save(dataset, folder, *splits, [f"class{number}" for number in range(10)], "made for a test")
    return splits


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100"])
def test_cifar_is_read_as_it_is_published(tmp_path, dataset):
    train, test = small_cifar(dataset, tmp_path)
    found, other, names, origin = cifar.load(dataset, tmp_path, 20, 5)
    assert (found.images == train.images).all() and (found.labels == train.labels).all()
    assert (other.images == test.images[:5]).all()
    assert names[3] == "class3" and origin == "made for a test"
    record = OFFICIAL[dataset].label_bytes + 3072
    file = tmp_path / OFFICIAL[dataset].folder / OFFICIAL[dataset].splits["test"][0]
    assert file.stat().st_size == 8 * record
    content = np.fromfile(file, np.uint8).reshape(8, record)[0, -3072:]
    assert (content[:32] == test.images[0, 0, :, 0]).all()  # the first row's reds come first, as published


def test_damaged_cifar_is_one_clear_error(tmp_path):
    small_cifar("cifar10", tmp_path)
    folder = tmp_path / "cifar-10-batches-bin"
    with pytest.raises(ValueError, match="found 20 images, expected the config's 21"):
        cifar.load("cifar10", tmp_path, 21, 5)
    (folder / "test_batch.bin").write_bytes(b"short")
    with pytest.raises(ValueError, match=r"test_batch.bin: found 5 bytes, expected a multiple of 3073"):
        cifar.load("cifar10", tmp_path, 20, 5)
    (folder / "data_batch_3.bin").unlink()
    with pytest.raises(ValueError, match=r"found no data_batch_3.bin"):
        cifar.load("cifar10", tmp_path, 20, 5)


def test_a_download_that_fails_says_where_to_put_the_files_and_leaves_nothing(tmp_path, monkeypatch):
    def broken(url, root, **options):
        Path(root).mkdir()
        (Path(root) / "half").write_text("x")
        raise RuntimeError("File not found or corrupted.")

    monkeypatch.setattr(download, "download_and_extract_archive", broken)
    with pytest.raises(ValueError, match=r"cannot be fetched.*unpacked archive at .*cifar-10-batches-bin"):
        download.download(OFFICIAL["cifar10"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_images_is_read_whole_and_checked(tmp_path):
    rng = np.random.default_rng(0)
    for split, count in (("train", 6), ("test", 3)):
        for name in ("cat", "dog"):
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (8, 9, 3), dtype=np.uint8)
                pixels[0, 0] = (name == "dog") * 200
                Image.fromarray(pixels).save(tmp_path / split / name / f"{number}.png")
    train, test, names = folder.load(tmp_path, 10, 6, seed=0)
    assert names == ["cat", "dog"] and train.images.shape == (10, 8, 9, 3) and test.images.shape == (6, 8, 9, 3)
    assert ((train.images[:, 0, 0, 0] == 200) == train.labels).all()
    with pytest.raises(ValueError, match="found 12 images, expected the config's 13"):
        folder.load(tmp_path, 13, 6, 0)
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "test" / "dog" / "small.png")
    with pytest.raises(ValueError, match=r"small.png: found 4x4 pixels, expected 8x9"):
        folder.load(tmp_path, 10, 7, 0)
    (tmp_path / "test" / "dog" / "small.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"small.png: cannot be read as an image"):
        folder.load(tmp_path, 10, 7, 0)


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
    found = corruptions.load_official(tmp_path, 100, seed=0)
    assert found.images.shape == (100, 32, 32, 3)
    assert (found.labels == labels[found.images[:, 0, 0, 1]]).all()
    assert len(set(map(tuple, found.images[:, 0, 0, :2].tolist()))) == 100  # without replacement
    assert len(set(found.images[:, 0, 0, 0])) > 10
    (place / "fog.npy").unlink()
    with pytest.raises(ValueError, match=r"found no fog.npy"):
        corruptions.load_official(tmp_path, 100, seed=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_generated_corruptions_change_images_and_repeat(channels):
    rng = np.random.default_rng(2)
    clean = images.Images(rng.integers(60, 200, (6, 16, 16, channels), dtype=np.uint8), np.arange(6))
    first, again = (corruptions.generate(clean, 200, seed=3) for _ in range(2))
    assert (first.images == again.images).all() and first.images.dtype == np.uint8
    changed = (first.images != clean.images[first.labels]).any((1, 2, 3))
    assert changed.mean() > (0.7 if channels == 1 else 0.9)  # saturation does nothing to grey
    for kind in ("gaussian_noise", "contrast"):
        mild, strong = (np.abs(corruptions.corrupt(clean.images, kind, s).astype(int) - clean.images).mean() for s in (0, 4))
        assert strong > 1.5 * mild
