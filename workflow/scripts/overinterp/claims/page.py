"""docs/CLAIMS.md, written from the tables of docs/results."""

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

RESULTS, PAGE = Path("docs/results"), Path("docs/CLAIMS.md")
VERDICTS = (HOLDS, FAILS, OPEN)
COMMAND = re.compile(r"^(snakemake .*--configfile (\S+))", re.MULTILINE)
COLUMNS = ("networks", "ours", "verdict", "table")
HEAD = """# Claim by claim

Written by `PYTHONPATH=workflow/scripts python -m overinterp.claims --write` from the tables in [results](results), which are of
real runs; `make check-claims` judges them anew and fails where this page says anything else. What these runs are, with commands,
data and machines, is in [RESULTS.md](RESULTS.md); the config and command of each stand [at the end](#config-and-command).
*Published*: only what was read in the published text or measured off its figures. The whole PDF was not: "not at hand" means that
we have not seen it, not that the paper lacks it.

A claim **holds** where a whole 95 % interval lies beyond the limit that its line names, and **does not hold** where it lies on
the other side; else, and of fewer than {fewest} images, it is not judged. Intervals are over images, of five networks and more
over these, too (but of the remedies only `cifar10_exact`'s before scaling: the others' sizes were not kept), each line by itself:
of twenty lines on which there was nothing, one would be expected to be judged all the same; of eight to twelve images an interval
holds the truth in some nine cases of ten. Sizes and remedies of several networks are judged only where each of them lies on the
same side. Limits are ours, for the paper states none, and most were set when the results were at hand: they tell numbers apart,
they are no test that was fixed beforehand. Networks: `resnet20-full` and `resnet20-input_dropout` were trained here for 30 epochs
on all 50,000 training images of the JPEG copy of CIFAR-10, `resnet20-epochs_60` and `-epochs_200` for as many, `vgg16-full15`
and `resnet20-adversarial` for 15; `resnet20_200` (in some tables `resnet20_epochs_200`), `resnet32_200` and `resnet44_200` by
others for 200 epochs on the originals, and are shown the JPEG copy; brought teachers are of these; teachers of 5 and 15 epochs
were trained here on 10,000 images (as were the networks of `cifar10_cpu`, for 15), those of 60 and 200 on all; `backselect`
and `position` of `cifar10_cpu` are students of two
teachers of 15 epochs, on a thousand generated corruptions, not CIFAR-10-C; the small ResNets here on ten ImageNet classes at
64x64 for 24 epochs (for objects on twenty of Tiny ImageNet for 15). `exact`: the paper's search of CIFAR-10, by log-odds.
`masks`, `gradient`: the paper's search of ImageNet, one method under two names, in steps of 32 pixels at 32x32 (of 8 in
`cifar10_figure1` and the three `cifar10_exact_random`), of 82 at 64x64 and of 100 at 224x224 (500 where the network's edge is
treated otherwise). `refined`, which
ends pixel by pixel, and `ranked`, for photographs: ours. By `refined` without more, lines are of the present form of that
search; `from 128 pixels`: of one that tried all from 128 pixels down instead of 256 (seed 2 of another that differs little, see
RESULTS.md); `first form`: of an earlier one ([METHODS.md](METHODS.md#refined-scores-first-then-every-pixel-tried)). Remedies
are compared on the thirty images of `cifar10_remedies`, of which each ordinary network and each with input dropout is 99 %
sure, as they are and `scaled`, after each one's temperature was fitted (in `cifar10_cpu` on those that all have right);
`cifar10_exact` searches ten of these by exact search, five networks against eight (greedy, so its sizes are upper bounds
still), `cifar10_figure1` the ten images of the paper's figure 1 and (tables `easy_...`) the same ten,
`cifar10_exact_random` twenty drawn at random, `cifar10_exact_random_32` and `_44` nine and eight of
these of which two other networks are 99 % sure.
"""
DIGEST = """
How many lines of the table below each verdict is of (`11 of 6`: eleven lines that bear six names of networks, groups or
comparisons; what has one name may be of several runs), and of which searches (`masks`, `refined`, ...) or at which thresholds.
Lines are no votes: those of one claim share images, one network
may have several, and many differ by their seed alone.
"""


def written() -> str:
    """The whole page.

    Raises:
        ValueError: A table is missing, or says nothing of a claim that it is named for.
    """
    none = [("", "no people have been asked with this repository", OPEN, "")]
    judged = [(claim, list(_judged(claim)) or none) for claim in CLAIMS]
    lines = ["| claim | published | " + " | ".join(COLUMNS) + " |", "| --- " * 6 + "|"]
    for claim, rows in judged:
        for number, row in enumerate(rows):
            head = [claim.sentence, claim.published] if number == 0 else ["", ""]
            lines.append("| " + " | ".join([*head, *row]) + " |")
    digest = ["| claim | " + " | ".join(verdict.strip("*") for verdict in VERDICTS) + " |", "| --- " * 4 + "|"]
    digest += [f"| {claim.sentence} | " + " | ".join(_of(rows, verdict) for verdict in VERDICTS) + " |" for claim, rows in judged]
    runs = ["| run | config | command |", "| --- " * 3 + "|", *_runs()]
    return "\n".join(
        [
            HEAD.format(fewest=FEWEST_IMAGES) + DIGEST,
            *digest,
            "",
            "## Line by line",
            "",
            *lines,
            "",
            "## Config and command",
            "",
            *runs,
            "",
        ]
    )


def _runs() -> Iterator[str]:
    """A line a command of the runs that claims are judged from, as their own pages give them."""
    for folder in dict.fromkeys(folder for claim in CLAIMS for folder, _, _ in claim.evidence):
        page = RESULTS / folder / "README.md"
        found = COMMAND.findall(page.read_text(encoding="utf-8"))
        if not found:
            raise ValueError(f"{page}: found no command with a --configfile, expected what makes the tables beside it")
        for number, (command, config) in enumerate(found):
            name = f"[{folder}](results/{folder}/README.md)" if number == 0 else ""
            yield f"| {name} | [{Path(config).name}]({os.path.relpath(config, PAGE.parent)}) | `{command}` |"


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
        for networks, *rest in rows:
            searched = networks.replace(*SAME).replace(", refined", f", {form}")
            if form != "refined" and "refined" in searched.replace(form, ""):
                raise ValueError(f"{file}: '{networks}' names the search where its form cannot be put, expected ', refined'")
            yield searched, *rest, f"[{folder}](results/{folder}/{name}.csv)"
