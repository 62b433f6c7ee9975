"""The config that the tests of the plan change: studies.yaml, which lies beside."""

from pathlib import Path

import yaml

DEMO = yaml.safe_load(Path(__file__).with_name("studies.yaml").read_text())


def study(config, name="digits"):
    """One study of a config."""
    return next(s for s in config["studies"] if s["name"] == name)
