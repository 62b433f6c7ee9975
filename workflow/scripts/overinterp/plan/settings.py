"""The configuration as written: validated against the schema, presets and defaults filled in.

Snakemake imports the plan while it parses the workflow. Under ``--use-conda`` the Python that does so has no torch and no numpy,
so the whole package uses the standard library, PyYAML, jsonschema and jinja2 only.
"""

from __future__ import annotations

import copy
import os
from functools import cache
from math import isfinite
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from overinterp.plan import audits, lists, outputs
from overinterp.plan.sentences import ConfigError, of_schema

SCHEMA = Path(__file__).parents[3] / "schemas" / "config.schema.yaml"
VALIDATOR = extend(  # JSON takes 3.0 for an integer; Python's ranges and seeds do not
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: isinstance(value, int) and not isinstance(value, bool)
    ).redefine(
        "number", lambda checker, value: isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    ),
)
TRAINING_PRESETS = {
    "paper": {
        "epochs": 200, "batch_size": 128, "learning_rate": 0.1, "schedule": "steps", "milestones": [60, 120, 160],
        "step_factor": 0.2, "crop_padding": 4, "flip": True,
    },
    "imagenet": {
        "epochs": 90, "batch_size": 256, "learning_rate": 0.1, "weight_decay": 0.0001, "schedule": "steps",
        "milestones": [30, 60], "step_factor": 0.1, "crop_padding": 0, "flip": True,
    },
    "fast": {
        "epochs": 20, "batch_size": 128, "learning_rate": 0.2, "schedule": "one_cycle", "crop_padding": 4, "flip": True,
    },
}  # fmt: skip
OF_STEPS = ("milestones", "step_factor")  # settings of the schedule of that name


@cache
def schema() -> dict:
    """The schema of a config; where it says ``list: name`` the names of that list of the house are allowed."""
    return _with_lists(yaml.safe_load(SCHEMA.read_text()))


def _with_lists(node):
    if isinstance(node, list):
        return [_with_lists(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    node = {key: _with_lists(value) for key, value in node.items()}
    if isinstance(node.get("list"), str):
        name = node.pop("list").upper()
        where = {"TABLES": outputs, "FIGURES": outputs, "CONTROLS": audits}.get(name, lists)
        node["enum"] = list(getattr(where, name))
    return node


def complete(config: dict) -> None:
    """Validate a config and fill in presets and defaults.

    Args:
        config: The parsed YAML; changed in place.

    Raises:
        ConfigError: One sentence for the deepest thing that is wrong.
    """
    errors = list(VALIDATOR(schema()).iter_errors(config))
    if errors:
        raise ConfigError(of_schema(config, max(map(_inmost, errors), key=_depth)))
    for study in config["studies"]:
        study["training"] = _of_preset(study.get("training", {}))
        audits.expand(study)
        for entry in study.get("classifiers", []):
            entry["model"] = os.path.expanduser(entry["model"])  # a name, or a file or folder
        if lists.DATASETS[study["data"]["dataset"]].path == "download":
            study["data"].setdefault("path", "data")
    _fill_and_order(config, schema())


def _of_preset(given: dict) -> dict:
    """Training settings with those that a preset stands for, whose name is forgotten: what compares differently runs again."""
    training = {**TRAINING_PRESETS.get(given.get("preset"), {}), **given}
    if training.get("schedule") != "steps":  # another schedule has no use for the preset's steps
        training = {key: value for key, value in training.items() if key in given or key not in OF_STEPS}
    training.pop("preset", None)
    return training


def _depth(error) -> int:
    """A wrong value says more than the object that holds it."""
    return len(error.absolute_path)


def _inmost(error):
    """Of alternatives what is wrong with the one whose type was meant; the error itself where there is none."""
    inner = [one for one in error.context or () if one.validator not in ("type", "const")]
    return max(map(_inmost, inner), key=_depth) if inner else error


def resolve(node: dict) -> dict:
    while "$ref" in node:
        target = schema()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def _fill_and_order(value, node: dict) -> None:
    """Fill in defaults, and bring keys and paths into one form: settings are compared as written, to tell what runs again."""
    node = resolve(node)
    if isinstance(value, dict):
        alternatives = map(resolve, node.get("anyOf", ()))
        node = next((one for one in alternatives if one.get("type") == "object"), node)
        for key, child in node.get("properties", {}).items():
            child = resolve(child)
            if key not in value and "default" in child:
                value[key] = copy.deepcopy(child["default"])
            if child.get("format") == "path" and key in value:
                value[key] = os.path.normpath(os.path.expanduser(value[key]))
            if key in value:
                _fill_and_order(value[key], child)
        known = {key: value[key] for key in node.get("properties", {}) if key in value}
        rest = {key: entry for key, entry in value.items() if key not in known}
        value.clear()
        value |= known | rest
    elif isinstance(value, list) and "items" in node:
        for item in value:
            _fill_and_order(item, node["items"])
