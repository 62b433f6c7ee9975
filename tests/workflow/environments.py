"""Environments made offline: links to what is installed here, and to nothing that was not asked for."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def packages(env):
    """What an environment file has from PyPI, without where else it looks."""
    listed = yaml.safe_load(env.read_text())["dependencies"][-1]["pip"]
    return [entry for entry in listed if not entry.startswith("--")]


def installed(names):
    """Distributions by requirement with all that they require here, and nothing else; LookupError: another version is here."""
    found, todo = {}, [Requirement(name) for name in names]
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        if name in found and not wanted.extras:
            continue
        found[name] = metadata.distribution(name)
        if not wanted.specifier.contains(found[name].version, prereleases=True):
            raise LookupError(f"{wanted}: {found[name].version} is installed")
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in (wanted.extras or {""})):
                todo.append(requirement)
    return found.values()


def link(names, folder):
    """Links in ``folder`` to the packages that ``names`` require."""
    folder.mkdir(parents=True, exist_ok=True)
    for distribution in installed(names):
        for name in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            target = distribution.locate_file(name)
            if not (folder / name).exists() and target.exists():
                (folder / name).symlink_to(target)
    return folder


def environment(names, folder):
    """A Python of its own in ``folder`` that has only what ``names`` require; returns its command."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    link(names, Path(folder, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages"))
    return Path(folder, "bin", "python")
