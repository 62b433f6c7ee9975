"""A miniature CIFAR-10, in the files of the real one, through the whole of config/cifar10-cpu.yaml: smaller, nothing stubbed.

Its networks are small ones: ResNet20 has tests of its own, and costs twenty times as much a pass.
"""

import numpy as np
import pandas as pd
import pytest
import yaml

from overinterp.data import cifar
from tests.workflow.running import ROOT, prepare, run


def miniature(folder):
    """60 + 12 images whose colour tells the class, on disk as CIFAR-10 is."""
    rng = np.random.default_rng(0)
    splits = []
    for count in (60, 12):
        labels = np.arange(count) % 10
        pixels = rng.integers(0, 80, (count, 32, 32, 3)) + (labels[:, None] * [[17, 0, 5]])[:, None, None]
        splits.append((pixels.astype(np.uint8), labels.astype(np.int64)))
    cifar.save("cifar10", folder, *splits, [f"class{number}" for number in range(10)], "a miniature made for a test")


def smaller(config):
    """The config with fewer images, epochs and seeds and larger steps, and masks of one teacher; the rest is still there."""
    study = config["studies"][0]
    study["data"] |= {"train_images": 60, "test_images": 12}
    study["data"]["corrupted"]["images"] = 12
    study["training"] |= {"epochs": 1, "batch_size": 20}
    study["conditions"] = [named for named in study["conditions"] if named["name"] not in ("backselect_1", "position_1")]
    study["searches"][0]["runs"][4]["models"] = ["small_cnn-full-0"]
    for condition in study["conditions"]:
        if "adversarial" in condition:
            condition["adversarial"]["steps"] = 1
        condition["seeds"] = [0, 1] if condition["name"] == "full" else [0]
    for search in study["searches"]:
        search |= {"compile": False, "batch_size": 32}
        search |= {"pixels_per_step": 64} if search["method"] == "gradient" else {}
        for part in search["runs"]:
            if "images" in part:
                part["images"] = 1 if search["method"] == "refined" else 4
    examples = study["searches"][2]
    examples["runs"] = [{"models": ["*-full-0"], "split": "test", "images": [1]}]
    study["analysis"]["threshold"] = 0.11  # little is learnt in one epoch
    study["analysis"]["thresholds"] = [0.05, 0.11]
    return config


@pytest.fixture(scope="session")  # not "module": a process that steals tests may come to a module twice
def finished(once):
    config = smaller(yaml.safe_load((ROOT / "config/cifar10-cpu.yaml").read_text().replace("resnet20", "small_cnn")))

    def make(folder):
        miniature(prepare(folder) / "data")
        (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
        result = run(folder, "all")
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
        assert "download_data" not in result.stdout + result.stderr  # the files are there

    return once("cifar", make) / "results/cifar10_cpu", config["studies"][0]


def test_every_table_and_figure_is_there(finished):
    results, study = finished
    for figure in study["figures"]:
        for suffix in ("pdf", "png"):
            assert (results / "figures" / f"{figure}.{suffix}").stat().st_size > 2000, figure
    for table in ("accuracy", "sis_size", "pixel_rings", "agreement", "transfer", "mitigation"):
        assert len(pd.read_csv(results / "tables" / f"{table}.csv")), table


def test_accuracy_holds_every_condition_on_both_splits_with_its_teacher(finished):
    results, study = finished
    table = pd.read_csv(results / "tables/accuracy.csv", keep_default_na=False)
    names = {condition["name"] for condition in study["conditions"]} | {"ensemble"}
    for split in ("test", "corrupted"):
        part = table[table.split == split]
        assert set(part.condition.where(part.kind == "network", part.group)) == names
        assert set(part.corruptions) == ({""} if split == "test" else {"generated"})
    kept = (table.test_mask == "kept") & (table.test_paint == "values")
    own = table[(table.condition == "full") & kept]
    assert (own.masks_model == own.model).all() and len(own) == 2 * 2
    students = table[(table.condition == "backselect_0") & kept & (table.split == "test")]
    assert set(students.teacher) == set(students.masks_model) == {"small_cnn-full-0"} and len(students) == 1


def test_the_origin_and_the_corruptions_are_named(finished):
    results, _ = finished
    assert "a miniature made for a test" in (results / "data/data.json").read_text()
    sizes = pd.read_csv(results / "tables/sis_size.csv")
    assert set(zip(sizes.search, sizes.split, strict=True)) == {
        (search, split) for search in ("gradient", "refined") for split in ("test", "corrupted")
    }


def test_a_data_set_that_is_there_is_not_fetched_again_however_its_rule_is_run(tmp_path):
    """As after a change to --use-conda, without the network: a proxy that refuses stands before it."""
    miniature(prepare(tmp_path) / "data")
    marker = tmp_path / "data/cifar-10-batches-bin/batches.meta.txt"
    files = {path: path.read_bytes() for path in marker.parent.iterdir()}
    offline = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    result = run(tmp_path, "-R", "download_data", "--", marker.relative_to(tmp_path), **offline)
    text = result.stdout + result.stderr
    assert result.returncode == 0 and "1 of 1 steps" in text, text
    assert {path: path.read_bytes() for path in marker.parent.iterdir()} == files
