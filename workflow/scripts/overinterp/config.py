"""The configuration: checked before any job starts, and expanded into the plan of each study.

Snakemake imports this module while it parses the workflow. Under ``--use-conda`` the Python that
does so has no torch and no numpy, so only the standard library, PyYAML and jsonschema are used here.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from overinterp.data.official import OFFICIAL

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"
HUMAN = Path("human")  # frozen studies with people; no rule writes there
SUBSET_VIEWS = ("backselect", "random", "position_only")
MASKED_VIEWS = ("backselect", "position_only")  # views whose pixels an ordering chooses
TRAINING_PRESETS = {
    "paper": {
        "epochs": 200, "batch_size": 128, "learning_rate": 0.1, "schedule": "steps", "milestones": [60, 120, 160],
        "step_factor": 0.2, "crop_padding": 4, "flip": True,
    },
    "fast": {
        "epochs": 20, "batch_size": 128, "learning_rate": 0.2, "schedule": "one_cycle", "crop_padding": 4, "flip": True,
    },
}  # fmt: skip
FIGURE_TABLES = {
    "accuracy": ["accuracy"],
    "sis_size_by_threshold": ["sis_size"],
    "sis_size_by_threshold_corrupted": ["sis_size"],
    "sis_size_correct_incorrect": ["sis_size"],
    "sis_size_correct_incorrect_corrupted": ["sis_size"],
    "pixel_heatmap": ["pixel_rings"],
    "mitigation": ["mitigation"],
    "adversarial": ["sis_size"],
    "transfer": ["transfer"],
    "planted_recovery": ["planted_recovery"],
}


class ConfigError(ValueError):
    """The configuration cannot be run; the message names the key, what was found and what is allowed."""


@dataclass(frozen=True)
class Network:
    """One network to train: an architecture, a condition and a seed."""

    architecture: str
    condition: dict
    seed: int

    @property
    def name(self) -> str:
        return f"{self.architecture}-{self.condition['name']}-{self.seed}"


@dataclass(frozen=True)
class Run:
    """One search of one classifier over some images of one split, given by their numbers, cut into shards."""

    model: str
    search: str
    split: str
    images: Sequence[int]
    images_per_shard: int

    @property
    def shards(self) -> int:
        return math.ceil(len(self.images) / self.images_per_shard)

    def numbers(self, shard: int) -> list[int]:
        """Numbers of the images of a shard."""
        first = shard * self.images_per_shard
        return list(self.images[first : first + self.images_per_shard])


class Study:
    """The plan of one study: every network, ensemble and search that its configuration asks for.

    Args:
        settings: One entry of ``studies``, with defaults filled in (see `load`).
    """

    def __init__(self, settings: dict):
        self.settings = settings
        self.name = settings["name"]

    @cached_property
    def networks(self) -> dict[str, Network]:
        """Trained networks by name, conditions in the config's order."""
        found = [
            Network(architecture, _of_architecture(condition, architecture), seed)
            for condition in self.settings["conditions"]
            for architecture in condition.get("architectures", self.settings["architectures"])
            for seed in condition.get("seeds", self.settings["seeds"])
        ]
        return {network.name: network for network in found}

    @property
    def trained(self) -> list[str]:
        """Networks that are trained here, not taken from a file."""
        return [name for name, network in self.networks.items() if "pretrained" not in network.condition]

    @cached_property
    def ensembles(self) -> dict[str, dict]:
        """Ensembles by name, with ``members`` expanded to network names."""
        return {
            e["name"]: {**e, "members": self.match(e["members"], self.networks, f"ensembles.{e['name']}.members")}
            for e in self.settings["ensembles"]
        }

    @cached_property
    def models(self) -> list[str]:
        """All classifiers of the study, networks first."""
        return [*self.networks, *self.ensembles]

    @cached_property
    def searches(self) -> dict[str, dict]:
        return {search["name"]: search for search in self.settings["searches"]}

    @cached_property
    def runs(self) -> dict[tuple[str, str, str], Run]:
        """Searches by (classifier, search, split)."""
        found = {}
        for search in self.settings["searches"]:
            for number, run in enumerate(search["runs"]):
                key = f"searches.{search['name']}.runs[{number}]"
                size = self.size(run["split"], f"{key}.split")
                images = run["images"]
                if not isinstance(images, list):
                    images = range(size if images == "all" else images)
                if max(images) >= size:
                    self.fail(f"{key}.images", run["images"], f"numbers of the {size} images of the {run['split']} split")
                for model in self.match(run["models"], self.models, f"{key}.models"):
                    name = (model, search["name"], run["split"])
                    if name in found:
                        self.fail(f"{key}.models", model, f"each network once a search and split; {name} is there already")
                    found[name] = Run(*name, images, run["images_per_shard"])
        return found

    @property
    def splits(self) -> list[str]:
        """Splits of the images that there are."""
        return ["train", "test", *(["corrupted"] if "corrupted" in self.settings["data"] else [])]

    def size(self, split: str, key: str) -> int:
        """Images of a split; ``key`` is named where there is no such split."""
        data = self.settings["data"]
        if split not in self.splits:
            self.fail(key, split, f"one of {_listing(self.splits)}; data.corrupted makes the split 'corrupted'")
        return data["corrupted"]["images"] if split == "corrupted" else data[f"{split}_images"]

    @property
    def files(self) -> list[str]:
        """Files and folders that the images come from."""
        data = self.settings["data"]
        found = [data["path"]] if "path" in data and data["dataset"] not in OFFICIAL else []
        if data["dataset"] in OFFICIAL:
            found.append(_downloaded(data["dataset"], data["path"]))
        return found

    @property
    def corruptions(self) -> str:
        """What the corrupted images are, for tables and captions; empty where there are none."""
        names = {"cifar10c": "CIFAR-10-C", "generated": "generated"}
        return names[self.settings["data"]["corrupted"]["source"]] if "corrupted" in self.splits else ""

    @property
    def corrupted_files(self) -> list[str]:
        """Files that the corrupted images come from, beside the test images."""
        corrupted = self.settings["data"]["corrupted"]
        return [_downloaded("cifar10c", corrupted["path"])] if corrupted["source"] == "cifar10c" else []

    def searched(self, search: str, split: str) -> list[str]:
        """Classifiers that ``search`` covers on ``split``, in the order of the config."""
        return [run.model for run in self.runs.values() if (run.search, run.split) == (search, split)]

    @property
    def adversarial(self) -> list[str]:
        """Conditions with adversarial training."""
        return [condition["name"] for condition in self.settings["conditions"] if "adversarial" in condition]

    @cached_property
    def comparisons(self) -> list[dict]:
        """Comparisons of remedies: name, baseline (a group), threshold and groups, each with its classifiers; baseline first."""
        found = []
        for comparison in self.settings["analysis"].get("mitigation", []):
            key = f"analysis.mitigation.{comparison['name']}"
            groups = {
                group: self.match(patterns, self.analysed, f"{key}.groups.{group}")
                for group, patterns in comparison["groups"].items()
            }
            threshold = comparison.get("threshold", self.settings["analysis"]["threshold"])
            found.append({"name": comparison["name"], "baseline": next(iter(groups)), "threshold": threshold, "groups": groups})
        return found

    @property
    def remedies(self) -> list[str]:
        """Classifiers that are compared as remedies."""
        names = [model for comparison in self.comparisons for group in comparison["groups"].values() for model in group]
        return list(dict.fromkeys(names))

    @property
    def mask_search(self) -> str:
        """The search that chooses kept fractions."""
        return self.settings["analysis"].get("mask_search", self.settings["analysis"]["search"])

    @cached_property
    def human_networks(self) -> list[str]:
        """Classifiers that draw the subsets people see."""
        return self.match(self.settings["human"]["networks"], self.models, "human.networks")

    @cached_property
    def frozen(self) -> str | None:
        """Folder of the study that people were shown, or None where none is frozen."""
        if "human" not in self.settings:
            return None
        found = sorted(path.parent.name for path in HUMAN.glob(f"{self.name}-*/trials.json"))
        name = self.settings["human"].get("frozen", found[0] if found else None)
        if name and name not in found:
            self.fail("human.frozen", name, f"a frozen study in {HUMAN}/, one of {_listing(found) or 'none'}")
        if len(found) > 1 and "frozen" not in self.settings["human"]:
            self.fail("human.frozen", None, f"the name of one of the frozen studies {_listing(found)}")
        return f"{HUMAN}/{name}" if name else None

    @property
    def responses(self) -> list[str]:
        """Files with people's answers to the frozen study; all that are there, so that none is passed over."""
        if not self.frozen:
            return []
        return sorted(str(path) for path in Path(self.frozen, "responses").glob("*") if not path.name.startswith("."))

    @property
    def examples(self) -> str:
        """The search whose subsets are shown as pictures."""
        return self.settings["analysis"].get("examples", self.settings["analysis"]["search"])

    @property
    def analysed(self) -> list[str]:
        """Classifiers whose test orderings tell the sizes of subsets."""
        return self.searched(self.settings["analysis"]["search"], "test")

    def masks_for(self, model: str, split: str) -> tuple[str, str, str] | None:
        """Whose orderings choose the pixels that ``model`` is tested on: its teacher's, else its own, else None."""
        source = (model, self.mask_search, split)
        if model in self.networks and "masks_from" in self.networks[model].condition:
            teacher = self.networks[model].condition["masks_from"]
            source = (teacher["model"], teacher["search"], split)
        return source if source in self.runs else None

    @cached_property
    def tables(self) -> list[str]:
        """Tables asked for, and those that the figures need."""
        wanted = set(self.settings["tables"]).union(*(FIGURE_TABLES.get(f, []) for f in self.settings["figures"]))
        return sorted(wanted)

    def match(self, patterns: list[str], names, key: str) -> list[str]:
        """Names that match any of the patterns, in the order of ``names``; a pattern must match something."""
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                self.fail(key, pattern, f"a name or pattern of {_listing(names)}")
        return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def fail(self, key: str, found, allowed: str):
        raise ConfigError(f"config key studies.{self.name}.{key}: found {found!r}, expected {allowed}")

    def check(self) -> None:
        """Check what a schema cannot: names, references between parts, and sizes.

        Raises:
            ConfigError: Naming the key, what was found and what is allowed.
        """
        self._check_names()
        self._check_data()
        for condition in self.settings["conditions"]:
            for architecture in condition.get("architectures", self.settings["architectures"]):
                self._check_condition(_of_architecture(condition, architecture))
        self._check_analysis()

    def _check_names(self):
        for part in ("conditions", "ensembles", "searches"):
            names = [entry["name"] for entry in self.settings[part]]
            for name in names:
                if names.count(name) > 1:
                    self.fail(part, name, "every name once")

    def _check_data(self):
        data = self.settings["data"]
        if data["dataset"] in OFFICIAL:
            data.setdefault("path", "data")
        for key, datasets in (("planted", ("planted",)), ("path", ("npz", "folder", *OFFICIAL))):
            if (key in data) != (data["dataset"] in datasets):
                found = "it" if key in data else "nothing"
                self.fail(f"data.{key}", found, f"this key with dataset {' or '.join(map(repr, datasets[:2]))} and no other")
        if data["dataset"] == "npz" and not Path(data["path"]).is_file():
            self.fail("data.path", data["path"], "an existing file")
        if data["dataset"] == "folder" and not Path(data["path"]).is_dir():
            self.fail("data.path", data["path"], "an existing folder")
        if data.get("corrupted", {}).get("source") == "cifar10c" and data["dataset"] != "cifar10":
            self.fail("data.corrupted.source", "cifar10c", "'generated', but with dataset 'cifar10'")
        if data["dataset"] == "digits" and data["train_images"] + data["test_images"] > 1797:
            self.fail(
                "data.train_images + test_images",
                data["train_images"] + data["test_images"],
                "at most 1797, all the digits there are",
            )
        if data["dataset"] == "planted" and data["planted"]["kind"] == "patch":
            place, size = data["planted"]["place"], data["planted"]["size"]
            if max(place) + size > 16:
                self.fail("data.planted.place", place, f"a patch of {size} pixels inside the 16x16 image")

    def _check_condition(self, condition):
        key = f"conditions.{condition['name']}"
        view = condition["view"]
        if (view == "full") == ("fraction" in condition):
            self.fail(f"{key}.fraction", condition.get("fraction"), "a fraction for every view but 'full', which has none")
        if view in MASKED_VIEWS and "masks_from" not in condition:
            self.fail(f"{key}.masks_from", None, f"a model and a search, for the view {view!r}")
        if "pretrained" in condition:
            self._check_pretrained(condition, key)
        if "masks_from" not in condition:
            return
        source = condition["masks_from"]
        if source["model"] not in self.models:
            self.fail(f"{key}.masks_from.model", source["model"], f"one of {_listing(self.models)}")
        teachers = self.ensembles.get(source["model"], {"members": [source["model"]]})["members"]
        for teacher in teachers:
            if "masks_from" in self.networks[teacher].condition:
                self.fail(f"{key}.masks_from.model", source["model"], "a network trained without masks_from itself")
        if source["search"] not in self.searches:
            self.fail(f"{key}.masks_from.search", source["search"], f"one of {_listing(self.searches)}")
        for split in ("train", "test") if view in MASKED_VIEWS else ("test",):
            run = self.runs.get((source["model"], source["search"], split))
            size = self.size(split, key)
            if run is None or (split == "train" and run.images != range(size)):
                self.fail(
                    f"{key}.masks_from",
                    f"{source['model']} by {source['search']} on {len(run.images) if run else 0} {split} images",
                    f"searches.{source['search']}.runs to cover {size if split == 'train' else 'some'} of them",
                )

    def _check_pretrained(self, condition, key):
        for part in ("architectures", "seeds"):
            found = condition.get(part, self.settings[part])
            if len(found) != 1:
                self.fail(f"{key}.{part}", found, "one of them, for a file of weights")
        path = condition["pretrained"]["path"]
        if not Path(path).is_file():
            self.fail(f"{key}.pretrained.path", path, "an existing file")
        if condition["keep_probability"] != 1 or "adversarial" in condition or condition["view"] != "full":
            self.fail(f"{key}.pretrained", "it beside view, keep_probability or adversarial", "no training settings")

    def _check_analysis(self):
        analysis = self.settings["analysis"]
        if analysis["search"] not in self.searches:
            self.fail("analysis.search", analysis["search"], f"one of {_listing(self.searches)}")
        for key, search in (("search", analysis["search"]), ("mask_search", self.mask_search), ("examples", self.examples)):
            if not self.searched(search, "test"):
                self.fail(f"analysis.{key}", search, f"one of {_listing(self.searches)}, with a run on the test split")
        if "agreement" in self.tables:
            agreement = analysis.get("agreement")
            if agreement is None:
                self.fail("analysis.agreement", None, "model, reference and candidates, for the table 'agreement'")
            for key, searches in (("reference", [agreement["reference"]]), ("candidates", agreement["candidates"])):
                for search in searches:
                    if (agreement["model"], search, "test") not in self.runs:
                        self.fail(f"analysis.agreement.{key}", search, f"a search of {agreement['model']} on test images")
        if "mitigation" in self.tables and not self.comparisons:
            self.fail("analysis.mitigation", None, "a comparison, for the table 'mitigation'")
        for figure in self.settings["figures"]:
            if figure.endswith("_corrupted"):
                search = self.mask_search if "correct" in figure else analysis["search"]
                if not self.searched(search, "corrupted"):
                    self.fail("figures", figure, f"a run of searches.{search} on the corrupted split, for this figure")
        if "adversarial" in self.settings["figures"] and not self.adversarial:
            self.fail("figures", "adversarial", "a condition with adversarial training, for this figure")
        if "planted_recovery" in self.tables and self.settings["data"]["dataset"] != "planted":
            self.fail("tables / figures", "planted_recovery", "this table only with dataset 'planted'")
        if "human" in self.settings:
            for model in self.human_networks:
                if (model, self.mask_search, "test") not in self.runs:
                    self.fail("human.networks", model, f"networks searched by {self.mask_search} on the test split")
            self.frozen  # noqa: B018  fails where it is not one


