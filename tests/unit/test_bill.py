"""What a config will cost, against published counts and by hand."""

import json
import math
import re
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from overinterp import machine
from overinterp.bill import __main__ as page
from overinterp.bill import networks, prices
from overinterp.bill import rows as bill_rows
from overinterp.plan.read import read
from overinterp.plan.sentences import ConfigError
from overinterp.search.stages import preset

CONFIG = Path(__file__).parents[2] / "config"


def studies(name):
    return {study.name: study for study in read(yaml.safe_load((CONFIG / name).read_text()))}


def rows(study):
    return {row["rule"]: row for row in bill_rows.bill(study)}


def test_arithmetic_is_that_published():
    """Two operations a multiply-add: ResNet20 has 40.6 million, Inception v3 5.71 and ResNet50 4.09 billion of these."""
    cifar, imagenet = studies("cifar10-cpu.yaml")["cifar10_cpu"], studies("imagenet.yaml")
    assert networks.forward(cifar, "resnet20-full-0", (32, 32)) == pytest.approx(2 * 40.6e6, rel=0.01)
    assert networks.forward(cifar, "ensemble", (32, 32)) == 3 * networks.forward(cifar, "resnet20-full-0", (32, 32))
    assert networks.forward(imagenet["imagenet"], "inception_v3", (299, 299)) == pytest.approx(2 * 5.71e9, rel=0.01)
    assert networks.forward(imagenet["imagenet_resnet50"], "resnet50", (224, 224)) == pytest.approx(2 * 4.09e9, rel=0.01)


def test_the_mean_colour_is_a_fill_where_there_are_training_images_and_the_blank_is_another():
    own = {"name": "own", "from": "trained", "model": "small_cnn", "weights": {"file": str(CONFIG / "config.yaml")}}
    found = {}
    for train in ({"train_images": 100}, {}):
        for blank in ("mean", [0.5]):
            data = {"dataset": "digits", "test_images": 100, "blank": blank, **train}
            search = {"name": "one", "method": "exact", "runs": [{"models": ["own"], "split": "test"}]}
            one = {"name": "s", "data": data, "classifiers": [own | {"preprocessing": {"mean": [0.5], "std": [0.5]}}]}
            (study,) = read(
                {
                    "studies": [
                        one | {"searches": [search], "analysis": {"search": "one", "fractions": [0.1]}, "tables": ["blanks"]}
                    ]
                }
            )
            found[bool(train), blank == "mean"] = rows(study)["evaluate_subsets"]["passes"]
    assert found[True, True] == found[False, True] == found[False, False] < found[True, False]


def test_imagenets_masks_and_packed_pixels_by_hand():
    """895 steps of two passes an image; 11,176 bytes of bits; 27,003 bytes of values beside them, for four masks.

    Two more are of 4,471 and 17,881 pixels. Bare positions are of a mask whose values are packed, too.
    """
    found = rows(studies("imagenet.yaml")["imagenet_training"])
    search = found["search_orderings, train"]
    assert (search["jobs"], search["passes"]) == (855, 1_281_167 * 2 * 895)
    (longest,) = search["largest"].values()
    assert longest["passes"] == 1_500 * 2 * 895
    assert search["bytes"] == 1_281_167 * 11_176 < 14.4e9
    assert found["(packed pixels, a cache)"]["bytes"] == 1_281_167 * (4 * 27_003 + 3 * (4_471 + 17_881) + 6 * 11_176)
    assert found["train_network"]["passes"] == 16 * 3 * 90 * 1_281_167


