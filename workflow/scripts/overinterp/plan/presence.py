"""Files that a config names and that are their user's: looked for when jobs are planned; a config can be read without them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from overinterp.plan.study import Study

LARGE = 1_000_000  # bytes of a file that is not read whenever jobs are planned


def there(study: Study, key: str, path: str, folder: bool = False, home: str | None = None, what: str = "") -> str:
    """The path of a file or folder that is there.

    Args:
        study: Its study.
        key: The config's key that names it.
        path: Where it should be.
        folder: Whether a folder is expected.
        home: Where it can be had.
        what: What the file holds, in words.

    Raises:
        ConfigError: It is not there.
    """
    if not (Path(path).is_dir() if folder else Path(path).is_file()):
        expected = f"an existing {'folder' if folder else 'file'}{what}"
        study.fail(key, path, f"{expected}. {home}" if home else expected)
    return path


def written(paths: list[str]) -> list[str]:
    """What is in files, to be told to a job as params: a digest, of more than `LARGE` bytes their number and the time of writing.

    Snakemake runs a job again for files newer than what it made; one that an older file has replaced (by ``mv`` or a link, say)
    is no news to it. A folder's own time says nothing of its files, and is not told.
    """
    found = []
    for path in filter(os.path.isfile, paths):
        size, time = os.path.getsize(path), int(os.path.getmtime(path))
        said = f"{size} bytes, {time}" if size > LARGE else hashlib.sha256(Path(path).read_bytes()).hexdigest()
        found.append(f"{path}: {said}")
    return found