def load(config: dict) -> tuple[dict, list[Study]]:
    """Check a configuration, fill in its defaults and expand its studies.

    Args:
        config: The parsed YAML; changed in place (defaults are filled in).

    Returns:
        The configuration and one `Study` for each entry of ``studies``.

    Raises:
        ConfigError: One sentence for the first thing that is wrong.
    """
    schema = yaml.safe_load(SCHEMA.read_text())
    errors = list(Draft202012Validator(schema).iter_errors(config))
    if errors:
        # The deepest error first: a wrong value says more than the object that holds it.
        raise ConfigError(_sentence(config, max(errors, key=lambda error: len(error.absolute_path))))
    for study in config["studies"]:
        if "preset" in study["training"]:
            study["training"] = {**TRAINING_PRESETS[study["training"]["preset"]], **study["training"]}
    _fill_defaults(config, schema, schema)
    studies = [Study(settings) for settings in config["studies"]]
    names = [study.name for study in studies]
    for study in studies:
        if names.count(study.name) > 1:
            raise ConfigError(f"config key studies: found {study.name!r} twice, expected every name once")
        study.check()
    return config, studies


def _of_architecture(condition: dict, architecture: str) -> dict:
    """The condition of one architecture's networks: ``{architecture}`` in the teacher's name is replaced."""
    if "masks_from" not in condition:
        return condition
    source = condition["masks_from"]
    model = source["model"].replace("{architecture}", architecture)
    return {**condition, "masks_from": {**source, "model": model}}


