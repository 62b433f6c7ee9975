"""The paper's claims, and the objections to them, judged anew from the tables of docs/results by limits that stand here.

    python -m overinterp.claims             # what `make check-claims` does: fails where docs/CLAIMS.md says anything else
    python -m overinterp.claims --write     # write docs/CLAIMS.md

A verdict is `holds` where a whole 95 % interval lies beyond the limit, `does not hold` where it lies on the other side, and
`not judged` where it holds the limit, or where there are fewer than `FEWEST` images.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from overinterp.claims.judges import (
    FAILS,
    FEWEST,
    HOLDS,
    OPEN,
    any_class,
    border,
    other_blanks,
    places,
    positions,
    remedy,
    right_and_wrong,
    rings,
    shown,
    sizes,
    students,
    trained,
    trained_above,
    trained_places,
    transferred,
)
from overinterp.published import SIS_SIZE

RESULTS, PAGE = Path("docs/results"), Path("docs/CLAIMS.md")
VERDICTS = (HOLDS, FAILS, OPEN)
COLUMNS = ("networks", "ours", "verdict", "table")
HEAD = """# Claim by claim

Written by `python -m overinterp.claims --write` from the tables in [results](results), which are of real runs;
`make check-claims` judges them anew and fails where this page says anything else. What these runs are, with commands, data and
machines, is in [RESULTS.md](RESULTS.md). *Published*: only what was read in the published text or measured off its figures.

