"""What modules of tables and figures are given, and what those of tables give back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from overinterp.artifacts.orderings import load_orderings
from overinterp.data.source import Source
from overinterp.search.ordering import Ordering


@dataclass(frozen=True)
class Searched:
    """One search of one classifier on one split.

    Attributes:
        row: The columns that describe it.
        paths: Its shards.
    """

    row: dict
    paths: list

    def shards(self) -> Iterator[Ordering]:
        """Its orderings, one shard at a time."""
        for path in self.paths:
            yield load_orderings([path])

    def load(self) -> Ordering:
        """All of its orderings."""
        return load_orderings(self.paths)


@dataclass(frozen=True)
class Inputs:
    """What a table or figure is made from; empty where it asks for none of it.

    Attributes:
        searches: In the order of the plan.
        tables: By name.
        parts: Files made by jobs of one classifier each.
        source: The test images, for figures.
        data: ``data.json``.
        settings: Values of the config.
        boxes: The list of the boxes around the test images' objects.
    """

    searches: list[Searched] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    parts: list[Path] = field(default_factory=list)
    source: Source | None = None
    data: dict | None = None
    settings: dict = field(default_factory=dict)
    boxes: Path | None = None


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        rows: All of it, one row an observation.
        summary: The few rows that a reader of the report wants.
        caption: Of the summary.
    """

    rows: pd.DataFrame
    summary: pd.DataFrame
    caption: str


def searches(rows: list[dict], paths: list) -> list[Searched]:
    """Searches from their describing rows, each with its number of ``shards``, and all their files one after the other."""
    found, first = [], 0
    for row in rows:
        last = first + row["shards"]
        found.append(Searched({key: value for key, value in row.items() if key != "shards"}, list(paths[first:last])))
        first = last
    return found
