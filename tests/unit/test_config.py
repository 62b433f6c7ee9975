"""Every mistake in a config gives one sentence that names the key, what was found and what is allowed."""

import copy
from pathlib import Path

import pytest
import yaml

from overinterp import config as configuration
from overinterp.models import registry

DEMO = yaml.safe_load(Path("config/config.yaml").read_text())


@pytest.fixture
def demo():
    return copy.deepcopy(DEMO)


def study(config, name="digits"):
    return next(s for s in config["studies"] if s["name"] == name)


def change(path, value):
    """A function that sets one value of the digits study, by its path."""

    def apply(config):
        node = study(config)
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (change(["trainig"], {}), ["studies.digits.trainig", "did you mean 'training'"]),
        (change(["training", "epochs"], "ten"), ["studies.digits.training.epochs", "'ten'", "integer"]),
        (change(["training", "epochs"], 0), ["studies.digits.training.epochs", "found 0", "at least 1"]),
        (change(["training", "learning_rate"], "1e-3"), ["learning_rate", "'1e-3'", "number"]),
        (change(["conditions", 2, "fraction"], 1.5), ["conditions.backselect_4.fraction", "1.5", "(0, 1]"]),
        (change(["conditions", 2, "fraction"], 0), ["conditions.backselect_4.fraction", "found 0", "(0, 1]"]),
        (change(["architectures"], ["resnet"]), ["architectures", "'resnet'", "small_cnn, small_resnet"]),
        (change(["analysis", "fractions"], [0.1, 2]), ["analysis.fractions[1]", "found 2", "(0, 1]"]),
        (change(["analysis", "threshold"], 1), ["analysis.threshold", "found 1", "(0, 1)"]),
        (change(["data", "dataset"], "cifar"), ["data.dataset", "'cifar'", "digits, planted, cifar10, cifar100, npz, folder"]),
        (change(["data", "path"], "x.npz"), ["data.path", "npz"]),
        (change(["data", "blank"], "grey"), ["data.blank", "'grey'", "'mean'"]),
        (change(["data", "train_images"], 1500), ["train_images + test_images", "1860", "1797"]),
        (change(["conditions", 2, "masks_from", "model"], "small_cnn-full-9"), ["masks_from.model", "small_cnn-full-9", "small_cnn-full-0"]),
        (change(["conditions", 2, "masks_from", "search"], "precise"), ["masks_from.search", "'precise'", "exact, gradient"]),
        (change(["conditions", 2, "masks_from", "search"], "gradient"), ["masks_from", "0 train images", "cover 1437"]),
        (change(["conditions", 1, "name"], "full"), ["conditions", "'full'", "every name once"]),
        (change(["searches", 0, "runs", 0, "models"], ["vgg-*"]), ["searches.exact.runs[0].models", "'vgg-*'", "small_cnn-full-0"]),
        (change(["searches", 0, "runs", 0, "images"], 361), ["searches.exact.runs[0].images", "361", "numbers of the 360 images"]),
        (change(["analysis", "search"], "fast"), ["analysis.search", "'fast'", "exact"]),
        (change(["searches", 0, "runs", 0, "images"], [3, 360]), ["runs[0].images", "[3, 360]", "numbers of the 360 images"]),
        (change(["searches", 0, "runs", 0, "split"], "corrupted"), ["runs[0].split", "'corrupted'", "data.corrupted"]),
        (change(["data", "corrupted"], {"source": "cifar10c"}), ["data.corrupted.source", "'cifar10c'", "'generated'"]),
        (change(["conditions", 0, "pretrained"], {"path": "no.pt"}), ["full.architectures", "one of them, for a file of weights"]),
        (change(["analysis", "mask_search"], "fast"), ["analysis.mask_search", "'fast'", "exact, gradient"]),
        (change(["analysis", "mitigation"], [{"name": "a", "groups": {}}]), ["mitigation.a.groups", "at least 2 names"]),
        (change(["figures"], ["mitigation"]), ["analysis.mitigation", "a comparison"]),
        (change(["figures"], ["adversarial"]), ["figures", "a condition with adversarial training"]),
        (change(["figures"], ["sis_size_by_threshold_corrupted"]), ["figures", "a run of searches.exact on the corrupted split"]),
        (change(["figures"], ["acuracy"]), ["figures[0]", "'acuracy'", "accuracy"]),
        (change(["tables"], ["planted_recovery"]), ["planted_recovery", "only with dataset 'planted'"]),
        (change(["human", "networks"], ["small_cnn-random_4-0"]), ["human.networks", "small_cnn-random_4-0"]),
        (change(["seeds"], []), ["seeds", "at least 1 entries"]),
        (change(["seeds"], [1, 1]), ["seeds", "every entry once"]),
        (lambda config: study(config).pop("analysis"), ["studies.digits.analysis", "missing"]),
        (lambda config: config.update(devise="cpu"), ["config key devise", "did you mean 'device'"]),
        (lambda config: study(config, "planted")["data"].pop("planted"), ["studies.planted.data.planted", "nothing"]),
        (lambda config: study(config, "planted")["data"]["planted"].update(place=[14, 0]), ["planted.place", "inside the 16x16"]),
        (lambda config: study(config, "planted").update(name="digits"), ["'digits'", "every name once"]),
        (lambda config: study(config).update(name="My Study"), ["name", "'My Study'", "form"]),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(demo, edit, words):
    edit(demo)
    with pytest.raises(configuration.ConfigError) as error:
        configuration.load(demo)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 400
    for word in words:
        assert word in message, message


