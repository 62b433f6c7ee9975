"""Commands around verdicts.

python -m overinterp.verdict check results/digits/verdict.json    # what `make verdict-check STUDY=digits` does
python -m overinterp.verdict references results/planted/verdict.json results/digits/verdict.json > references.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from overinterp.artifacts.files import read_json
from overinterp.verdict.judgement import CANNOT_SAY, FAULT, NONE_FOUND, NULL, PLANTED

CODES = {NONE_FOUND: 0, FAULT: 1, CANNOT_SAY: 2}


def check(path: str) -> tuple[str, int]:
    """What a verdict says, and the exit status: 0 none found, 1 fault shown, 2 cannot say.

    Raises:
        SystemExit: There is no verdict.
    """
    if not Path(path).is_file():
        sys.exit(f"verdict: found no {path}, expected that of a finished study: run `snakemake {path}` first")
    found = read_json(path)
    lines = [f"{found['study']}, {found['model']}: {found['state']}", *(f"  {reason}" for reason in found["reasons"])]
    return "\n".join(lines), CODES[found["state"]]


def references(planted: str, null: str) -> str:
    """What pages show beside a classifier's numbers: those of a network with a planted shortcut, and of a study's null."""
    bad, heart = read_json(planted), read_json(null)
    if heart["null"] is None:
        sys.exit(f"{null}: found no null, expected a study with a classifier of labels: shuffled")
    found = {
        PLANTED: {"about": f"{bad['model']}, study {bad['study']}", "numbers": bad["numbers"]},
        NULL: {"about": f"{heart['null']['model']}, study {heart['study']}", "numbers": heart["null"]["numbers"]},
    }
    return json.dumps(json.loads(json.dumps(found), parse_float=lambda text: float(f"{float(text):.4g}")), indent=2)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m overinterp.verdict", description="What was found of a classifier.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("check", help="print a verdict; exit status 0 none found, 1 fault shown, 2 cannot say")
    one.add_argument("verdict")
    two = commands.add_parser("references", help="print what other pages show beside their numbers")
    two.add_argument("planted")
    two.add_argument("null")
    given = parser.parse_args(arguments)
    text, status = check(given.verdict) if given.command == "check" else (references(given.planted, given.null), 0)
    print(text)
    return status


if __name__ == "__main__":
    sys.exit(main())
