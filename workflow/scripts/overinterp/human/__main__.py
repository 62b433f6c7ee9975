"""Commands for who runs a study with people.

python -m overinterp.human freeze results/digits/human human    # what `make human-freeze STUDY=digits` does
python -m overinterp.human power --pictures 100                 # how many people for which interval
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from overinterp.artifacts.trials import freeze, load_frozen
from overinterp.human.analysis import power
from overinterp.plan.settings import schema


def main(arguments: list[str] | None = None) -> str:
    """Run one command and return what to print.

    Raises:
        SystemExit: With one sentence, where it cannot be done.
    """
    parser = argparse.ArgumentParser(
        prog="overinterp.human", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("freeze", help="copy an exported study to where no rule writes")
    command.add_argument("exported", help="results/<study>/human")
    command.add_argument("root", help="folder of all frozen studies")
    command = commands.add_parser("power", help="expected half-width of the interval of people's accuracy")
    command.add_argument("--people", type=int, nargs="+", default=[5, 10, 20, 40, 80])
    command.add_argument("--accuracy", type=float, nargs="+", default=[0.15, 0.5, 0.8])
    command.add_argument("--spread", type=float, default=0.1, help="standard deviation of the accuracy between people")
    command.add_argument("--pictures", type=int, default=100, help="pictures of one fraction")
    given = parser.parse_args(arguments)
    try:
        if given.command == "freeze":
            target = freeze(given.exported, given.root)
            said = f"Frozen: {target}\nPeople get {target}/page/index.html; put the files they save into {target}/responses/."
            study = load_frozen(target)
            whole = study.key[study.key.kind == "full"]
            shown = ", ".join(
                f"trial_{trial:04d}.png ({label}, image {number})"
                for trial, label, number in zip(whole.trial, whole.label, whole["index"], strict=True)
            )
            if shown:
                said += (
                    f"\nLook at the full images, by which people are excluded, in {target}/images: {shown}. One that you cannot "
                )
                said += "tell is left out by its image's number (human.exclude): remove this folder, export and freeze again."
            consent = schema()["$defs"]["human"]["properties"]["consent"]["default"]
            if study.about["settings"]["consent"].strip() == consent.strip():
                said += "\nIts consent text is the one that comes with this repository, which names nobody: to ask others than "
                said += "yourself, write your own (human.consent), export and freeze again."
            return said
        table = power(given.people, given.accuracy, given.spread, given.pictures)
        return table.to_string(index=False, float_format=lambda value: f"{value:.3f}")
    except FileNotFoundError as error:
        others = []
        if Path(error.filename).name == "trials.json":
            results = Path(given.exported).resolve().parents[1]
            others = sorted(path.parts[-3] for path in results.glob("*/human/trials.json"))
        have = f"; {', '.join(others)} {'has' if len(others) == 1 else 'have'} one" if others else "; run the workflow first"
        sys.exit(f"human-freeze: found no {error.filename}, expected an exported study{have}")
    except ValueError as error:
        sys.exit(f"human: {error}")


if __name__ == "__main__":
    print(main())
