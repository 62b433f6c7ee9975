"""docs/CLAIMS.md, and the table of docs/RESULTS.md that sums it up, written from the tables of docs/results."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from overinterp.artifacts.tables import read_table
from overinterp.claims.evidence import CLAIMS, FORMS, SAME, Claim
from overinterp.claims.verdicts import FAILS, HOLDS, OPEN
from overinterp.statistics import FEWEST_IMAGES

RESULTS, PAGE, SHORT = Path("docs/results"), Path("docs/CLAIMS.md"), Path("docs/RESULTS.md")
VERDICTS = (HOLDS, FAILS, OPEN)
COMMAND = re.compile(r"^(snakemake .*--configfile (\S+))", re.MULTILINE)
BEGIN, END = "<!-- claims -->\n", "<!-- end of claims -->\n"


def written() -> dict[Path, str]:
    """The pages that tell of claims: all of `PAGE`, and of `SHORT` what stands between `BEGIN` and `END`.

    Raises:
        ValueError: A table is missing, or says nothing of a claim that it is named for.
    """
    none = [("", "no people have been asked with this repository", OPEN, "")]
    judged = [(claim, list(_judged(claim)) or none) for claim in CLAIMS]
    digest = ["| claim | " + " | ".join(verdict.strip("*") for verdict in VERDICTS) + " |", "| --- " * 4 + "|"]
    sections, short = [], ["| claim | published | found |", "| --- " * 3 + "|"]
    for number, (claim, rows) in enumerate(judged, 1):
        place = f"claim-{number}"
        counts = " | ".join(_of(rows, verdict) for verdict in VERDICTS)
        digest.append(f"| [{number}](#{place}) {claim.sentence} | {counts} |")
        short.append(f"| [{number}]({PAGE.name}#{place}) {claim.sentence} | {claim.published} | {_in_short(rows)} |")
        sections += [f"### Claim {number}", "", f"{claim.sentence}. Published: {claim.published}.", ""]
        sections += ["| networks | ours | verdict | table, the run's configs |", "| --- " * 4 + "|"]
        sections += ["| " + " | ".join(row) + " |" for row in rows] + [""]
    runs = ["| run | config | command |", "| --- " * 3 + "|"]
    for folder in dict.fromkeys(folder for claim in CLAIMS for folder, _, _ in claim.evidence):
        for number, (command, config) in enumerate(_commands(folder)):
            name = f"[{folder}](results/{folder}/README.md)" if number == 0 else ""
            runs.append(f"| {name} | {_linked(config)} | `{command}` |")
    head, key = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("head.md", "networks.md"))
    parts = [
        head.replace("FEWEST", str(FEWEST_IMAGES)),
        *digest,
        "",
        "## Line by line",
        "",
        *sections,
        key,
        "## Config and command",
        "",
        *runs,
        "",
    ]
    return {PAGE: "\n".join(parts), SHORT: _replaced("\n".join(short) + "\n")}


def _replaced(table: str) -> str:
    """`SHORT` with this between `BEGIN` and `END`."""
    text = SHORT.read_text(encoding="utf-8") if SHORT.is_file() else ""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if (text.count(BEGIN), text.count(END), end) != (1, 1, END):
        raise ValueError(f"{SHORT}: found no part for claims, expected the lines {BEGIN.strip()} and {END.strip()}, once each")
    return before + BEGIN + table + END + after


def _commands(folder: str) -> list[tuple[str, str]]:
    """The commands of a run, as its own page gives them, and their configs."""
    page = RESULTS / folder / "README.md"
    found = COMMAND.findall(page.read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"{page}: found no command with a --configfile, expected what makes the tables beside it")
    return found


def _configs(folder: str, table: str) -> list[str]:
    """The configs of a run that have to do with a table: one whose name heads tables makes these alone, others all the rest."""
    heads = {config: Path(config).stem for config in dict.fromkeys(config for _, config in _commands(folder))}
    made = {
        file.stem: [c for c, head in heads.items() if f"{file.stem}_".startswith(f"{head}_")]
        for file in (RESULTS / folder).glob("*.csv")
    }
    return made[table] or [config for config in heads if not any(config in by for by in made.values())]


def _linked(config: str) -> str:
    return f"[{Path(config).name}]({os.path.relpath(config, PAGE.parent)})"


def _in_short(rows: list[tuple[str, str, str, str]]) -> str:
    """What the lines of a claim say together, and of how many."""
    held, failed, unjudged = (sum(row[2] == verdict for row in rows) for verdict in VERDICTS)
    if held and failed:
        found = [f"{held} hold{'s' * (held == 1)}", f"{failed} do{'es' * (failed == 1)} not"]
        return f"**holds in part**: of {len(rows)} lines {', '.join(found + [f'{unjudged} undecided'] * bool(unjudged))}"
    word, judged = ("holds", held) if held else ("does not hold", failed)
    if not judged:
        return "**not judged**"
    lines = f"{len(rows)} line{'s' * (len(rows) > 1)}"
    return f"**{word} in {judged} of {lines}**, {unjudged} undecided" if unjudged else f"**{word}**, {lines}"


def _of(rows: list[tuple[str, str, str, str]], verdict: str) -> str:
    """How many lines a verdict is of, and of which kind: the search or threshold that follows a network's name."""
    found = [networks for networks, _, judged, _ in rows if judged == verdict]
    kinds = Counter(networks.rpartition(", ")[2] for networks in found if ", " in networks)
    if sum(kinds.values()) < len(found):  # single networks, and one that needs a word
        kinds = {}
    words = [kind if count == len(found) else f"{count} {kind}" for kind, count in sorted(kinds.items())]
    of = len({networks.partition(", ")[0].partition(" at ")[0] for networks in found})
    of = f" of {of}" if of < len(found) else ""
    return f"{len(found)}{of}" + (f" ({', '.join(words)})" if words else "")


def _judged(claim: Claim) -> Iterator[tuple[str, str, str, str]]:
    for folder, name, judge in claim.evidence:
        file = RESULTS / folder / f"{name}.csv"
        if not file.is_file():
            raise ValueError(f"{file}: found no such table, expected what the claim '{claim.sentence}' is judged from")
        try:
            rows = list(judge(read_table(file)))
        except (ValueError, KeyError, AttributeError) as error:  # no such row, no such column
            raise ValueError(f"{file}: {error}, expected for the claim '{claim.sentence}'") from error
        if not rows:
            raise ValueError(f"{file}: found nothing on the claim '{claim.sentence}'")
        form = FORMS.get(folder, "refined")
        configs = ", ".join(_linked(config) for config in _configs(folder, name))
        for networks, *rest in rows:
            searched = networks.replace(*SAME).replace(", refined", f", {form}")
            if form != "refined" and "refined" in searched.replace(form, ""):
                raise ValueError(f"{file}: '{networks}' names the search where its form cannot be put, expected ', refined'")
            yield searched, *rest, f"[{folder}](results/{folder}/{name}.csv), {configs}"
