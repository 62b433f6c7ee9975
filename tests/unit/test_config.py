"""Every mistake in a config gives one sentence that names the key, what was found and what is allowed."""

import copy
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import torchvision
import yaml

from overinterp.plan import (
    audits,
    brought,
    document,
    images,
    jobs,
    lacking,
    lists,
    modules,
    names,
    outputs,
    presence,
    reads,
    remedies,
    start,
    verdict,
)
from overinterp.plan.captions import caption
from overinterp.plan.read import load, read
from overinterp.plan.sentences import ConfigError
from overinterp.plan.settings import TRAINING_PRESETS, complete, resolve, schema
from overinterp.plan.study import Study
from overinterp.search.stages import Schedule, Stage
from overinterp.tables.rows import plain
from tests.unit.studies import DEMO, study

OWN = {"name": "mine", "from": "torchvision", "model": "resnet18", "weights": "IMAGENET1K_V1"}
AUDIT = {"name": "leak", "masks_from": {"model": "small_cnn-full-0", "search": "exact"}, "fraction": 0.0625}
SUBSETS = {"name": "leak", "masks_from": AUDIT["masks_from"], "threshold": 0.9}


@pytest.fixture
def demo():
    return copy.deepcopy(DEMO)


def change(path, value):
    """A function that sets one value of the digits study, by its path."""

    def apply(config):
        node = study(config)
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return apply


def both(one, other):
    return lambda config: (one(config), other(config))


def towards(target, edit):
    """The change on top of a search towards other classes."""

    def apply(config):
        study(config)["searches"][0]["target"] = target
        edit(config)

    return apply


def keeping(edit):
    """The change on top of a search that keeps masks of training images and no orders."""

    def apply(config):
        study(config)["searches"][0]["runs"][1]["keep"] = [0.0625, 0.25]
        edit(config)

    return apply


def apart(study):
    """Compare searches of other images."""
    study["searches"][1]["runs"][0]["images"], study["searches"][2]["runs"][0]["images"] = [0, 1], [2, 3]
    study["analysis"]["agreement"] = {"networks": ["small_cnn-full-0"], "reference": "gradient", "candidates": ["refined"]}