def test_the_head_of_imagenet_yaml_states_its_bill():
    text = (CONFIG / "imagenet.yaml").read_text()
    found = [row for study in studies("imagenet.yaml").values() for row in bill_rows.bill(study)]
    hours = {device: sum(prices._hours(row, device) for row in found) for device in prices.RATES}
    stated = re.search(r"(\S+) jobs; (\S+) hours of an H100 or (\S+) of an A100.*?; (\S+) GB, .*?; (\S+) files", text, re.S)
    jobs, h100, a100, stored, files = (float(value.replace(",", "")) for value in stated.groups())
    assert (jobs, files) == (sum(row["jobs"] for row in found), sum(row["files"] for row in found))
    assert (h100, a100) == (round(hours["H100"]), round(hours["A100"]))
    assert stored == round(sum(row["bytes"] for row in found) / 1e9)


def test_controls_by_hand():
    """15 networks of 50 epochs, one of 100; 8 images, 5 rounds and 2,080 passes a search; 360 images, 53 variants, 20 sizes."""
    found = rows(studies("config.yaml")["digits"])
    assert found["train_network"]["passes"] == 3 * 500 * (15 * 50 + 100)
    assert found["collect_subsets"]["passes"] == 8 * 8 * 5 * (64 * 65 // 2)
    assert found["evaluate_subsets"]["passes"] == (7 * 360 + 360) * (53 + 6 * 20)
    # Four students have a view of their own beside the four that all are shown; one is shown two of them by eight searches each.
    assert found["evaluate_accuracy"]["passes"] == 360 * (17 * 4 + 4 + 2 * (8 - 1))


def test_a_search_towards_every_class_costs_one_a_class():
    given = yaml.safe_load((CONFIG / "cifar10-leakage.yaml").read_text())
    once = rows(read(deepcopy(given))[0])["search_orderings, test"]["passes"]
    given["studies"][0]["searches"][0]["target"] = "every"
    given["studies"][0]["analysis"]["search"] = "own"
    own = {"models": ["*-epochs_15-*"], "split": "test", "images": 1}
    given["studies"][0]["searches"].append({"name": "own", "method": "refined", "runs": [own]})
    given["studies"][0] |= {"tables": ["leakage"], "figures": []}
    images, steps = 4 * 5000, 1024 // 32  # of four networks; a pass and its gradient a step
    found = rows(read(given)[0])["search_orderings, test"]["passes"]
    # nine searches more an image, its union's way, and one image by the search of the sizes
    assert found - once == images * (9 * 2 * steps + steps + 1) + preset("refined", 1024).forwards(1024)


def test_a_search_with_input_dropout_shows_each_candidate_behind_every_mask():
    given = yaml.safe_load((CONFIG / "config.yaml").read_text())
    once = rows(read(deepcopy(given))[0])["search_orderings, test"]["passes"]
    runs = [{"models": ["small_cnn-full-0"], "split": "test", "images": 3}]
    dropped = {"name": "dropped", "method": "exact", "runs": runs, "input_dropout": {"masks": 5}}
    given["studies"][0]["searches"].append(dropped)
    assert rows(read(given)[0])["search_orderings, test"]["passes"] - once == 3 * 5 * (64 * 65 // 2)


@pytest.mark.parametrize("config", sorted(CONFIG.glob("*.yaml")), ids=lambda path: path.name)
def test_every_config_has_a_bill_and_makes_no_heap_of_files(config):
    given = yaml.safe_load(config.read_text())
    bills = prices.priced(given)
    text = page.printed(bills)
    assert text.count("in all") == len(given["studies"])
    unknown = config.name == "imagenette.yaml"  # its variants of padding are functions
    assert ("?" in text.rpartition("Hours")[0]) == unknown
    rows = [row for price in bills for row in price["rows"]]
    assert sum(row["files"] for row in rows) < 50_000
    last = re.search(r"^all (\d+) studies: (\S+) jobs, .*, (\S+) MB a job, \S+ GB stored, (\S+) files$", text, re.M)
    assert (last is not None) == (len(bills) > 1)
    if last:
        stated = [int(value.replace(",", "")) for value in last.groups()]
        assert stated[:2] == [len(bills), sum(row["jobs"] for row in rows)]
        assert config.name != "config.yaml" or stated[1] <= 175, "the demo is small"
        assert stated[2:] == [max(row["memory_mb"] for row in rows), sum(row["files"] for row in rows)]


@pytest.mark.parametrize(
    ("entry", "shaped", "size"),
    [
        ({"from": "torchvision", "model": "inception_v3", "weights": "IMAGENET1K_V1"}, {}, [299, 299]),
        ({"from": "torchvision", "model": "resnet18", "weights": {"file": "mine.pt"}}, {"resize": [128, 96]}, [224, 224]),
        (
            {"from": "torchvision", "model": "resnet18", "weights": "IMAGENET1K_V1", "preprocessing": {"crop": 96}},
            {"resize": 128},
            [96, 96],
        ),
        ({"from": "timm", "model": "vit_tiny_patch16_224.augreg_in21k", "revision": "a"}, {}, [224, 224]),
        ({"from": "python", "model": "a.py:f", "trust": True, "preprocessing": {"resize": [64, 48]}}, {}, [64, 48]),
        ({"from": "python", "model": "a.py:f", "trust": True, "preprocessing": {"resize": 64}}, {}, None),
    ],
)
def test_the_size_of_pictures_is_the_first_classifiers_where_the_data_name_none(entry, shaped, size):
    given = yaml.safe_load((CONFIG / "own.yaml").read_text())
    given["studies"][0]["classifiers"] = [{"name": "one", **entry}]
    given["studies"][0]["data"] |= {"preprocessing": shaped} if shaped else {}
    if size is None:
        with pytest.raises(
            ConfigError, match=r"data.preprocessing: found 'no size', expected crop, or resize: .* of the first classifier; "
        ):
            prices.priced(given)
    else:
        assert list(prices.priced(given)[0]["size"]) == size


def test_a_compiled_search_of_a_known_classifiers_large_images_is_refused_before_anything_is_measured():
    given = yaml.safe_load((CONFIG / "own.yaml").read_text())
    given["studies"][0]["classifiers"] = [{"name": "one", "from": "torchvision", "model": "resnet18", "weights": "IMAGENET1K_V1"}]
    given["studies"][0]["searches"][0]["compile"] = True
    name = given["studies"][0]["searches"][0]["name"]
    with pytest.raises(ConfigError, match=f"searches.{name}.compile: found True, .* images of 224x224 are above 64x64"):
        prices.priced(given, processes=1)


def test_memory_is_what_the_rules_ask_for():
    """A training's is reckoned: its processes, and the masks of 1,281,167 images of 89,401 pixels, a bit each."""
    text = "\n".join(path.read_text() for path in (CONFIG.parent / "rules").glob("*.smk"))
    for rule, row in rows(studies("imagenet.yaml")["imagenet"]).items():
        name = {"tables and figures": "make_table", "verdict": "write_verdict"}.get(rule, rule.partition(",")[0])
        stated = int(re.search(rf"^rule {name}:.*?mem_mb=growing\((\d+)\)", text, re.M | re.S)[1])
        assert row["memory_mb"] == stated == bill_rows.MEMORY, rule
    found = rows(studies("imagenet.yaml")["imagenet_training"])["train_network"]
    processes = studies("imagenet.yaml")["imagenet_training"].settings["training"]["processes"]
    assert found["memory_mb"] == 2000 + 2000 * processes + 1_281_167 * 89_401 // 8 // 10**6


def small(**changed):
    """A study of 40 digits to train on and 20 to search."""
    text = (Path(__file__).parents[2] / ".test/config/config.yaml").read_text()
    config = yaml.safe_load(text)
    config["studies"][0]["data"] |= {"train_images": 40, "test_images": 20}
    config["studies"][0] |= changed
    return config


def test_the_longest_job_is_the_dearest_classifiers_largest_shard():
    """Two networks, one of twice the epochs, in two processes; searches of 20 images in shards of 8, which are 8, 8 and 4."""
    given = small(architectures=["small_cnn", "small_resnet"], conditions=[{"name": "full"}, {"name": "longer", "epochs": 10}])
    given["studies"][0]["training"] |= {"processes": 2}
    given["studies"][0]["searches"][0]["runs"] = [{"models": ["*-full-0"], "split": "test", "images_per_shard": 8}]
    (study,) = read(deepcopy(given))
    (price,) = prices.priced(given)
    longest = {row["rule"]: row["longest"]["A100"] for row in price["rows"]}
    dearest = max(networks.forward(study, f"{name}-full-0", (8, 8)) for name in ("small_cnn", "small_resnet"))
    assert longest["search_orderings, test"] == pytest.approx(8 * (64 * 65 // 2) * dearest / (0.2 * 19.5e12) / 3600)
    batches = math.ceil(40 / study.settings["training"]["batch_size"])
    assert longest["train_network"] == pytest.approx(batches * 10 * bill_rows.STEP_SHARED / 3600)  # such small steps are launches
    whole = next(line for line in page.printed([price]).splitlines() if "in all" in line).split()
    assert whole[6:8] == [f"{max(row['longest'][device] for row in price['rows']):,.1f}" for device in ("H100", "A100")]


def test_the_longest_training_is_shared_by_its_processes_and_has_an_attacks_steps():
    """imagenet.yaml's sixteen trainings are all as long, each in 8 processes."""
    study = studies("imagenet.yaml")["imagenet_training"]
    row = rows(study)["train_network"]
    assert prices._longest(row, "A100") == pytest.approx(prices._hours(row, "A100") / 16 / 8, rel=1e-3)
    attacked = small(conditions=[{"name": "full", "adversarial": {"epsilon": 0.1, "steps": 2, "step_size": 0.1}}])
    (study,) = read(attacked)
    row, epochs = rows(study)["train_network"], study.settings["training"]["epochs"]
    batches = math.ceil(40 / study.settings["training"]["batch_size"])
    assert row["least"] == pytest.approx(batches * epochs * (bill_rows.STEP + 2 * bill_rows.STEP_SHARED))
    assert [one["least"] for one in row["largest"].values()] == [row["least"]]


def test_hours_here_are_passes_times_what_was_measured_and_starts_of_jobs(monkeypatch):
    monkeypatch.setattr(machine, "seconds_a_start", lambda: 7.0)
    asked = []

    def seconds(wanted, processes):
        asked.extend(wanted)
        return [{"training": 0.5, "evaluation": 0.25, "search": 0.125}[one["work"]] for one in wanted]

    monkeypatch.setattr(machine, "seconds_a_pass", seconds)
    (price,) = prices.priced(small(), processes=2)
    hours = {row["rule"]: row["hours"]["here"] for row in price["rows"]}
    assert hours["train_network"] == pytest.approx((7 + 3 * 40 * 5 * 0.5) / 3600)  # one job, one core
    assert hours["search_orderings, test"] == pytest.approx((7 + 20 * (64 * 65 // 2) * 0.125) / 3600)
    longest = {row["rule"]: row["longest"]["here"] for row in price["rows"]}
    assert longest["train_network"] == hours["train_network"] and longest["verdict"] == pytest.approx(7 / 3600)
    assert sorted(one["work"] for one in asked) == ["evaluation", "search", "training"]  # each kind once
    two = small(architectures=["small_cnn", "small_resnet"])
    two["studies"][0]["training"] |= {"processes": 2}
    (price,) = prices.priced(two, processes=2)
    (longest,) = (row["longest"]["here"] for row in price["rows"] if row["rule"] == "train_network")
    assert longest == pytest.approx((7 + 3 * 40 * 5 * 0.5 / 2) / 3600)  # of one of two networks, in two processes
    assert json.loads(json.dumps(price)) == {**price, "size": list(price["size"])} and "min" in page.printed([price], 2)


def test_a_network_that_needs_memory_to_be_built_is_counted_too():
    """RegNet computes its widths with tensors; 3.2 billion multiply-adds by its name."""
    assert networks.counted("torchvision", "regnet_y_3_2gf", 3, (224, 224))[0] == pytest.approx(2 * 3.2e9, rel=0.02)


def test_a_training_of_small_steps_costs_a_gpu_its_steps():
    """5 epochs of 40 images in batches of 8: 25 steps, whose arithmetic is nothing to a GPU."""
    config = small()
    config["studies"][0]["training"]["batch_size"] = 8
    (price,) = prices.priced(config)
    trained = next(row for row in price["rows"] if row["rule"] == "train_network")
    assert trained["hours"]["H100"] == trained["hours"]["A100"] == pytest.approx(25 * bill_rows.STEP / 3600)
    assert "least" not in trained
    config["studies"][0]["training"]["processes"] = 2  # which are not recorded
    (shared,) = prices.priced(config)
    assert next(row for row in shared["rows"] if row["rule"] == "train_network")["hours"]["H100"] == pytest.approx(
        25 * bill_rows.STEP_SHARED / 3600
    )


def test_one_job_takes_one_core_and_what_is_not_known_is_said(monkeypatch):
    monkeypatch.setattr(machine, "seconds_a_start", lambda: 7.0)
    monkeypatch.setattr(machine, "seconds_a_pass", lambda wanted, processes: [0.5] * len(wanted))
    found = {count: prices.priced(small(), processes=count)[0]["rows"] for count in (1, 64)}
    assert found[1][0]["rule"] == "train_network" and found[1][0]["hours"]["here"] == found[64][0]["hours"]["here"]
    config = yaml.safe_load((CONFIG / "imagenette.yaml").read_text())
    runs = [{"models": ["*"], "split": "test", "images": 8}]
    config["studies"][0]["searches"].append({"name": "every", "method": "ranked", "target": "every", "runs": runs})
    price = prices.priced(config, processes=2)[0]
    searched = next(row for row in price["rows"] if row["rule"] == "search_orderings, test")
    assert searched["passes"] is searched["hours"]["here"] is searched["hours"]["H100"] is None
    assert re.search(r"search_orderings, test +\d+ +\? +\? +\? +\?", page.printed([price], 2))


@pytest.mark.parametrize("method, step", [("exact", 1), ("gradient", 4), ("refined", 1), ("ranked", 1)])
def test_this_machine_is_measured(monkeypatch, method, step):
    """Real measurements, short ones: whatever they are, they are times of one pass."""
    monkeypatch.setattr(machine, "SECONDS", 0.02)
    search = {"name": "one", "method": method, "pixels_per_step": step, "runs": [{"models": ["*"], "split": "test"}]}
    config = small(searches=[search], analysis={"search": "one", "fractions": [0.0625]})
    (study,) = read(config)
    for kind in ("training", "evaluation", "one"):
        (wanted,) = prices.work(study, "small_cnn-full-0", kind, "cpu")
        assert 0 < machine.measure(json.loads(json.dumps({**wanted, "images": 8}))) < math.inf


def test_transfer_and_scaling_by_hand():
    """Each of seven is shown the subsets of six on 2,000 test images, of an ensemble on 1,000, and random pixels of all 2,000.

    Six temperatures are told on 2,000 test images and 1,000 corrupted ones; 64 images of each, in two shards, are shown again at
    210 steps.
    """
    found = rows(studies("cifar10-cpu.yaml")["cifar10_cpu"])
    assert found["evaluate_transfer"]["passes"] == 7 * (6 * 2000 + 1000 + 2000)
    assert found["fit_temperature"]["passes"] == 6 * (2000 + 1000)
    assert found["scale_orderings"]["passes"] == 6 * 64 * (1 + 210) and found["scale_orderings"]["jobs"] == 6 * 2
