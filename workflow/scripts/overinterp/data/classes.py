"""Names of classes: in which order folders' and labels' are, and what outputs are called that are none of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def in_order(names: Iterable[str]) -> list[str]:
    """Names sorted: by value where all are whole numbers (2 before 10), else as text."""
    names = sorted(names)
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else names


def of_outputs(names: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """Names of a study's classes, then what the classifier's other outputs are called; of one trained here there are none."""
    return [*names, *(f"{name} (none of the classes)" for name in outputs[len(names) :])]


def called(number: int, names: Sequence[str]) -> str:
    """The name of an output; a classifier may have more outputs than the study has classes."""
    return names[number] if number < len(names) else "an output of no class here"
