"""The order of classes whose names are folders' or labels'."""

from __future__ import annotations

from collections.abc import Iterable


def in_order(names: Iterable[str]) -> list[str]:
    """Names sorted: by value where all are whole numbers (2 before 10), else as text."""
    names = sorted(names)
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else names
