"""The plan of one study: every classifier, search and shard that its configuration asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from overinterp.plan.sentences import ConfigError, listing, near
from overinterp.search.stages import Schedule, preset

SOME_PIXELS = 1024  # of images, where their size does not matter
APART = 1_000_000  # between the seeds of an audit's students of full images and all others


@dataclass(frozen=True)
class Network:
    """One network to train: an architecture, a condition and a seed."""

    architecture: str
    condition: dict
    seed: int

    @property
    def name(self) -> str:
        return f"{self.group}-{self.seed}"

    @property
    def group(self) -> str:
        """Networks of a group differ in their seed alone."""
        return f"{self.architecture}-{self.condition['name']}"

    @property
    def drawn_by(self) -> int:
        """The seed of its draws; an audit's student of full images has its own, or it could be the teacher again."""
        return self.seed + APART * (self.condition.get("audit", {}).get("control") == "full")


@dataclass(frozen=True)
class Run:
    """One search of one classifier over some images of one split, given by their numbers, cut into shards."""

    model: str
    search: str
    split: str
    images: Sequence[int]
    images_per_shard: int
    keep: tuple[float, ...] = ()  # kept fractions whose masks are stored instead of orders

    @property
    def shards(self) -> int:
        return math.ceil(len(self.images) / self.images_per_shard)

    def numbers(self, shard: int) -> list[int]:
        """Numbers of the images of a shard."""
        first = shard * self.images_per_shard
        return list(self.images[first : first + self.images_per_shard])


def size_of(settings: dict) -> dict:
    """How much of each image a view or an audit is of: its fraction, or its threshold."""
    return {key: settings[key] for key in ("fraction", "threshold") if key in settings}