def moved(study):
    """Let whole images move under a mask that is not there."""
    study["training"]["flip"] = True
    study["conditions"][0]["masked"] = "after_augmentation"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (change(["trainig"], {}), ["studies.digits.trainig", "did you mean 'training'"]),
        (change(["training", "epochs"], "ten"), ["studies.digits.training.epochs", "'ten'", "integer"]),
        (change(["training", "epochs"], 3.0), ["studies.digits.training.epochs", "found 3.0", "integer"]),
        (change(["searches", 0, "runs", 0, "images"], 10**30), ["searches.exact.runs[0].images", "at most 360, the images"]),
        (change(["searches", 1, "objective"], "probability"), ["searches.gradient.objective", "'probability'", "log_odds: 'gradient' tries no candidates"]),
        (change(["searches", 0, "pixels_per_step"], 8), ["searches.exact.pixels_per_step", "found 8", "'exact' has steps of its own"]),
        (change(["human", "images_per_class"], 37), ["human.images_per_class", "found 37", "at most 35: of 10 classes, beside 9 for practice, full_images and random_per_class, of 360 searched"]),
        (change(["analysis", "mitigation"], [{"name": "a", "groups": {"one": ["small_cnn-full-*"], "all": ["*-full-*"]}}]), ["mitigation.a.groups", "small_cnn-full-0 in two of them"]),
        (change(["analysis", "mitigation"], 2 * [{"name": "a", "groups": {"one": ["small_cnn-full-0"], "all": ["ensemble_logits"]}}]), ["analysis.mitigation", "found 'a'", "every name once"]),
        (change(["training"], {"preset": "paper", "epochs": 20}), ["studies.digits.training.milestones", "found [60, 120, 160]", "at most 19"]),
        (both(change(["training"], {"preset": "paper"}), change(["conditions", 2, "epochs"], 30)), ["training.milestones", "at most 29", "small_cnn-backselect_4-0 is trained for 30"]),
        (change(["training", "epochs"], 0), ["studies.digits.training.epochs", "found 0", "at least 1"]),
        (change(["training", "learning_rate"], "1e-3"), ["learning_rate", "'1e-3'", "number"]),
        (change(["conditions", 2, "view", "fraction"], 1.5), ["conditions.backselect_4.view.fraction", "1.5", "(0, 1]"]),
        (change(["conditions", 2, "view", "fraction"], 0), ["conditions.backselect_4.view.fraction", "found 0", "(0, 1]"]),
        (change(["architectures"], ["resnet"]), ["architectures", "'resnet'", "small_cnn, small_resnet"]),
        (change(["analysis", "fractions"], [0.1, 2]), ["analysis.fractions[1]", "found 2", "(0, 1]"]),
        (change(["analysis", "threshold"], 1), ["analysis.threshold", "found 1", "(0, 1)"]),
        (change(["data", "dataset"], "cifar"), ["data.dataset", "'cifar'", "digits, planted, cifar10, cifar100, npz, folder, files"]),
        (change(["data", "path"], "x.npz"), ["data.path", "npz"]),
        (change(["data", "blank"], "grey"), ["data.blank", "'grey'", "'mean'"]),
        (change(["data", "train_images"], 1500), ["train_images + test_images", "1860", "1797"]),
        (change(["data", "test_images"], 9), ["data.test_images", "found 9", "at least 10 digits, one of each class"]),
        (change(["data", "train_images"], 9), ["data.train_images", "found 9", "at least 10 digits"]),
        (change(["data"], {"dataset": "digits", "test_images": 1788}), ["data.test_images", "found 1788", "at most 1787"]),
        (change(["conditions", 2, "masks_from", "model"], "small_cnn-full-9"), ["masks_from.model", "small_cnn-full-9", "small_cnn-full-0"]),
        (change(["conditions", 2, "masks_from", "search"], "precise"), ["masks_from.search", "'precise'", "exact, gradient"]),
        (change(["conditions", 2, "masks_from", "search"], "gradient"), ["masks_from", "0 train images", "cover 1437"]),
        (change(["conditions", 1, "name"], "full"), ["conditions", "'full'", "every name once"]),
        (change(["searches", 0, "runs", 0, "models"], ["vgg-*"]), ["searches.exact.runs[0].models", "'vgg-*'", "small_cnn-full-0"]),
        (change(["searches", 0, "runs", 0, "images"], 361), ["searches.exact.runs[0].images", "361", "at most 360, the images"]),
        (change(["analysis", "search"], "fast"), ["analysis.search", "'fast'", "exact"]),
        (both(change(["searches", 2, "target"], "label"), change(["analysis"], {"search": "refined", "mask_search": "exact"})), ["analysis.search", "refined, target label", "towards the predicted class"]),
        (change(["searches", 0, "input_dropout"], {"masks": 4, "keep_probability": 0.8}), ["analysis.search", "exact, with input_dropout", "without it"]),
        (change(["searches", 0, "runs", 0, "images"], [3, 360]), ["runs[0].images", "[3, 360]", "numbers below 360, the images"]),
        (change(["searches", 0, "runs", 0, "split"], "corrupted"), ["runs[0].split", "'corrupted'", "data.corrupted"]),
        (change(["data", "corrupted"], {"source": "cifar10c"}), ["data.corrupted.source", "'cifar10c'", "'generated'"]),
        (change(["data"], {"dataset": "cifar10", "train_images": 1437, "test_images": 360, "corrupted": {"source": "cifar10c"}, "preprocessing": {"resize": 64}}), ["data.preprocessing", "which are not resized"]),
        (change(["conditions", 0, "view"], "full"), ["conditions.full.view", "'full'", "object"]),
        (change(["conditions", 0, "view"], {"mask": "al"}), ["full.view.mask", "'al'", "all, kept, random"]),
        (change(["conditions", 2, "view"], {"mask": "kept"}), ["backselect_4.view", "a fraction for every mask but 'all'"]),
        (change(["conditions", 3, "view"], {"mask": "random", "threshold": 0.9}), ["random_4.view", "for kept, matched, swapped_same_class, swapped_other_class a threshold"]),
        (change(["analysis", "verdict"], {"model": "vgg-*"}), ["analysis.verdict.model", "'vgg-*'", "small_cnn-full-0"]),
        (change(["analysis", "verdict"], {"limits": {"size": 1}}), ["analysis.verdict.limits", "size"]),
        (lambda config: moved(study(config)), ["conditions.full.view", "nothing would be masked after augmentation"]),
        (change(["conditions", 0, "view"], {"paint": "position"}), ["full.view", "nothing would be left"]),
        (change(["searches", 0, "target"], "label"), ["masks_from.search", "exact, target label", "would tell the label"]),
        (change(["searches", 1, "runs", 0, "keep"], [0.1]), ["gradient.runs.keep", "on test images", "masks are for training"]),
        (change(["searches", 0, "runs", 1, "keep"], [0.1]), ["backselect_4.view", "a fraction whose masks searches.exact keeps: 0.1"]),
        (keeping(change(["conditions", 2, "view"], {"mask": "kept", "threshold": 0.9})), ["backselect_4.view", "'threshold': 0.9", "keeps: 0.0625, 0.25"]),
        (keeping(change(["audits"], [AUDIT | {"fraction": 0.3, "controls": ["redrawn"]}])), ["audits.leak.fraction", "found 0.3", "keeps: 0.0625, 0.25"]),
        (change(["analysis", "agreement", "networks"], ["resnet*"]), ["analysis.agreement.networks", "resnet*"]),
        (change(["searches", 1, "target"], "label"), ["agreement.candidates", "'gradient, target label'", "towards the class predicted, as exact"]),
        (lambda config: apart(study(config)), ["agreement.candidates", "'refined'", "some of the images of gradient"]),
        (change(["analysis", "views"], [{"mask": "all"}]), ["analysis.views", "another mask than 'all'"]),
        (change(["data"], {"dataset": "digits", "test_images": 300}), ["data.train_images", "for the networks that conditions train"]),
        (lambda config: study(config, "planted").pop("architectures"), ["planted.architectures", "at least one, for the networks"]),
        (change(["classifiers"], [OWN, OWN]), ["classifiers", "'mine'", "every name once"]),
        (change(["classifiers"], [{**OWN, "name": "ensemble_logits"}]), ["'ensemble_logits'", "no other classifier"]),
        (change(["classifiers"], [{**OWN, "from": "keras"}]), ["classifiers.mine.from", "'keras'", "torchvision, timm"]),
        (change(["classifiers"], [{**OWN, "from": "timm", "weights": "w.pt"}]), ["mine.weights", "'w.pt'", "a file, {file: ...}"]),
        (change(["classifiers"], [{**OWN, "model": "resnet5O"}]), ["mine.model: found 'resnet5O'", "did you mean 'resnet50'? expected a classification model of torchvision"]),
        (change(["classifiers"], [{**OWN, "weights": "IMAGENET1K_V2"}]), ["mine.weights: found 'IMAGENET1K_V2'", "expected one of IMAGENET1K_V1, or a file"]),
        (change(["classifiers"], [{**OWN, "weights": None}]), ["mine.weights", "found None", "a string"]),
        (change(["classifiers"], [{key: OWN[key] for key in ("name", "from", "model")}]), ["mine.weights", "found None", "a name, such as IMAGENET1K_V1, or a file"]),
        (change(["classifiers"], [{"name": "mine", "from": "trained", "model": "resnet20"}]), ["mine.weights", "found None", "expected a file"]),
        (change(["classifiers"], [{**OWN, "from": "huggingface"}]), ["mine.weights", "they come with the model"]),
        (change(["classifiers"], [{**OWN, "from": "trained", "model": "resnet21", "weights": {"file": "config/config.yaml"}}]), ["mine.model", "'resnet21'", "resnet20", "for weights from trained"]),
        (change(["classifiers"], [{**OWN, "revision": "abc"}]), ["mine.revision", "'abc'", "only a hub has revisions"]),
        (change(["classifiers"], [{"name": "mine", "from": "python", "model": "mine/net.py", "trust": True}]), ["mine.model", "'mine/net.py'", "file.py:function"]),
        (change(["classifiers"], [{**OWN, "from": "python", "model": "a:b", "weights": {"file": "config/config.yaml"}}]), ["mine.trust", "found False", "loading runs your code"]),
        (change(["classifiers"], [{**OWN, "weights": {"file": "config/config.yaml", "sha256": "abc"}}]), ["mine.weights.sha256", "found 'abc', expected text of the form ^[0-9a-f]{64}$"]),
        (change(["classifiers"], [{**OWN, "weights": {"fil": "config/config.yaml"}}]), ["mine.weights.fil: unknown; did you mean 'file'?"]),
        (change(["classifiers"], [{**OWN, "weights": 3}]), ["mine.weights", "found 3, expected a string or an object"]),
        (change(["classifiers"], [{**OWN, "class_map": ""}]), ["mine.class_map", "found '', expected a name: File (JSON or CSV)"]),
        (change(["training", "milestones"], [3]), ["training.milestones", "found [3]", "none with schedule"]),
        (change(["training", "schedule"], "steps"), ["training.milestones", "found []", "the learning rate falls there alone"]),
        (change(["analysis", "views"], [{"mask": "kept"}, {"mask": "kept", "paint": "values"}]), ["analysis.views", "every view once"]),
        (change(["analysis", "agreement", "candidates"], ["exact", "gradient"]), ["agreement.candidates", "'exact'", "other searches than the reference"]),
        (change(["human", "exclude"], list(range(345))), ["practice, full_images and random_per_class", "found 9, expected fewer images, of 10 classes"]),
        (change(["human", "exclude"], [3, 360]), ["human.exclude", "found 360, expected numbers of test images that are searched"]),
        (change(["training", "step_factor"], 0.5), ["training.step_factor", "found 0.5", "none with schedule"]),
        (change(["analysis", "verdict"], {"model": "small_cnn-full-*"}), ["verdict.model", "one of small_cnn-full-0, small_cnn-full-1"]),
        (change(["data", "seed"], 2**32), ["data.seed", "found 4294967296"]),
        (change(["data", "blank"], [2.0]), ["data.blank[0]", "found 2.0, expected a number in [0, 1]"]),
        (change(["classifiers"], [{**OWN, "preprocessing": {"mean": [123.7, 116.3, 103.5]}}]), ["mine.preprocessing.mean", "found [123.7,", "in 0 to 1: divide by 255"]),
        (change(["classifiers"], [{**OWN, "preprocessing": {"mean": [0, 0, 0], "std": [58, 57, 57]}}]), ["mine.preprocessing.std", "found [58,", "divide by 255"]),
        (change(["classifiers"], [{**OWN, "class_map": {"normal": 0}}]), ["mine.class_map", "found {'normal': 0}, expected a string: File (JSON or CSV) that says which output"]),
        (change(["analysis", "mask_search"], "fast"), ["analysis.mask_search", "'fast'", "exact, gradient"]),
        (change(["analysis", "mitigation"], [{"name": "a", "groups": {}}]), ["mitigation.a.groups", "at least 2 names"]),
        (change(["figures"], ["mitigation"]), ["analysis.mitigation", "a comparison"]),
        (change(["figures"], ["adversarial"]), ["figures", "a condition with adversarial training"]),
        (change(["figures"], ["sis_size_by_threshold_corrupted"]), ["figures", "a run of searches.exact on the corrupted split"]),
        (change(["figures"], ["acuracy"]), ["figures[0]", "'acuracy'", "accuracy"]),
        (change(["tables"], ["planted_recovery"]), ["'planted_recovery'", "data.dataset 'planted', for this table"]),
        (change(["figures"], ["human_accuracy"]), ["figures", "nobody has been asked yet"]),
        (change(["human", "networks"], ["small_cnn-random_4-0"]), ["human.networks", "small_cnn-random_4-0"]),
        (change(["human", "repeats"], 16), ["human.repeats", "found 16", "at most 15, half of a batch"]),
        (lambda config: study(config)["human"].update(classes=["1", "2", "7"], repeats=5), ["human.repeats", "at most 4"]),
        (change(["audits"], [AUDIT | {"masks_from": {"model": "small_cnn-full-9", "search": "exact"}}]), ["digits.audits.leak.masks_from.model", "small_cnn-full-9"]),
        (change(["audits"], [AUDIT | {"masks_from": {"model": "small_cnn-full-1", "search": "exact"}}]), ["audits.leak.masks_from", "0 train images", "cover 1437"]),
        (change(["audits"], [AUDIT | {"fraction": 6.25}]), ["audits.leak.fraction", "found 6.25", "(0, 1]"]),
        (change(["audits"], [AUDIT | {"controls": ["positions"]}]), ["audits.leak.controls[0]", "'positions'", "kept, full, position, shuffled"]),
        (change(["audits"], [AUDIT | {"controls": ["misaligned"]}]), ["audits.leak.controls", "'misaligned'", "training.crop_padding"]),
        (change(["audits"], [AUDIT | {"threshold": 0.9}]), ["audits.leak", "{'fraction': 0.0625, 'threshold': 0.9}", "a fraction or a threshold"]),
        (change(["audits"], [{"name": "leak", "masks_from": AUDIT["masks_from"]}]), ["audits.leak", "found None", "a fraction or a threshold"]),
        (change(["audits"], [SUBSETS | {"controls": ["kept", "random"]}]), ["audits.leak.controls", "'random'", "'matched' at a threshold"]),
        (keeping(change(["audits"], [SUBSETS])), ["audits.leak.threshold", "found 0.9", "keeps: 0.0625, 0.25"]),
        (towards("every", change(["audits"], [SUBSETS])), ["audits.leak.masks_from.search", "exact, target every", "towards the class predicted, for a threshold"]),
        (towards("other", change(["audits"], [SUBSETS | {"controls": ["full", "redrawn"]}])), ["audits.leak.masks_from.search", "exact, target other", "for a threshold"]),
        (change(["conditions", 3, "view"], {"mask": "border", "threshold": 0.9}), ["random_4.view", "for kept, matched"]),
        (change(["audits"], [AUDIT, AUDIT]), ["audits", "'leak'", "every name once"]),
        (change(["conditions", 1, "keep_probability"], "often"), ["input_dropout.keep_probability", "'often'", "'random' or a number in"]),
        (change(["conditions", 1, "view"], {"mask": "matched", "fraction": 0.1}), ["input_dropout.masks_from", "for the mask 'matched'"]),
        (change(["searches", 1, "target"], "second"), ["searches.gradient.target", "'second'", "runner_up, other, every"]),
        (change(["figures"], ["leakage"]), ["figures", "an audit in audits, for this figure"]),
        (change(["figures"], ["wrong_class"]), ["figures", "a search towards runner_up or other"]),
        (change(["figures"], ["redundancy"]), ["figures", "analysis.collections"]),
        (change(["seeds"], []), ["seeds", "at least 1 entries"]),
        (change(["seeds"], [1, 1]), ["seeds", "every entry once"]),
        (change(["conditions", 2, "seeds"], [1, 1]), ["conditions.backselect_4.seeds", "every entry once"]),
        (lambda config: study(config).pop("analysis"), ["studies.digits.analysis: missing, expected `What is told: by which search"]),
        (change(["figures"], ["leekage"]), ["digits.figures[0]: found 'leekage', did you mean 'leakage'? expected one of"]),
        (lambda config: config.update(devise="cpu"), ["config key devise", "did you mean 'device'"]),
        (lambda config: (study(config)["data"].update(preprocessing={"resize": 65}), study(config)["searches"][0].update(compile=True)), ["searches.exact.compile", "found True", "images of 65x65 are above 64x64"]),
        (lambda config: study(config, "planted")["data"].pop("planted"), ["studies.planted.data.planted", "nothing"]),
        (lambda config: study(config, "planted")["data"]["planted"].update(place=[14, 0]), ["planted.place", "inside the 16x16"]),
        (lambda config: study(config, "planted").update(name="digits"), ["'digits'", "every name once"]),
        (lambda config: study(config).update(name="My Study"), ["name", "'My Study'", "form"]),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(demo, edit, words):
    edit(demo)
    with pytest.raises(ConfigError) as error:
        read(demo)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 400
    for word in words:
        assert word in message, message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such file"),
        ("", "found NoneType"),
        ("- a", "found list"),
        ("studies: [", "no YAML (while parsing a flow node"),
        (b"# F\xfcr", "no YAML ('utf-8' codec can't decode"),
    ],
)
def test_a_file_that_is_no_config_is_one_sentence(tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as error:
        load(path)
    assert words in str(error.value) and str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_key_stands_once(tmp_path):
    """YAML's readers take the last of several; what `<<` brings in may be overridden."""
    path = tmp_path / "mine.yaml"
    path.write_text("studies:\n  - &one {name: a, seeds: [0]}\n  - {<<: *one, name: b}\n")
    assert load(path)["studies"][1] == {"name": "b", "seeds": [0]}
    path.write_text("a: &a {x: 1}\nb: [[&b {<<: *a, x: 2}]]\nc: {<<: *b, x: 3}\n")  # b is read after c, which takes it in
    assert load(path) == {"a": {"x": 1}, "b": [[{"x": 2}]], "c": {"x": 3}}
    path.write_text("a: &a {x: 1}\nb: &b {y: 2}\nc: {<<: *a, <<: *b}\n")
    assert load(path)["c"] == {"x": 1, "y": 2}
    path.write_text("studies:\n  - name: a\n    searches: [1]\n    seeds: [0]\n    searches: [2]\n")
    with pytest.raises(ConfigError, match="config key searches: found in line 3 and in line 5, expected it once"):
        load(path)


def test_groups_of_a_profile_are_of_rules_and_groups_that_there_are():
    start.know_groups(["make_table"], {"make_table": "summaries"}, {"summaries": 4})
    with pytest.raises(ConfigError, match=r"groups: found 'make_tabel', which is no rule; did you mean 'make_table'"):
        start.know_groups(["make_table"], {"make_tabel": "summaries"}, {})
    with pytest.raises(ConfigError, match=r"group-components: found 'sumaries', expected one of the groups summaries"):
        start.know_groups(["make_table"], {"make_table": "summaries"}, {"sumaries": 4})


def test_classes_that_people_are_shown_are_known_before_anything_is_made(demo, tmp_path):
    study(demo)["human"]["classes"] = ["3", "8"]
    start.know_classes(read(copy.deepcopy(demo))[0])
    study(demo)["human"]["classes"] = ["3", "eight"]
    with pytest.raises(ConfigError, match=r"human.classes: found 'eight', expected some of 0, 1, 2"):
        start.know_classes(read(copy.deepcopy(demo))[0])
    study(demo)["data"] = {"dataset": "cifar10", "path": str(tmp_path), "train_images": 500, "test_images": 360}
    start.know_classes(read(demo)[0])  # to be fetched first


def test_tables_that_a_figures_tables_are_made_from_are_in_the_plan(demo):
    change(["figures"], ["atlas"])(demo)
    found = outputs.tables(next(plan for plan in read(demo) if plan.name == "digits"))
    assert {"atlas", "sis_size_by_threshold", "sis_size", "pixel_rings", "accuracy"} <= set(found)


def test_an_audit_becomes_a_condition_a_control(demo):
    """Each student is tested on what it was trained on; the one of random sets on its teacher's kept pixels, and on everyone's."""
    study(demo)["audits"] = [AUDIT | {"architectures": ["small_cnn"], "seeds": [4]}]
    plan = read(demo)[0]
    names = [f"small_cnn-leak_{control}-4" for control in audits.CONTROLS if control != "misaligned"]  # nothing is augmented
    assert [network.name for network in audits.students(plan)] == names
    assert audits.teachers(plan) == [("small_cnn-full-0", "exact")]
    rows = {row["control"]: row for row in audits.described(plan)}
    assert rows["position"]["test_paint"] == "position" and rows["matched"]["test_mask"] == "matched"
    assert [rows[name]["test_fraction"] for name in ("full", "kept", "redrawn")] == [1, 0.0625, 0.0625]
    assert rows["redrawn"]["test_mask"] == "kept" and rows["kept"]["teacher_epochs"] == 25
    assert jobs.tested(plan, "small_cnn-leak_kept-4")["others"] == []
    assert len(jobs.tested(plan, "small_cnn-leak_redrawn-4")["others"]) == len(reads.masks(plan))
    assert len(jobs.teacher(plan, "small_cnn-leak_matched-4")) == 2 and jobs.teacher(plan, "small_cnn-leak_random-4") == []
    assert all(row["threshold"] is row["test_threshold"] is None for row in rows.values())
    of_subsets = copy.deepcopy(DEMO)
    study(of_subsets)["audits"] = [SUBSETS]
    plan = read(of_subsets)[0]
    rows = {row["control"]: row for row in audits.described(plan)}
    assert list(rows) == [name for name in audits.CONTROLS if name not in ("misaligned", "random")]
    sizes = {name: (row["test_fraction"], row["test_threshold"]) for name, row in rows.items()}
    assert sizes == dict.fromkeys(rows, (None, 0.9)) | {"full": (1, None)}
    assert {row["threshold"] for row in rows.values()} == {0.9} and rows["redrawn"]["test_mask"] == "kept"
    assert len(jobs.teacher(plan, "small_cnn-leak_matched-0")) == 2
    augmented = copy.deepcopy(DEMO)
    study(augmented)["audits"] = [AUDIT | {"epochs": 3}]
    study(augmented)["training"]["flip"] = True
    plan = read(augmented)[0]
    assert "small_cnn-leak_misaligned-0" in plan.networks
    assert plan.training("small_cnn-leak_misaligned-0")["epochs"] == 3 and plan.training("small_cnn-full-0")["epochs"] == 25


def test_a_missing_file_is_named(demo):
    """When jobs are planned: a config can be read where its images are not."""
    study(demo)["data"] = {"dataset": "npz", "path": "no/such.npz", "train_images": 1437, "test_images": 360, "home": "Ask."}
    written = {"name": "written", "from": "python", "model": "no.py:build", "trust": True}
    study(demo)["classifiers"] = [{**OWN, "weights": {"file": "no.pt"}, "class_map": "no.csv"}, written]
    here = read(demo)[0]
    with pytest.raises(ConfigError, match=r"studies.digits.data.path: found 'no/such.npz', expected an existing file. Ask."):
        images.files(here)
    with pytest.raises(ConfigError, match=r"mine.weights.file: found 'no.pt', expected an existing file$"):
        brought.files(here, "mine")
    with pytest.raises(ConfigError, match=r"written.model: found 'no.py', expected an existing file, and a function in it$"):
        brought.files(here, "written")
    with pytest.raises(ConfigError, match=r"mine.class_map: found 'no.csv', expected an existing file$"):
        brought.class_map(here, "mine")


def test_a_function_that_its_file_lacks_is_named_before_anything_runs(demo, tmp_path):
    """Read off the file, which is not run; where that cannot be told, nothing is said until it is."""
    file = tmp_path / "net.py"
    study(demo)["classifiers"] = [{"name": "mine", "from": "python", "model": f"{file}:build", "trust": True}]
    for said in ("def biuld(): ...", "biuld = 1", "import json as biuld"):
        file.write_text(f"raise SystemExit\n{said}\n")
        with pytest.raises(
            ConfigError, match=r"mine.model: found 'build', did you mean 'biuld'\? expected a function of .*net.py$"
        ):
            brought.files(read(demo)[0], "mine")
    for said in (
        "def build(): ...",
        "if 1:\n    build = print",
        "from x import *",
        "def __getattr__(name): ...",
        "globals()['build'] = 1",
        "def biuld(:",
    ):
        file.write_text(said)
        assert brought.files(read(demo)[0], "mine") == [str(file)]


def test_the_names_of_torchvisions_models_and_weights_are_those_it_has():
    known = names.of_torchvision()
    assert set(known) == set(torchvision.models.list_models(module=torchvision.models))
    assert known == {model: [w.name for w in torchvision.models.get_model_weights(model)] for model in known}


def test_pictures_that_come_go_or_change_are_seen_when_planned(demo, tmp_path, monkeypatch):
    """Names and sizes of all files but hidden ones; no times, which change where the same pictures are copied.

    Links are followed, but none that leads back or nowhere.
    """
    picture = tmp_path / "val/cat/deeper/1.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"one")
    study(demo)["data"] |= {"dataset": "folder", "path": str(tmp_path)}
    here = read(demo)[0]
    stamps = [images.stamp(here)]
    for change in (
        lambda: picture.write_bytes(b"other"),
        lambda: picture.rename(picture.with_name("2.png")),
        lambda: picture.write_bytes(b"another"),
    ):
        change()
        stamps.append(images.stamp(here))
    assert len(set(stamps)) == 4
    for name in ("val/.DS_Store", "val/cat/Thumbs.db", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"")
    os.utime(picture.with_name("2.png"), (0, 0))
    (tmp_path / "val/cat/back").symlink_to(tmp_path / "val")
    (tmp_path / "val/cat/gone.png").symlink_to(tmp_path / "nowhere")
    assert images.stamp(here) == stamps[-1]
    assert images.boxes_stamp(here) == ""
    box = tmp_path / "boxes/cat/2.xml"
    box.parent.mkdir(parents=True)
    box.write_text("<xmax>12</xmax>")
    study(demo)["data"]["boxes"] = str(tmp_path / "boxes")
    with_boxes = read(demo)[0]
    drawn = images.boxes_stamp(with_boxes)
    os.utime(box, (0, 0))
    assert drawn == images.boxes_stamp(with_boxes) != ""
    box.write_text("<xmax>13</xmax>")  # of the same size
    assert images.boxes_stamp(with_boxes) != drawn
    assert images.stamp(with_boxes) == stamps[-1]  # pictures are listed without them
    monkeypatch.setattr(images, "WATCHED", 3)
    assert images.stamp(here) != ""  # two pictures and a link that leads nowhere
    picture.with_name("3.png").write_bytes(b"more")
    picture.with_name("4.png").write_bytes(b"and more")
    assert images.stamp(here) == ""


def test_files_that_are_replaced_are_seen_and_small_ones_that_are_touched_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(presence, "LARGE", 10)
    small, large = tmp_path / "map.csv", tmp_path / "w.pt"
    small.write_text("a,b"), large.write_text("many weights")
    told = [presence.written([str(small), str(large), str(tmp_path), str(tmp_path / "none")])]
    assert len(told[0]) == 2
    os.utime(small, (0, 0))
    assert presence.written([str(small)]) == told[0][:1]
    small.write_text("b,a")
    os.utime(large, (0, 0))
    assert all(new != old for new, old in zip(presence.written([str(small), str(large)]), told[0], strict=True))


def test_a_model_of_transformers_in_a_folder_is_read_file_by_file(demo, tmp_path):
    for name in ("config.json", "model.safetensors", "notes.txt"):
        (tmp_path / name).touch()
    there, hub, nowhere = ({"name": name, "from": "huggingface", "model": str(tmp_path / "no"), "trust": True} for name in "abc")
    study(demo)["classifiers"] = [there | {"model": str(tmp_path)}, hub | {"revision": "f00"}, nowhere]
    here = next(plan for plan in read(demo) if plan.name == "digits")
    assert [Path(path).name for path in brought.files(here, "a")] == ["config.json", "model.safetensors"]
    assert brought.files(here, "b") == []
    with pytest.raises(
        ConfigError, match=r"classifiers.c.model: found '.*/no', expected an existing folder, or a name of the hub"
    ):
        brought.files(here, "c")


def test_the_order_of_keys_and_defaults_written_out_change_no_setting(demo):
    """Settings are parameters of jobs: what compares differently runs again. Groups of a comparison keep their order."""

    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(entry) for entry in value] if isinstance(value, list) else value

    groups = {"one": ["small_cnn-full-*"], "all": ["ensemble_logits"]}
    study(demo)["analysis"]["mitigation"] = [{"name": "remedy", "groups": groups}]
    written = turned(copy.deepcopy(demo))
    study(written)["analysis"]["mitigation"][0]["groups"] = groups
    study(written)["training"]["flip"] = False
    study(written)["searches"][0]["target"] = "predicted"
    (plain_study, *_), (turned_study, *_) = read(demo), read(written)
    assert json.dumps(plain_study.settings) == json.dumps(turned_study.settings)
    downloaded = [copy.deepcopy(DEMO), copy.deepcopy(DEMO)]
    for config, path in zip(downloaded, ({}, {"path": "data"}), strict=True):
        study(config)["data"] = {"dataset": "cifar10", "train_images": 1437, "test_images": 360, **path}
    assert json.dumps(read(downloaded[0])[0].settings) == json.dumps(read(downloaded[1])[0].settings)
    assert list(plain_study.settings["analysis"]["mitigation"][0]["groups"]) == ["one", "all"]