def test_a_missing_file_is_named(demo):
    study(demo)["data"] = {"dataset": "npz", "path": "no/such.npz", "train_images": 1437, "test_images": 360}
    with pytest.raises(
        configuration.ConfigError, match=r"studies.digits.data.path: found 'no/such.npz', expected an existing file"
    ):
        configuration.load(demo)


def test_the_schema_lists_the_architectures_of_the_registry():
    schema = yaml.safe_load(configuration.SCHEMA.read_text())
    assert schema["$defs"]["architecture"]["enum"] == list(registry.ARCHITECTURES)


def test_every_key_is_described_closed_and_documented():
    schema = yaml.safe_load(configuration.SCHEMA.read_text())
    guide = Path("config/README.md").read_text()

    def walk(node, place):
        if node.get("type") == "object" and "properties" not in node:  # names of the user's choice
            walk(node["additionalProperties"], f"{place}.*")
        elif node.get("type") == "object":
            assert node.get("additionalProperties") is False, place
            for name, child in node["properties"].items():
                resolved = configuration._resolve(child, schema)
                assert "description" in resolved or "properties" in resolved or resolved.get("type") == "object", (
                    f"{place}.{name}"
                )
                assert f"| `{name}` | {resolved.get('description', '').replace('|', chr(92) + '|')}" in guide, (
                    f"config/README.md lacks {place}.{name}"
                )
                walk(resolved, f"{place}.{name}")
        if "items" in node:
            walk(configuration._resolve(node["items"], schema), f"{place}[]")

    walk(schema, "")


def test_defaults_are_filled_in_everywhere(demo):
    _, studies = configuration.load(demo)
    digits = studies[0]
    assert digits.settings["training"]["momentum"] == 0.9
    assert digits.networks["small_cnn-full-0"].condition["keep_probability"] == 1
    assert digits.searches["exact"]["objective"] == "log_odds"


def test_the_plan_of_the_demo(demo):
    digits = configuration.load(demo)[1][0]
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
    study = configuration.load(config)[1][0]
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
    assert study.files == ["data/cifar-10-batches-bin/batches.meta.txt"]


def test_keys_win_over_the_preset():
    config = yaml.safe_load(Path("config/cifar10-cpu.yaml").read_text())
    config["studies"][0]["training"] = {"preset": "fast", "epochs": 3}
    training = configuration.load(config)[1][0].settings["training"]
    assert (training["epochs"], training["schedule"], training["momentum"]) == (3, "one_cycle", 0.9)
