"""Orderings on disk: one self-describing ``.npz`` a shard, never merged."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from overinterp.artifacts.files import replacing
from overinterp.search.ordering import ARRAYS, Ordering, concatenate


def save_shard(path: str | Path, ordering: Ordering) -> None:
    """Write the orderings of one shard."""
    header = {"height": ordering.height, "width": ordering.width, "meta": ordering.meta}
    arrays = {f.name: getattr(ordering, f.name) for f in ARRAYS}
    with replacing(path) as temporary:
        np.savez_compressed(temporary, header=np.array(json.dumps(header)), **arrays)


def load_orderings(paths: list[str | Path]) -> Ordering:
    """Read all shards of one search of one classifier and split.

    Raises:
        ValueError: A shard is damaged, or the shards are of different searches or overlap.
    """
    ordering = concatenate([_load_shard(path) for path in paths])
    if len(np.unique(ordering.index)) != len(ordering):
        raise ValueError(f"{paths[0]}: found images in more than one of {len(paths)} shards, expected each once")
    return ordering


def _load_shard(path) -> Ordering:
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            return Ordering(**{f.name: file[f.name] for f in ARRAYS}, **header)
    except (zipfile.BadZipFile, KeyError, EOFError, ValueError) as error:
        raise ValueError(f"{path}: expected a shard of orderings, found damage ({error}); delete it and run again") from error
