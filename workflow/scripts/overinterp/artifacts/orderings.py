"""Orderings, and masks where they are all that is kept of them, on disk: one self-describing ``.npz`` a shard, never merged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from overinterp.artifacts.files import reading_npz, replacing
from overinterp.search.kept import Kept
from overinterp.search.ordering import Ordering, concatenate


def save_shard(path: str | Path, found: Ordering | Kept) -> None:
    """Write the orderings, or the masks, of one shard."""
    arrays = {name: getattr(found, name) for name in found.ARRAYS}
    with replacing(path) as temporary:
        np.savez_compressed(temporary, header=np.array(json.dumps(found.common)), **arrays)


def load_orderings(paths: list[str | Path]) -> Ordering | Kept:
    """Read all shards of one search of one classifier and split; masks, where the search's run says ``keep``.

    Raises:
        ValueError: A shard is damaged, or the shards are of different searches or overlap.
    """
    found = concatenate([_load_shard(path) for path in paths])
    if len(np.unique(found.index)) != len(found):
        raise ValueError(f"{paths[0]}: found images in more than one of {len(paths)} shards, expected each once")
    return found


def _load_shard(path) -> Ordering | Kept:
    with reading_npz(path, "a shard of orderings") as file:
        header = json.loads(str(file["header"]))
        kind = Ordering
        if "fractions" in header:
            kind, header["fractions"] = Kept, tuple(header["fractions"])
        return kind(**{name: file[name] for name in kind.ARRAYS}, **header)