@pytest.mark.parametrize(
    ("dataset", "preprocessing", "size"),
    [
        ("cifar10", {}, (32, 32)),
        ("cifar10", {"resize": 64}, (64, 64)),
        ("cifar10", {"resize": [48, 64]}, (48, 64)),
        ("cifar10", {"resize": 64, "crop": 56}, (56, 56)),
        ("folder", {"resize": 64}, None),  # the longer side is the picture's
        ("folder", {"resize": [48, 64]}, (48, 64)),
    ],
)
def test_the_size_of_images_is_known_where_it_can_be(demo, dataset, preprocessing, size):
    study(demo)["data"] |= {"dataset": dataset, "path": "data", "preprocessing": preprocessing}
    assert images.size(read(demo)[0]) == size


def test_sizes_are_tabulated_at_the_threshold_of_everything_else(demo):
    """Sentences and atlas read its rows; where it is named already nothing is added."""
    assert outputs.TABLES["sis_size"].settings(read(copy.deepcopy(demo))[0])["thresholds"] == [
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        0.95,
        0.99,
    ]
    study(demo)["analysis"] |= {"threshold": 0.85, "thresholds": [0.5, 0.9]}
    assert outputs.TABLES["sis_size"].settings(read(demo)[0])["thresholds"] == [0.5, 0.85, 0.9]


