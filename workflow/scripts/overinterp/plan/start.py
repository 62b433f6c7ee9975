"""What is looked at as a run starts, beside the config: this machine, and what profile and command line say."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

from overinterp.plan import images
from overinterp.plan.lists import find
from overinterp.plan.sentences import ConfigError, listing, near
from overinterp.plan.study import Study
from overinterp.search.stages import forwards, preset

LARGE, MANY = 64 * 64, 200_000  # pixels of an image, passes for one

SLURM = ("slurm_account", "slurm_cluster", "slurm_extra", "slurm_partition")  # resources that Slurm's plugin 2.8.0 reads
UNPREFIXED = ("qos", "constraint", "gres", "clusters")  # likewise, without what others begin with
MEANT = {  # what sbatch calls them
    "partition": "slurm_partition",
    "account": "slurm_account",
    "time": "runtime, in minutes,",
    "walltime": "runtime, in minutes,",
    "memory": "mem_mb",
    "threads": "set-threads",
    "cpus": "set-threads",
}


def need_gpu() -> None:
    """Raise a `ConfigError` where this machine has no GPU."""
    if not has_gpu():
        raise ConfigError(
            f"config key device: found 'cuda' and no GPU on {platform.node()} (no /dev/nvidia*, no nvidia-smi that works), "
            "expected one; set device: cpu, or run where there is one"
        )


def has_gpu() -> bool:
    """Whether there is a GPU by NVIDIA: its device file, or an nvidia-smi that works (WSL has no such files)."""
    if any(Path("/dev").glob("nvidia*")):
        return True
    return shutil.which("nvidia-smi") is not None and subprocess.run(["nvidia-smi"], capture_output=True).returncode == 0


def know_classes(study: Study) -> None:
    """Raise a `ConfigError` where people are to be shown a class that there is not, long before the page is made.

    Nothing is said where the classes are not known yet: of images that are to be fetched first, or on a host without numpy.
    """
    asked = study.settings.get("human", {}).get("classes", [])
    try:
        names = find(images.dataset(study).module).about(study.settings["data"])[0] if asked else []
    except (ImportError, OSError, ValueError):  # what is wrong with the images is said where they are read
        return
    for name in asked:
        if name not in names:
            study.fail("human.classes", name, f"some of {listing(names)}")


def dear(study: Study) -> list[str]:
    """A sentence for each search that tries so many pixels of large images that few would wait for it.

    Nothing is said where the size is not known before the classifier is: of torchvision's own crop, say.
    """
    side = images.size(study)
    if side is None or side[0] * side[1] <= LARGE:
        return []
    pixels, found = side[0] * side[1], []
    for name, search in study.searches.items():
        masks = search.get("input_dropout", {"masks": 1})["masks"]
        passes = masks * forwards(search, pixels, images.dataset(study).classes or 1)
        if passes > MANY:
            found.append(
                f"study {study.name}: search {name} by {search['method']!r} takes {passes:,} passes for each image of "
                f"{side[0]}x{side[1]} pixels (`ranked`: {preset('ranked', pixels).forwards(pixels):,}); see make plan"
            )
    return found


def know_rules(rules: list[str], **settings) -> None:
    """Raise a `ConfigError` where a setting of Snakemake's names a rule that there is not, which Snakemake passes over.

    Args:
        rules: Names of all rules.
        settings: By its name, with underscores, each setting that has rules as keys.
    """
    for setting, named in settings.items():
        for rule in named:
            if rule not in rules:
                hint = near(rule, rules) or f"expected one of {listing(rules)}"
                raise ConfigError(f"{setting.replace('_', '-')}: found {rule!r}, which is no rule; {hint.strip()}")


def know_groups(rules: list[str], groups: dict[str, str], components: dict[str, int]) -> None:
    """Raise a `ConfigError` where groups are of rules that there are not, or their number is of a group that there is not."""
    know_rules(rules, groups=groups)
    for group in components:
        if group not in groups.values():
            raise ConfigError(f"group-components: found {group!r}, expected one of the groups {listing(set(groups.values()))}")


def know_resources(setting: str, named) -> list[str]:
    """Raise a `ConfigError` where a resource that Slurm's plugin should read is none of its: Snakemake allows any name.

    Args:
        setting: What of Snakemake's settings names them.
        named: Names of resources.

    Returns:
        A sentence for each name that sbatch has and the Slurm plugin has not; an executor with a command of your own may read it.
    """
    for name in named:
        if name.startswith("slurm_") and name not in SLURM:
            bare = name.removeprefix("slurm_")
            hint = f"did you mean {bare!r}? " if bare in UNPREFIXED else near(name, SLURM)
            raise ConfigError(f"{setting}: found the resource {name!r}, which nothing reads; {hint}there are {listing(SLURM)}")
    return [
        f"{setting}: found the resource {name!r}, which the Slurm plugin does not read; {MEANT[name]} is meant, it seems"
        for name in named
        if name in MEANT
    ]