def _downloaded(name: str, folder: str) -> str:
    """The file of an official data set that a rule makes, and that is there when the others are."""
    return f"{folder}/{OFFICIAL[name].folder}/{OFFICIAL[name].names}"


def _resolve(node: dict, schema: dict) -> dict:
    while "$ref" in node:
        target = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def _fill_defaults(value, node: dict, schema: dict) -> None:
    node = _resolve(node, schema)
    if isinstance(value, dict):
        for key, child in node.get("properties", {}).items():
            child = _resolve(child, schema)
            if key not in value and "default" in child:
                value[key] = child["default"]
            if key in value:
                _fill_defaults(value[key], child, schema)
    elif isinstance(value, list) and "items" in node:
        for item in value:
            _fill_defaults(item, node["items"], schema)


def _sentence(config, error) -> str:
    """One sentence for a schema error: the key, what was found, what is allowed."""
    key, value = "", config
    for part in error.absolute_path:
        value = value[part]
        named = isinstance(value, dict) and isinstance(value.get("name"), str)
        step = f".{value['name']}" if isinstance(part, int) and named else f"[{part}]" if isinstance(part, int) else f".{part}"
        key += step
    key = key.removeprefix(".")
    rule, found = error.validator_value, error.instance
    if error.validator == "additionalProperties":
        allowed = list(error.schema["properties"])
        unknown = next(name for name in found if name not in allowed)
        near = difflib.get_close_matches(str(unknown), allowed, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"config key {f'{key}.' if key else ''}{unknown}: unknown; {hint}allowed here: {_listing(allowed)}"
    if error.validator == "required":
        missing = next(name for name in rule if name not in found)
        return f"config key {f'{key}.' if key else ''}{missing}: missing, expected {_described(error.schema, missing)}"
    expected = {
        "type": lambda: f"{'an' if rule[0] in 'aio' else 'a'} {rule}",
        "enum": lambda: f"one of {_listing(rule)}",
        "pattern": lambda: f"text of the form {rule}",
        "minimum": lambda: f"at least {rule}",
        "maximum": lambda: f"at most {rule}",
        "exclusiveMinimum": lambda: f"more than {rule}",
        "exclusiveMaximum": lambda: f"less than {rule}",
        "minItems": lambda: f"at least {rule} entries",
        "minProperties": lambda: f"at least {rule} names",
        "maxItems": lambda: f"at most {rule} entries",
        "uniqueItems": lambda: "every entry once",
        "anyOf": lambda: " or ".join(repr(o["const"]) if "const" in o else _kind(o) for o in rule),
    }[error.validator]()
    if {"minimum", "exclusiveMinimum"} & set(error.schema) and {"maximum", "exclusiveMaximum"} & set(error.schema):
        expected = _kind(error.schema)
    return f"config key {key}: found {found!r}, expected {expected}"


def _kind(schema: dict) -> str:
    low = f"[{schema['minimum']}" if "minimum" in schema else f"({schema.get('exclusiveMinimum')}"
    high = f"{schema['maximum']}]" if "maximum" in schema else f"{schema.get('exclusiveMaximum')})"
    if "None" in low and "None" in high:
        return f"a list of {_kind(schema['items'])}" if "items" in schema else f"a {schema['type']}"
    if "None" in high:
        return f"{schema['type']} of at least {schema['minimum']}"
    return f"a {schema['type']} in {low}, {high}"


def _described(schema: dict, name: str) -> str:
    node = schema["properties"][name]
    return f"`{node['description']}`" if "description" in node else f"this key ({node.get('$ref', '').rsplit('/', 1)[-1]})"


def _listing(names) -> str:
    names = list(names)
    return ", ".join(map(str, names[:12])) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