def test_sizes_by_steps_of_several_pixels_are_not_compared(demo):
    digits = study(demo)
    digits["searches"][0] |= {"method": "gradient", "pixels_per_step": 8}
    digits["conditions"].append({"name": "adversarial", "adversarial": {}, "seeds": [0], "architectures": ["small_cnn"]})
    digits["analysis"]["mitigation"] = [{"name": "a", "groups": {"one": ["small_cnn-full-*"], "other": ["ensemble_*"]}}]
    for name in ("sis_size_correct_incorrect", "atlas", "mitigation", "adversarial"):
        digits["figures"] = [name]
        with pytest.raises(ConfigError, match=r"single-pixel steps, which exact does not, for this figure"):
            read(copy.deepcopy(demo))
    digits["searches"][0] |= {"pixels_per_step": 1}
    assert outputs.figures(read(demo)[0]) == ["adversarial"]


@pytest.mark.parametrize(("stage", "slopes"), [(Stage(0, "gradient", 16), True), (Stage(0, "all", 16), False)])
def test_a_search_of_ones_own_is_known_by_its_steps(demo, monkeypatch, stage, slopes):
    monkeypatch.setitem(lists.SEARCHES, "exact", "overinterp.plan.study:own")
    monkeypatch.setattr("overinterp.plan.study.own", lambda pixels, step: Schedule((stage,)), raising=False)
    study(demo)["searches"] = study(demo)["searches"][:1]
    study(demo)["analysis"].pop("agreement"), study(demo).update(tables=[], figures=[])
    (plan,) = (plan for plan in read(copy.deepcopy(demo)) if plan.name == "digits")
    assert jobs.goes_by_slopes(plan) == slopes
    assert lacking.single_steps(plan) and verdict.settings(plan)["step"] == 16
    study(demo)["searches"][0]["precision"] = "bfloat16"
    if slopes:
        with pytest.raises(ConfigError, match=r"searches.exact.precision: found 'bfloat16', expected float32"):
            read(demo)
    else:
        assert read(demo)


