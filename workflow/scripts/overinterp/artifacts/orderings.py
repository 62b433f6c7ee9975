"""Orderings, and masks where they are all that is kept of them, on disk: one self-describing ``.npz`` a shard, never merged."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from overinterp.artifacts.files import replacing
from overinterp.search import kept, ordering
from overinterp.search.kept import Kept
from overinterp.search.ordering import Ordering


def save_shard(path: str | Path, found: Ordering | Kept) -> None:
    """Write the orderings, or the masks, of one shard."""
    header = {"height": found.height, "width": found.width, "meta": found.meta}
    header |= {"fractions": found.fractions} if isinstance(found, Kept) else {}
    names = kept.ARRAYS if isinstance(found, Kept) else ordering.ARRAYS
    arrays = {name: getattr(found, name) for name in names}
    with replacing(path) as temporary:
        np.savez_compressed(temporary, header=np.array(json.dumps(header)), **arrays)


def load_orderings(paths: list[str | Path]) -> Ordering | Kept:
    """Read all shards of one search of one classifier and split; masks, where the search's run says ``keep``.

    Raises:
        ValueError: A shard is damaged, or the shards are of different searches or overlap.
    """
    parts = [_load_shard(path) for path in paths]
    found = (kept if isinstance(parts[0], Kept) else ordering).concatenate(parts)
    if len(np.unique(found.index)) != len(found):
        raise ValueError(f"{paths[0]}: found images in more than one of {len(paths)} shards, expected each once")
    return found


def _load_shard(path) -> Ordering | Kept:
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            if "fractions" in header:
                header["fractions"] = tuple(header["fractions"])
                return Kept(**{name: file[name] for name in kept.ARRAYS}, **header)
            return Ordering(**{name: file[name] for name in ordering.ARRAYS}, **header)
    except (zipfile.BadZipFile, KeyError, EOFError, ValueError) as error:
        raise ValueError(f"{path}: expected a shard of orderings, found damage ({error}); delete it and run again") from error