class Study:
    """Names and what they stand for.

    Args:
        settings: One entry of ``studies``, complete (see `overinterp.plan.settings`).
    """

    def __init__(self, settings: dict):
        self.settings = settings
        self.name = settings["name"]
        self.analysis = settings["analysis"]

    @cached_property
    def networks(self) -> dict[str, Network]:
        """Networks trained here, by name, conditions in the config's order."""
        found = [
            Network(architecture, _of_network(condition, architecture), seed)
            for condition in self.settings["conditions"]
            for architecture in condition.get("architectures", self.settings["architectures"])
            for seed in condition.get("seeds", self.settings["seeds"])
        ]
        return {network.name: network for network in found}

    @cached_property
    def brought(self) -> dict[str, dict]:
        """Classifiers brought along, by name."""
        return {entry["name"]: entry for entry in self.settings["classifiers"]}

    @cached_property
    def ensembles(self) -> dict[str, dict]:
        """Ensembles by name, with ``members`` expanded."""
        single = [*self.networks, *self.brought]
        return {
            e["name"]: {**e, "members": self.match(e["members"], single, f"ensembles.{e['name']}.members")}
            for e in self.settings["ensembles"]
        }

    @cached_property
    def models(self) -> list[str]:
        """All classifiers: networks, brought ones, ensembles."""
        return [*self.networks, *self.brought, *self.ensembles]

    def members(self, models) -> list[str]:
        """The single classifiers that some classifiers consist of."""
        return list(dict.fromkeys(one for name in models for one in self.ensembles.get(name, {"members": [name]})["members"]))

    @cached_property
    def searches(self) -> dict[str, dict]:
        return {search["name"]: search for search in self.settings["searches"]}

    def schedule(self, search: str, pixels_per_step: int | None = None) -> Schedule:
        """What a search does, for the kinds of its steps: these are the same whatever the size of the images."""
        settings = self.searches[search]
        return preset(settings["method"], SOME_PIXELS, pixels_per_step or settings["pixels_per_step"])

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
                if (max(images) if isinstance(images, list) else images[-1]) >= size:
                    those = f"numbers below {size}" if isinstance(images, list) else f"at most {size}"
                    self.fail(f"{key}.images", run["images"], f"{those}, the images of the {run['split']} split")
                for model in self.match(run["models"], self.models, f"{key}.models"):
                    name = (model, search["name"], run["split"])
                    if name in found:
                        self.fail(f"{key}.models", model, f"each network once a search and split; {name} is there already")
                    found[name] = Run(*name, images, run["images_per_shard"], tuple(run["keep"]))
        return found

    @property
    def splits(self) -> list[str]:
        """Splits of the images that there are."""
        data = self.settings["data"]
        there = {"train": "train_images" in data, "test": True, "corrupted": "corrupted" in data}
        return [split for split, is_there in there.items() if is_there]

    def size(self, split: str, key: str) -> int:
        """Images of a split; ``key`` is named where there is no such split."""
        data = self.settings["data"]
        if split not in self.splits:
            missing = {"train": "data.train_images", "corrupted": "data.corrupted"}[split]
            self.fail(key, split, f"one of {listing(self.splits)}; {missing} makes the split {split!r}")
        return data["corrupted"]["images"] if split == "corrupted" else data[f"{split}_images"]

    def searched(self, search: str, split: str) -> list[str]:
        """Classifiers that ``search`` covers on ``split``, in the order of the config."""
        return [run.model for run in self.runs.values() if (run.search, run.split) == (search, split)]

    def sources(self, search: str, *splits: str) -> list[tuple[str, str, str]]:
        """Searches (classifier, search, split) of these splits."""
        return [(model, search, split) for split in splits for model in self.searched(search, split)]

    @property
    def mask_search(self) -> str:
        """The search that chooses kept fractions."""
        return self.analysis.get("mask_search", self.analysis["search"])

    @property
    def examples(self) -> str:
        """The search whose subsets are shown as pictures."""
        return self.analysis.get("examples", self.analysis["search"])

    def masks_for(self, model: str, split: str) -> tuple[str, str, str] | None:
        """Whose orderings choose the pixels that ``model`` is tested on: its teacher's, else its own, else None."""
        source = (model, self.mask_search, split)
        if model in self.networks and "masks_from" in self.networks[model].condition:
            teacher = self.networks[model].condition["masks_from"]
            source = (teacher["model"], teacher["search"], split)
        return source if source in self.runs else None

    def training(self, model: str) -> dict:
        """The ``training`` block of a network: the study's, with its condition's epochs where that has its own."""
        epochs = self.networks[model].condition.get("epochs")
        return self.settings["training"] | ({} if epochs is None else {"epochs": epochs})

    def own_view(self, model: str) -> dict | None:
        """What a network is tested on beside `analysis.views`: what it was trained on, if that was not the whole image.

        Where it saw random sets of every size, it is shown its teacher's kept pixels.
        """
        if model not in self.networks:
            return None
        condition = self.networks[model].condition
        if condition["keep_probability"] == "random" and "audit" in condition:
            return {"mask": "kept", "paint": "values", **size_of(condition["audit"])}
        return None if condition["view"]["mask"] == "all" else condition["view"]

    def described(self, model: str) -> dict:
        """Columns that tell tables and figures what a classifier is; networks of a ``group`` differ in their seed alone."""
        row = {
            "model": model,
            "kind": "network",
            "group": model,
            "architecture": "",
            "condition": "",
            "seed": None,
            "source": "trained",
            "train_mask": "",
            "train_paint": "",
            "train_fraction": None,
            "keep_probability": 1,
            "adversarial": False,
            "labels": "given",
            "teacher": "",
            "control": "",
        }
        if model in self.ensembles:
            labels = {self.described(member)["labels"] for member in self.ensembles[model]["members"]}
            return row | {"kind": "ensemble", "source": "ensemble", "labels": labels.pop() if len(labels) == 1 else "given"}
        if model in self.brought:
            entry = self.brought[model]
            return row | {"kind": "brought", "architecture": entry["model"], "source": entry["from"], "train_mask": "all"}
        network = self.networks[model]
        condition, view = network.condition, network.condition["view"]
        return row | {
            "group": network.group,
            "architecture": network.architecture,
            "condition": condition["name"],
            "seed": network.seed,
            "train_mask": view["mask"],
            "train_paint": view["paint"],
            "train_fraction": view.get("fraction", 1 if view["mask"] == "all" else None),
            "keep_probability": None if condition["keep_probability"] == "random" else condition["keep_probability"],
            "adversarial": "adversarial" in condition,
            "labels": "none" if condition.get("epochs") == 0 else condition["labels"],
            "teacher": condition.get("masks_from", {}).get("model", ""),
            "control": condition.get("audit", {}).get("control", ""),
        }

    def described_search(self, source: tuple[str, str, str]) -> dict:
        """Columns that tell what a search is of, and towards which class."""
        model, search, split = source
        target = self.searches[search]["target"]
        return {**self.described(model), "search": search, "split": split, "target": target}

    def match(self, patterns: list[str], names, key: str) -> list[str]:
        """Names that match any of the patterns, in the order of ``names``; a pattern must match something."""
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                self.fail(key, pattern, f"a name or pattern of {listing(names)}")
        return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def fail(self, key: str, found, allowed: str, names=()):
        """Raise a `ConfigError`, which asks whether the nearest of ``names`` was meant."""
        raise ConfigError(f"config key studies.{self.name}.{key}: found {found!r}, {near(found, names)}expected {allowed}")


def _of_network(condition: dict, architecture: str) -> dict:
    """The condition of one architecture's networks, ``{architecture}`` in the teacher's name replaced.

    Which others there are is no part of it: a network is trained alike whatever is trained beside it.
    """
    condition = {key: value for key, value in condition.items() if key not in ("architectures", "seeds")}
    if "masks_from" not in condition:
        return condition
    source = condition["masks_from"]
    model = source["model"].replace("{architecture}", architecture)
    return {**condition, "masks_from": {**source, "model": model}}