def test_an_audits_student_of_full_images_is_never_its_teacher_again(demo):
    study(demo)["audits"] = [AUDIT | {"architectures": ["small_cnn"], "seeds": [0]}]
    networks = read(demo)[0].networks
    teacher, full, position = (networks[f"small_cnn-{name}-0"] for name in ("full", "leak_full", "leak_position"))
    assert full.condition["view"] == teacher.condition["view"] and full.seed == teacher.seed  # all else alike
    assert full.drawn_by != teacher.drawn_by == position.drawn_by == 0
    assert "seed=lambda wildcards: study_of(wildcards).networks[wildcards.model].drawn_by," in Path("rules/train.smk").read_text()


def test_an_audit_of_one_study_is_no_other_studys(demo):
    """Studies that share a list by a YAML alias."""
    study(demo, "planted")["audits"] = [
        AUDIT | {"controls": ["redrawn"], "masks_from": {"model": "small_cnn-full-0", "search": "train"}}
    ]
    runs = [{"models": ["small_cnn-full-0"], "split": split} for split in ("train", "test")]
    study(demo, "planted")["searches"] = [
        *study(demo, "planted")["searches"],
        {"name": "train", "method": "gradient", "runs": runs},
    ]
    _, planted, null = read(demo)
    assert [network.name for network in audits.students(planted)] == ["small_cnn-leak_redrawn-0", "small_cnn-leak_redrawn-1"]
    assert not audits.students(null) and set(null.networks) == {"small_cnn-full-0", "small_cnn-full-1"}


