"""From a config to the plans of its studies."""

from __future__ import annotations

from pathlib import Path

import yaml

from overinterp.plan.checks import check
from overinterp.plan.sentences import ConfigError
from overinterp.plan.settings import complete
from overinterp.plan.study import Study


class KeysOnce(yaml.SafeLoader):
    """YAML in which every key stands once: PyYAML takes the last of several, and says nothing of the others."""

    def compose_mapping_node(self, anchor):
        """As PyYAML, and an error where a key stands twice; what `<<` brings in, later than here, may be overridden."""
        node, seen = super().compose_mapping_node(anchor), {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<" and seen.setdefault(key.value, key) is not key:
                first, again = seen[key.value].start_mark.line + 1, key.start_mark.line + 1
                raise ConfigError(f"config key {key.value}: found in line {first} and in line {again}, expected it once")
        return node


def load(path: str | Path) -> dict:
    """A config as it is written.

    Raises:
        ConfigError: There is no such file, it is no YAML in UTF-8, no mapping, or has a key twice.
    """
    if not Path(path).is_file():
        raise ConfigError(f"{path}: found no such file, expected a config")
    try:
        config = yaml.load(Path(path).read_text(encoding="utf-8"), KeysOnce)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: found no YAML ({' '.join(str(error).split())}), expected a config") from error
    if not isinstance(config, dict):
        raise ConfigError(f"{path}: found {type(config).__name__}, expected keys such as studies")
    return config


def read(config: dict) -> list[Study]:
    """Check a configuration, fill in its defaults and expand its studies.

    Args:
        config: The parsed YAML; changed in place (defaults are filled in).

    Returns:
        One `Study` for each entry of ``studies``.

    Raises:
        ConfigError: One sentence for the first thing that is wrong.
    """
    complete(config)
    studies = [Study(settings) for settings in config["studies"]]
    names = [study.name for study in studies]
    for study in studies:
        if names.count(study.name) > 1:
            raise ConfigError(f"config key studies: found {study.name!r} twice, expected every name once")
        check(study)
    _of_one_kind(studies)
    return studies


def _of_one_kind(studies: list[Study]) -> None:
    """A name stands for one kind of classifier in all studies: files of each kind are made by a rule of their own."""
    seen: dict[str, tuple[str, Study]] = {}
    for study in studies:
        for kind, names in (
            ("trains", study.networks),
            ("brings along", study.brought),
            ("averages", study.ensembles),
        ):
            for name in names:
                before, other = seen.setdefault(name, (kind, study))
                if before != kind:
                    raise ConfigError(
                        f"config key studies.{study.name}: found {name!r}, which it {kind} and study {other.name} {before}, "
                        "expected a name that stands for one kind of classifier"
                    )
