"""A stand-in for the ``conda`` command where there is none and no channel: what Snakemake asks of it, and no solving.

An environment is a Python of this version with links to the pinned packages of the file's ``pip`` list, which must be installed here.
So what is tried is the workflow's part (each job in the environment that its rule names, the file complete on its own), not conda's.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.workflow.environments import environment, packages
from tests.workflow.running import ROOT

COMMAND = """#!/bin/sh
PYTHONPATH={root} exec {python} -m tests.workflow.conda_stand_in {folder} "$@"
"""
ACTIVATE = 'export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n'


def put(folder):
    """Put the command into ``folder``/bin, and return that for PATH."""
    commands = folder / "bin"
    commands.mkdir(parents=True)
    (commands / "conda").write_text(COMMAND.format(root=ROOT, python=sys.executable, folder=folder))
    (commands / "conda").chmod(0o755)
    (commands / "activate").write_text(ACTIVATE)
    return commands


if __name__ == "__main__":
    folder, *words = sys.argv[1:]
    match words:
        case ["--version"]:
            print("conda 24.7.1")
        case ["info", "--json"]:
            print(json.dumps({"conda_prefix": folder, "platform": "linux-64"}))
        case ["config", "--get", "channel_priority", "--json"]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["clean", *_]:
            pass
        case ["env", "create", *options]:
            parser = argparse.ArgumentParser()
            for name in ("--file", "--prefix"):
                parser.add_argument(name, required=True, type=Path)
            for name in ("--quiet", "--no-default-packages"):
                parser.add_argument(name, action="store_true")
            given = parser.parse_args(options)
            environment(packages(given.file), given.prefix)
        case _:
            sys.exit(f"the stand-in for conda does not know: {' '.join(words)}")