def test_lists_name_what_is_there():
    """Every entry of the lists leads to code, and the schema allows exactly the entries."""
    for entries in (lists.ARCHITECTURES, lists.SOURCES, lists.SEARCHES, lists.MASKS, lists.PAINTS):
        for reference in entries.values():
            assert lists.find(reference)
    for dataset in lists.DATASETS.values():
        module = lists.find(dataset.module)
        assert module.about and (module.files if dataset.files else module.split)
    for output in outputs.OUTPUTS:
        module = lists.find(output.reference)
        assert module.make if output.kind == "table" else module.draw
        assert Path("workflow/report", output.caption).is_file()
    study_node = schema()["$defs"]["study"]["properties"]
    assert study_node["figures"]["items"]["enum"] == list(outputs.FIGURES)
    assert schema()["$defs"]["architecture"]["enum"] == list(lists.ARCHITECTURES)


def test_every_key_is_described_closed_and_documented():
    def walk(node, place):
        if node.get("type") == "object" and "properties" not in node:  # names of the user's choice
            walk(node["additionalProperties"], f"{place}.*")
        elif node.get("type") == "object":
            assert node.get("additionalProperties") is False, place
            for name, child in node["properties"].items():
                resolved = resolve(child)
                assert "description" in resolved or "properties" in resolved or resolved.get("type") == "object", (
                    f"{place}.{name}"
                )
                assert name not in node.get("required", []) or "description" in child, (
                    f"{place}.{name}: missing, it is told by it"
                )
                walk(resolved, f"{place}.{name}")
        if "items" in node:
            walk(resolve(node["items"]), f"{place}[]")

    walk(schema(), "")
    guide = Path("config/README.md").read_text()
    assert document.tables() == guide[guide.index(document.BEGIN) :], "config/README.md: run `make config-docs`"


def test_the_page_of_outputs_names_every_figure_and_table():
    page = Path("docs/OUTPUTS.md").read_text()
    assert [name for name in outputs.TABLES | outputs.FIGURES if f"`{name}`" not in page] == []


def test_defaults_are_filled_in_everywhere(demo):
    digits = read(demo)[0]
    assert digits.settings["training"]["momentum"] == 0.9
    assert digits.networks["small_cnn-full-0"].condition["keep_probability"] == 1
    assert digits.searches["exact"]["objective"] == "log_odds"


def test_the_plan_of_the_demo(demo):
    digits = read(demo)[0]
    assert len(digits.networks) == 2 * 3 + 3 + 6 * 2
    assert digits.ensembles["ensemble_mixed"]["members"] == [
        f"{a}-full-{s}" for a in ("small_cnn", "small_resnet") for s in (0, 1)
    ]
    run = digits.runs["small_cnn-full-0", "exact", "train"]
    assert [run.numbers(shard) for shard in range(run.shards)] == [list(range(720)), list(range(720, 1437))]
    assert digits.masks_for("small_cnn-backselect_4-1", "test") == ("small_cnn-full-0", "exact", "test")
    assert digits.masks_for("small_resnet-full-2", "test") == ("small_resnet-full-2", "exact", "test")
    assert digits.masks_for("small_resnet-full-2", "train") is None


def test_a_second_config_replaces_the_demo_studies():
    """Snakemake merges maps of config files and replaces lists: studies is a list, so no demo job is left."""
    from snakemake.utils import update_config

    merged = copy.deepcopy(DEMO)
    update_config(merged, {"studies": [{"name": "mine"}]})
    assert [s["name"] for s in merged["studies"]] == ["mine"]


def test_the_cifar_plan_by_hand():
    config = yaml.safe_load(Path("config/cifar10.yaml").read_text())
    study = read(config)[0]
    assert len(study.networks) == 7 * 3 * 5 + 1  # conditions, architectures, seeds; one adversarial network
    assert study.networks["vgg16-position_1-4"].condition["masks_from"]["model"] == "vgg16-full-1"
    shards = {}
    for (_, search, split), run in study.runs.items():
        shards[search, split] = shards.get((search, split), 0) + run.shards
    searched = 15 + 15 + 1 + 5  # full, input dropout, adversarial, ensembles
    assert shards == {
        ("refined", "test"): searched * 10,
        ("refined", "corrupted"): searched * 2,
        ("refined", "train"): 6 * 20,
        ("exact", "test"): 3 * 4,
        ("examples", "test"): 4,
    }
    assert study.settings["training"]["milestones"] == [60, 120, 160]
    assert study.settings["training"]["weight_decay"] == 0.0005
    assert images.files(study) == ["data/cifar-10-batches-bin/batches.meta.txt"]
    assert images.given_files(study) == []  # fetched again, it is the same