A claim **holds** where a whole 95 % interval lies beyond the limit that its line names, and **does not hold** where it lies on
the other side; else, and of fewer than {fewest} images, it is not judged. Intervals are over images (fewer than five seeds), each
line by itself: of twenty lines on which there was nothing, one would be expected to be judged all the same. Sizes and remedies
of several networks are judged only where each of them lies on the same side.
Limits are ours: the paper states none. Networks: `resnet20-full` and `resnet20-input_dropout` were trained here for 30 epochs on
all 50,000 training images of the JPEG copy of CIFAR-10, `resnet20-epochs_60` and `-epochs_200` for as many, `vgg16-full15` and
`resnet20-adversarial` for 15; `resnet20_200`, `resnet32_200` and `resnet44_200` by others for 200 epochs on the originals, and
are shown the JPEG copy; brought teachers are of these; teachers of 5 and 15 epochs were trained here on 10,000 images, those of
60 and 200 on all; `backselect` and `position` of `cifar10_cpu` are students of two teachers of 15 epochs, on a thousand generated
corruptions, not CIFAR-10-C; the small ResNets here on ten ImageNet classes at 64x64 for 24 epochs. `exact`: the paper's search of
CIFAR-10, by log-odds. `masks`, `gradient`: the paper's search of ImageNet, in steps of 32 pixels at 32x32, of 82 at 64x64 and of
100 at 224x224 (500 where the network's edge is treated otherwise). `refined`, which ends pixel by pixel, and `ranked`, for
photographs: ours. By `refined`, lines of `cifar10_remedies`
and `cifar10_verdict` are of the present form of that search, those of `cifar10_seeds` and `cifar10_lengths` of one that tried all
from 128 pixels down instead of 256 (seed 2 of another that differs little, see RESULTS.md), those of `cifar10_gpu` of an earlier
one ([METHODS.md](METHODS.md#refined-scores-first-then-every-pixel-tried)). Remedies are compared on the thirty images of
`cifar10_remedies`, of which each ordinary network and each with input dropout is 99 % sure; `cifar10_exact` searches ten of
these by exact search, five networks against eight (greedy, so its sizes are upper bounds still).
"""
DIGEST = """
How many lines of the table below each verdict is of, and of which searches (`masks`, `refined`, ...) or at which thresholds. A
line is a network, a group of networks or a comparison; lines are no votes: those of one claim share images, and many networks
differ by their seed alone.
"""


@dataclass(frozen=True)
class Claim:
    """A sentence that a table can confirm or not.

    Attributes:
        sentence: What is claimed, with the limit.
        published: What the paper prints for it.
        evidence: (folder, table, judge) each; a judge makes of the table rows of (networks, ours, verdict).
    """

    sentence: str
    published: str
    evidence: tuple[tuple[str, str, Callable[[pd.DataFrame], Iterator[tuple[str, str, str]]]], ...]


_by_refined = partial(remedy, by="refined", exact=256)
_SEEDS = tuple(f"resnet20-full-{seed}" for seed in (0, 1, 2, 3, 4, 5, 6, 8))
_DROPOUT = tuple(f"resnet20-input_dropout-{seed}" for seed in range(5))
_SEARCHED_EXACTLY = tuple(f"resnet20-full-{seed}" for seed in range(8)) + _DROPOUT
_OTHERS = ("resnet20-adversarial-0", "vgg16-full15-0", "vgg16-full15-1")
_LENGTHS = ("resnet20-epochs_5-0", "resnet20-epochs_15-0", "resnet20_epochs_200")
_TRAINED_LONG = ("resnet20-epochs_60-0", "resnet20-epochs_200-0")
_BROUGHT = ("resnet20_200", "resnet32_200", "resnet44_200")
_PUBLISHED = ", ".join(
    f"{name.replace('resnet', 'ResNet').replace('vgg', 'VGG')} {np.mean(SIS_SIZE[name, False]):.1f}"
    for name in ("resnet18", "resnet20", "vgg16")
)
CLAIMS = (
    Claim(
        "Networks are 99 % sure of a class on fewer than 5 % of the pixels (mean size below 51.2 of 1,024)",
        f"ten images of figure 1: {_PUBLISHED} pixels",
        (
            ("cifar10_seeds", "sis_size_by_threshold", sizes("resnet20-full")),
            ("cifar10_exact", "sis_size_by_threshold", sizes("resnet20-full", search="exact")),
            ("cifar10_gpu", "sis_size_by_threshold", sizes(*_BROUGHT, "vgg16-full15", "ensemble_200")),
            ("cifar10_lengths", "sis_size_by_threshold", sizes("resnet20-epochs_60", "resnet20-epochs_200")),
        ),
    ),
    Claim(
        "They are as right on what gradient steps keep, 5 % on CIFAR-10 (whose images the paper searched exactly) and 10 % on "
        "ImageNet's classes (within 5 points of full images)",
        "99 % confidence on 5 %; no accuracy at hand",
        (
            ("cifar10_seeds", "accuracy", shown("kept", -0.05, True, *_SEEDS)),
            ("cifar10_gpu", "accuracy", shown("kept", -0.05, True, *_BROUGHT)),
            ("imagenet", "training_accuracy", shown("kept", -0.05, True, "small_resnet-full-0", "small_resnet-full-1")),
        ),
    ),
    Claim(
        "They are at chance on 5 % random pixels (within 5 points of it)",
        "9.98 % right, as quoted by others",
        (
            ("cifar10_seeds", "accuracy", shown("random", 0.05, False, *_SEEDS)),
            ("cifar10_gpu", "accuracy", shown("random", 0.05, False, *_BROUGHT)),
        ),
    ),
    Claim(
        "Networks trained on kept pixels generalise to such images (ten points above students of random pixels)",
        "claimed; of 10 % on ImageNet: 71.4 % right, an Inception v3 (of how many answers is not at hand)",
        (
            ("cifar10_audit", "leakage", students("of_5", "of_15", "of_200")),
            ("cifar10_lengths", "controls", students("of_200")),
            ("cifar10_union", "leakage", students("union_200", "union_15", "other_15")),
            ("imagenet", "training_accuracy", trained("kept")),
        ),
    ),
    Claim(
        "They generalise to corrupted test images as well (ten points above students of random pixels)",
        "an experiment of the paper (CIFAR-10-C); no result at hand",
        (
            ("cifar10_cpu", "accuracy", trained("backselect_0", corrupted=True)),
            ("cifar10_cpu", "accuracy", trained("backselect_1", corrupted=True)),
        ),
    ),
    Claim(
        "Objection: what generalises is where they lie (position alone reaches more than half of it)",
        "not asked",
        (
            ("cifar10_audit", "leakage", positions("of_5", "of_15", "of_200", "of_200_other")),
            ("cifar10_lengths", "leakage", positions("of_60", "of_200", "of_brought")),
            ("cifar10_union", "leakage", positions("union_200", "union_15", "other_15")),
            ("imagenet", "training_accuracy", trained_places("position", "kept")),
            ("cifar10_cpu", "accuracy", trained_places("position_0", "backselect_0", corrupted=True)),
            ("cifar10_cpu", "accuracy", trained_places("position_1", "backselect_1", corrupted=True)),
        ),
    ),
    Claim(
        "Kept pixels crowd at the border of CIFAR-10's images (more than an even share on the outermost ring)",
        "an experiment of the paper; no result at hand",
        (
            ("cifar10_seeds", "pixel_rings", rings("masks", *_SEEDS, *_DROPOUT)),
            ("cifar10_gpu", "pixel_rings", rings("masks", *_BROUGHT, *_OTHERS)),
            ("cifar10_seeds", "pixel_rings", rings("refined", *_SEEDS)),
            ("cifar10_gpu", "pixel_rings", rings("refined", *_BROUGHT, "vgg16-full15-0", "vgg16-full15-1")),
            ("cifar10_remedies", "pixel_rings", rings("refined", *_DROPOUT, "resnet20-adversarial-0")),
            ("cifar10_audit", "pixel_rings", rings("gradient", *_LENGTHS)),
            ("cifar10_lengths", "pixel_rings", rings("gradient", *_TRAINED_LONG)),
            ("cifar10_lengths", "pixel_rings", rings("refined", *_TRAINED_LONG)),
            ("cifar10_exact", "pixel_rings", rings("exact", *_SEARCHED_EXACTLY)),
        ),
    ),
    Claim(
        "Kept pixels crowd at the border of ImageNet's photographs (more than an even share in the outermost 8 of 224 pixels)",
        "an experiment of the paper; no result at hand",
        (
            ("photographs", "pixel_rings", rings("gradient", "squeezenet", "mobilenet", outermost=8)),
            ("photographs", "pixel_rings", rings("ranked", "squeezenet", "mobilenet", outermost=8)),
        ),
    ),
    Claim(
        "The same with the network's edge treated otherwise: padded by reflection; the image in a frame; the image moved by half",
        "not asked",
        (
            ("photographs", "padding_rings", rings("gradient", "reflected", "framed", "shifted", outermost=8)),
            ("photographs", "padding_places", places("ranked", "reflected", "framed", "shifted")),
        ),
    ),
    Claim(
        "Ensembling mitigates (larger subsets, same images)",
        "claimed",
        (
            (
                "cifar10_remedies",
                "mitigation",
                _by_refined("ensemble of 3", "brought_at_0_9", "brought_at_0_99"),
            ),
            (
                "cifar10_remedies",
                "mitigation",
                _by_refined("ensembles of 3", "ensembles_at_0_9", "ensembles_at_0_99"),
            ),
        ),
    ),
    Claim(
        "Input dropout mitigates (larger subsets, dropout off in the search)",
        "claimed",
        (
            (
                "cifar10_remedies",
                "mitigation",
                _by_refined("input dropout", "dropout_at_0_9", "dropout_at_0_99"),
            ),
            ("cifar10_exact", "mitigation", remedy("input dropout", "dropout_at_0_9", "dropout_at_0_99", by="exact search")),
        ),
    ),
    Claim(
        "Right answers rest on more pixels than wrong ones",
        "an experiment of the paper; no result at hand",
        (
            ("cifar10_seeds", "sis_size_correct_incorrect", right_and_wrong("resnet20-full")),
            ("cifar10_gpu", "sis_size_correct_incorrect", right_and_wrong(*_BROUGHT)),
            ("photographs", "sis_size_correct_incorrect", right_and_wrong("squeezenet", "mobilenet")),
            ("photographs", "gradient_sis_size_correct_incorrect", right_and_wrong("squeezenet", "mobilenet")),
        ),
    ),
    Claim(
        "An adversarially trained network's subsets are larger",
        "ten images of figure 1: 52.2 pixels (architecture not stated)",
        (("cifar10_remedies", "mitigation", _by_refined("adversarial", "adversarial_at_0_5")),),
    ),
    Claim(
        "Objection: some pixels make a network sure of a class that is not there (on more than a quarter of the images)",
        "not asked",
        (
            ("cifar10_gpu", "wrong_class", any_class),
            ("cifar10_verdict", "wrong_class", any_class),
            ("photographs", "wrong_class", any_class),
        ),
    ),
    Claim(
        "Objection: subsets suffice on the search's own blank alone (under each of five other fills fewer than half of them do)",
        "not asked",
        (
            ("cifar10_gpu", "blanks", other_blanks("resnet20-full", *_BROUGHT, "resnet20-input_dropout", "ensemble_30")),
            ("cifar10_leakage", "blanks", other_blanks("resnet20_epochs_200")),
            ("cifar10_verdict", "blanks", other_blanks("resnet20_epochs_200")),
            ("photographs", "blanks", other_blanks("squeezenet", "mobilenet")),
            ("photographs", "gradient_blanks", other_blanks("squeezenet", "mobilenet")),
        ),
    ),
    Claim(
        "Kept pixels convince another network (it is right on them by ten points more than a guess)",
        "an experiment of the paper; no result at hand",
        (
            ("cifar10_gpu", "transfer", transferred("another seed")),
            ("cifar10_gpu", "transfer", transferred("another classifier")),
            ("photographs", "transfer", transferred("another classifier")),
        ),
    ),
    Claim(
        "ImageNet: a network that knows whole images recognises its border alone (above 5 % of 1,000 classes, and above as many "
        "random pixels)",
        "claimed: border pixels suffice for testing",
        (("imagenet", "border", border(0.05, (0.1, 0.3, 0.6), "squeezenet", "mobilenet")),),
    ),
    Claim(
        "ImageNet: networks trained on border pixels learn something (ten of its classes, 10 % of the pixels: above 20 %)",
        "claimed: border pixels suffice for training",
        (("imagenet", "training_accuracy", trained_above("border", 0.2)),),
    ),
    Claim(
        "ImageNet: they generalise as networks of kept pixels are asked to (ten points above students of random pixels)",
        "as above",
        (("imagenet", "training_accuracy", trained("border")),),
    ),
    Claim("People cannot tell what is left", "claimed", ()),
)


def page() -> str:
    """docs/CLAIMS.md.

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
    digest = ["| claim | " + " | ".join(verdict.strip("*") + " of" for verdict in VERDICTS) + " |", "| --- " * 4 + "|"]
    digest += [f"| {claim.sentence} | " + " | ".join(_of(rows, verdict) for verdict in VERDICTS) + " |" for claim, rows in judged]
    return "\n".join([HEAD.format(fewest=FEWEST) + DIGEST, *digest, "", "## Line by line", "", *lines, ""])


def _of(rows: list[tuple[str, str, str, str]], verdict: str) -> str:
    """How many lines a verdict is of, and of which kind: the search or threshold that follows a network's name."""
    found = [networks for networks, _, judged, _ in rows if judged == verdict]
    kinds = Counter(networks.rpartition(", ")[2] for networks in found if ", " in networks)
    if sum(kinds.values()) < len(found):  # single networks, and one that needs a word
        kinds = {}
    words = [kind if count == len(found) else f"{count} {kind}" for kind, count in sorted(kinds.items())]
    return str(len(found)) + (f" ({', '.join(words)})" if words else "")


def _judged(claim: Claim) -> Iterator[tuple[str, str, str, str]]:
    for folder, name, judge in claim.evidence:
        file = RESULTS / folder / f"{name}.csv"
        if not file.is_file():
            raise ValueError(f"{file}: found no such table, expected what the claim '{claim.sentence}' is judged from")
        try:
            rows = list(judge(pd.read_csv(file)))
        except (ValueError, KeyError, AttributeError) as error:  # no such row, no such column
            raise ValueError(f"{file}: {error}, expected for the claim '{claim.sentence}'") from error
        if not rows:
            raise ValueError(f"{file}: found nothing on the claim '{claim.sentence}'")
        for row in rows:
            yield (*row, f"[{folder}](results/{folder}/{name}.csv)")


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    try:
        now = page()
    except ValueError as error:
        print(f"claims: {error}")
        return 1
    if write:
        PAGE.write_text(now)
        return 0
    before = PAGE.read_text() if PAGE.is_file() else ""
    if before != now:
        print("\n".join(difflib.unified_diff(before.splitlines(), now.splitlines(), str(PAGE), "the tables", n=0, lineterm="")))
        print(f"claims: {PAGE} says what its tables do not say (-), or leaves out what they say (+)")
        return 1
    rows = sum(line.startswith("|") for line in before.partition("## Line by line")[2].splitlines()) - 2
    print(f"claims: {len(CLAIMS)} claims, {rows} verdicts, all as {PAGE} has them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