def test_paths_are_a_shells(demo, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    given = {"path": "~/photos/", "boxes": "./boxes.csv", "test_images": 360, "dataset": "folder"}
    study(demo)["data"] = {**given, "corrupted": {"source": "generated", "path": "~/data/"}}
    mine = {**OWN, "class_map": "~/map.csv", "class_names": "names//a.txt", "weights": {"file": "~/w.pt"}}
    demo["studies"] = [study(demo) | {"classifiers": [mine]}]
    complete(demo)
    data, mine = study(demo)["data"], study(demo)["classifiers"][0]
    assert (data["path"], data["boxes"], data["corrupted"]["path"]) == ("/home/ann/photos", "boxes.csv", "/home/ann/data")
    assert (mine["class_map"], mine["class_names"], mine["weights"]["file"]) == (
        "/home/ann/map.csv",
        "names/a.txt",
        "/home/ann/w.pt",
    )


def test_a_network_is_trained_alike_whatever_is_trained_beside_it(demo):
    """Its condition is a parameter of its job: another seed, or an architecture written out, makes no network again."""
    more = copy.deepcopy(demo)
    for condition in study(more)["conditions"]:
        condition |= {"seeds": [0, 1, 2, 5], "architectures": ["small_cnn", "small_resnet", "resnet20"]}
    before, after = read(demo)[0].networks, read(more)[0].networks
    assert len(before) < len(after)
    assert all(after[name].condition == network.condition for name, network in before.items())


@pytest.mark.parametrize("preset", TRAINING_PRESETS)
def test_a_preset_is_what_it_stands_for(demo, preset):
    written = copy.deepcopy(demo)
    study(demo)["training"], study(written)["training"] = {"preset": preset}, copy.deepcopy(TRAINING_PRESETS[preset])
    assert json.dumps(read(demo)[0].settings) == json.dumps(read(written)[0].settings)
    study(demo)["training"] = {"preset": preset, "schedule": "cosine"}
    assert read(demo)[0].settings["training"]["milestones"] == []  # they are of another schedule


def test_keys_win_over_the_preset():
    config = yaml.safe_load(Path("config/cifar10-cpu.yaml").read_text())
    config["studies"][0]["training"] = {"preset": "fast", "epochs": 3}
    training = read(config)[0].settings["training"]
    assert (training["epochs"], training["schedule"], training["momentum"]) == (3, "one_cycle", 0.9)


def test_a_study_of_brought_classifiers_needs_nothing_else(demo, tmp_path):
    """No training images, no conditions, no figures named: all that can be made is planned, and what cannot is said once."""
    (tmp_path / "photos").mkdir()
    own = {
        "name": "own",
        "data": {"dataset": "folder", "path": str(tmp_path / "photos"), "test_images": 20},
        "classifiers": [OWN, {**OWN, "name": "other"}],
        "ensembles": [{"name": "both", "members": ["*"], "average": "probabilities"}],
        "searches": [{"name": "exact", "method": "exact", "runs": [{"models": ["*"], "split": "test", "images": 4}]}],
        "analysis": {"search": "exact"},
    }
    (study,) = read({"studies": [own]})
    assert study.splits == ["test"] and images.pattern(study) == "mine"
    assert {"sis_examples", "pixel_heatmap", "confidence_curves", "transfer", "accuracy"} <= set(outputs.figures(study))
    assert "planted_recovery" not in outputs.figures(study)
    assert study.described("mine") | {"kind": "brought", "source": "torchvision", "seed": None} == study.described("mine")
    assert study.described("both")["group"] == "both"
    folders = [f"results/own/models/{name}" for name in ("mine", "other")]
    assert jobs.weights(study, ["both"]) == [
        f"{place}/{name}" for place in folders for name in ("model.safetensors", "outputs.json")
    ]
    assert jobs.checks(study, ["both"]) == [f"{place}/check.json" for place in folders]
    first, second = outputs.left_out(study)
    assert "no training images" in first and "\n  mitigation: would need a comparison" in second
    assert not any("train" in path.split("/")[-1] for path in jobs.everything(study))
    (alone,) = read({"studies": [own | {"classifiers": [OWN], "ensembles": []}]})
    lacks = {path.split("/", 2)[2]: missing for path, _, missing in outputs.targets(alone)}
    assert lacks["figures/planted_recovery.pdf"] == "data.dataset 'planted'"
    assert lacks["tables/agreement.csv"] == "analysis.agreement: networks, reference and candidates"
    assert lacks["figures/transfer.pdf"] == "two classifiers searched by searches.exact on the test split"
    assert "nobody has been asked yet" in lacks["figures/human_accuracy.pdf"]


@pytest.mark.parametrize(
    ("side", "method", "passes"),
    [
        (224, "exact", 50_176 * 50_177 // 2),
        (224, "refined", 414_264),
        (224, "ranked", None),
        (64, "exact", None),
        (None, "exact", None),
    ],
)
def test_a_search_that_tries_every_pixel_of_large_images_is_told(side, method, passes):
    run = {"models": ["mine"], "split": "test"}
    own = {
        "name": "own",
        "data": {"dataset": "folder", "path": "p", "test_images": 20},
        "classifiers": [OWN | ({"preprocessing": {"resize": side, "crop": side}} if side else {})],
        "searches": [{"name": "it", "method": method, "runs": [run]}],
        "analysis": {"search": "it"},
    }
    found = start.dear(read({"studies": [own]})[0])
    assert len(found) == (passes is not None)
    assert all(f"search it by '{method}' takes {passes:,} passes for each image of 224x224 pixels" in told for told in found)


def test_a_name_is_of_one_kind_of_classifier_in_all_studies(demo):
    """Each kind has a rule of its own, and rules know a job by its study's and its classifier's name together alone."""
    study(demo)["classifiers"] = [OWN]
    other = copy.deepcopy(study(demo)) | {"name": "other"}
    demo["studies"].append(other)
    assert {"digits", "other"} <= {one.name for one in read(copy.deepcopy(demo))}
    del other["classifiers"]
    other["ensembles"] = [*other["ensembles"], {"name": "mine", "members": ["small_cnn-full-*"], "average": "logits"}]
    with pytest.raises(ConfigError, match=r"studies.other: found 'mine', which it averages and study digits brings along"):
        read(demo)


def test_a_teacher_may_be_brought(demo, tmp_path):
    digits = study(demo)
    digits["classifiers"] = [
        {"name": "teacher", "from": "trained", "model": "small_cnn", "weights": {"file": "config/config.yaml"}}
    ]
    digits["searches"][0]["runs"].append({"models": ["teacher"], "split": "train"})
    digits["searches"][0]["runs"].append({"models": ["teacher"], "split": "test"})
    digits["conditions"][2]["masks_from"] = {"model": "teacher", "search": "exact"}
    plan = read(demo)[0]
    assert plan.masks_for("small_cnn-backselect_4-0", "test") == ("teacher", "exact", "test")
    assert jobs.teacher(plan, "small_cnn-backselect_4-0") == jobs.shards(plan, ("teacher", "exact", "train"))


def test_jobs_carry_the_code_that_they_load_by_name(demo):
    """What paints subsets is part of whoever shows them; our ResNet-18 is no part of torchvision's."""
    digits = study(demo)
    theirs = {"name": "theirs", "from": "trained", "model": "small_cnn", "weights": {"file": "config/config.yaml"}}
    digits["classifiers"] = [OWN, theirs]
    digits["human"]["networks"] = ["small_cnn-full-0"]
    plan = read(demo)[0]
    wildcards = SimpleNamespace(model="small_cnn-full-0")
    for found in (modules.of_transfer, modules.of_people):
        assert {lists.PAINTS["values"], lists.ARCHITECTURES["small_cnn"]} <= set(found(plan, wildcards))
    assert lists.MASKS["kept"] in modules.of_transfer(plan, wildcards)
    assert modules.of_models(plan, ["mine"]) == [lists.SOURCES["torchvision"]]
    assert modules.of_models(plan, ["theirs"]) == [lists.SOURCES["trained"], lists.ARCHITECTURES["small_cnn"]]


def test_nulls_are_told_apart_and_are_no_ordinary_networks(demo):
    config = yaml.safe_load(Path("config/config.yaml").read_text())
    members = {
        "nulls": ["small_cnn-shuffled-*"],
        "mixed": ["small_cnn-shuffled-*", "small_cnn-full-*"],
        "all": ["small_cnn-full-*"],
    }
    config["studies"][1].update(
        seeds=[0, 1],
        ensembles=[{"name": name, "members": given, "average": "logits"} for name, given in members.items()],
    )
    planted = read(config)[1]
    assert [planted.described(name)["labels"] for name in members] == ["shuffled", "given", "given"]
    table = pd.DataFrame(map(planted.described, planted.networks)).set_index("condition", drop=False)
    assert table.labels.groupby(level=0).unique()[["full", "shuffled", "untrained"]].map(list).tolist() == [
        ["given"],
        ["shuffled"],
        ["none"],
    ]
    assert plain(table).groupby(level=0).all()[["full", "shuffled", "untrained"]].tolist() == [True, False, False]


def test_images_of_compared_searches_overlap_and_a_comparison_may_have_a_threshold_of_its_own(demo):
    apart(study(demo))
    study(demo)["searches"][2]["runs"][0]["images"] = [1, 2]  # one of them in both is enough
    groups = {"one": ["small_cnn-full-0"], "two": ["ensemble_logits"]}
    study(demo)["analysis"]["mitigation"] = [{"name": name, "groups": groups} for name in ("usual", "own")]
    study(demo)["analysis"]["mitigation"][1]["threshold"] = 0.7
    plan = read(demo)[0]
    assert [one["threshold"] for one in remedies.comparisons(plan)] == [plan.analysis["threshold"], 0.7]


def test_the_first_classifier_searched_is_judged_beside_the_null_of_the_study(demo):
    plans = {plan.name: plan for plan in read(copy.deepcopy(demo))}
    judged = yaml.safe_load(Path("config/config.yaml").read_text())
    digits, _, null = read(judged)
    assert verdict.models(plans["digits"]) == ["small_cnn-full-0"]
    assert verdict.models(digits) == ["small_cnn-full-0", "small_cnn-shuffled-0"]
    assert verdict.towards_other(digits) == [(model, "other", "test") for model in verdict.models(digits)]
    other = next(search for search in digits.settings["searches"] if search["name"] == "other")
    digits.settings["searches"].insert(0, {**other, "name": "other_by_probability", "objective": "probability"})
    assert verdict.towards_other(Study(digits.settings)) == verdict.towards_other(digits)  # sizes by it would not compare
    digits.settings["searches"][0] |= {"objective": other["objective"], "input_dropout": {"masks": 4, "keep_probability": 0.8}}
    assert verdict.towards_other(Study(digits.settings)) == verdict.towards_other(digits)  # nor these
    digits.settings["searches"][0] |= {"method": "gradient", "pixels_per_step": 2}
    assert all(name == "other" for _, name, _ in verdict.towards_other(Study(digits.settings)))  # nor by other steps
    assert verdict.null(null) is None and verdict.towards_other(null) == [("small_cnn-full-0", "other", "test")]
    assert verdict.settings(digits)["limits"] == {"any_class": 0.25, "one_place": 0.5, "border": 2}
    named = copy.deepcopy(demo)
    study(named)["analysis"]["verdict"] = {"model": "small_resnet-full-1", "limits": {"border": 3}}
    (plan,) = (plan for plan in read(named) if plan.name == "digits")
    assert verdict.judged(plan) == "small_resnet-full-1" and verdict.settings(plan)["limits"]["border"] == 3
    brought = copy.deepcopy(demo)
    study(brought)["classifiers"] = [OWN]
    study(brought)["searches"][0]["runs"].append({"models": ["mine"], "split": "test"})
    (plan,) = (plan for plan in read(brought) if plan.name == "digits")
    assert verdict.judged(plan) == "mine"


def test_groups_differ_in_seeds_alone(demo):
    """Nothing depends on a condition's name: what a classifier is stands in columns."""
    digits = study(demo)
    digits["conditions"][0]["name"] = "ordinary"
    text = yaml.safe_dump({"studies": [digits]}).replace("-full-", "-ordinary-")
    plan = read(yaml.safe_load(text))[0]
    row = plan.described("small_cnn-ordinary-1")
    assert (row["group"], row["seed"], row["train_mask"], row["train_fraction"]) == ("small_cnn-ordinary", 1, "all", 1)
    assert plan.described("small_cnn-position_4-0") | {"train_mask": "kept", "train_paint": "position"} == plan.described(
        "small_cnn-position_4-0"
    )
    assert [source[0] for source in reads.examples(plan)][:2] == ["small_cnn-ordinary-0", "small_resnet-ordinary-0"]


def test_captions_speak_of_nothing_that_a_study_has_not():
    """The demo's first study has nulls of shuffled labels, input dropout and 8x8 pixels; its last has none of these, and 16x16."""
    digits, _, null = read(yaml.safe_load(Path("config/config.yaml").read_text()))
    sizes = outputs.FIGURES["sis_size_by_threshold"]
    assert "shuffled labels" in caption(digits, sizes) and "Input dropout" in caption(digits, sizes)
    assert (
        "untrained" not in caption(digits, sizes) and "Grey" not in caption(null, sizes) and "dropout" not in caption(null, sizes)
    )
    (cifar,) = read(yaml.safe_load(Path("config/cifar10-cpu.yaml").read_text()))
    for name, said in (("sis_examples", "published"), ("accuracy", "corrupted")):
        assert [said in caption(plan, outputs.FIGURES[name]) for plan in (digits, null, cifar)] == [False, False, True]
    assert "cell" not in caption(digits, outputs.FIGURES["pixel_heatmap"])
    leak = caption(digits, outputs.FIGURES["leakage"])
    assert "full images" in leak and "moved by augmentation" not in leak  # a control that the study's training has no use for
    for audited, viewed in (
        (False, True),
        (True, False),
    ):  # an audit of subsets, or networks trained on some beside another audit
        given = yaml.safe_load(Path("config/config.yaml").read_text())["studies"][:1]
        audit = given[0]["audits"][0]
        view = {"name": "of_sis", "masks_from": audit["masks_from"], "view": {"mask": "kept", "threshold": 0.9}}
        given[0]["conditions"] += [view] * viewed
        if audited:
            audit["threshold"], audit["controls"] = 0.9, ["full", "redrawn", "kept"]
            del audit["fraction"]
        (plan,) = read({"device": "cpu", "studies": given})
        leak, shown = (caption(plan, outputs.FIGURES[name]) for name in ("leakage", "accuracy"))
        assert ("sufficient subsets" in leak, "Sufficient subsets" in shown) == (audited, True)
    assert "ufficient subsets" not in caption(digits, outputs.FIGURES["leakage"]) + caption(digits, outputs.FIGURES["accuracy"])


def test_captions_speak_of_what_is_drawn():
    """Nulls that are trained and not searched, controls that an audit leaves out, images of other sides."""
    given = yaml.safe_load(Path("config/config.yaml").read_text())
    for run in (run for search in given["studies"][1]["searches"] for run in search["runs"]):
        nulls = [name for name in run["models"] if "shuffled" in name or "untrained" in name]
        run["models"] = [name for name in run["models"] if name not in nulls]
    for search in given["studies"][1]["searches"]:
        search["runs"] = [run for run in search["runs"] if run["models"]]
    given["studies"][1]["analysis"].pop("verdict", None)
    given["studies"][0]["audits"][0]["controls"] = ["full", "position"]
    digits, planted, _ = read(given)
    assert "Grey" not in caption(planted, outputs.FIGURES["confidence_curves"])
    leak = caption(digits, outputs.FIGURES["leakage"])
    assert "keeps: their positions in one colour. Linear" in leak and "the kept pixels" not in leak and "dashed" not in leak
    for controls, words in ((["full"], "tested on full images. Linear"), (["redrawn"], 'class by itself. "Network of')):
        alone = yaml.safe_load(Path("config/config.yaml").read_text())
        alone["studies"][0]["audits"][0]["controls"] = controls
        assert words in caption(read(alone)[0], outputs.FIGURES["leakage"])
    data = {"dataset": "folder", "path": "photos", "test_images": 80}
    for shape, words in (([96, 48], "four at most"), ([16, 32], "outlined where"), ([12, 16], "outlined)")):
        own = yaml.safe_load(Path("config/own.yaml").read_text())
        own["studies"][0]["data"] = data | {"preprocessing": {"resize": shape, "crop": shape}}
        assert words in caption(read(own)[0], outputs.FIGURES["sis_examples"]).replace("outlined,", "outlined)"), shape


@pytest.mark.parametrize("name", ["config", "cifar10", "cifar10-cpu"])
def test_every_caption_is_filled_in(name):
    """Whatever a study can have has a caption that names nothing but what it is given."""
    for plan in read(yaml.safe_load(Path(f"config/{name}.yaml").read_text())):
        for output in outputs.OUTPUTS:
            if outputs.lacks(plan, output) is None:
                text = caption(plan, output)
                assert len(text) > 60 and "{" not in text and "None" not in text, text


def test_a_shard_that_a_search_has_not_is_named(demo):
    run = study(demo)["searches"][0]["runs"][0]
    run |= {"images": [4, 9, 2, 7, 5], "images_per_shard": 2}
    study(demo).pop("human")  # of more images
    plan = read(demo)[0]
    shard = SimpleNamespace(model="small_cnn-full-0", search="exact", split="test", shard="2")
    assert jobs.numbers(plan, shard) == [5]
    shard.shard = "3"
    with pytest.raises(
        ConfigError, match=r"searches.exact.runs, small_cnn-full-0 on test images: found 'shard 3', expected 0 to 2"
    ):
        jobs.numbers(plan, shard)
