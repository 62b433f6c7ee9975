"""Lists of image files: every file is read and decoded once, before anything is done with any."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from overinterp.data import pictures

logger = logging.getLogger(__name__)
TOGETHER = 64  # files that are looked at before the next are


class Listed(NamedTuple):
    """A picture's file, label, sha256, and height and width when it is upright."""

    file: str
    label: int
    digest: str
    height: int
    width: int


def readable(
    candidates: Sequence[tuple[str, int]],
    count: int,
    unreadable: str,
    threads: int = 1,
    on_file: Callable[[int], None] = lambda done: None,
) -> tuple[list[Listed], list[tuple[str, str]]]:
    """The first files that can be decoded.

    Args:
        candidates: File and label of each, in the order in which they are taken.
        count: Files wanted.
        unreadable: 'error', or 'skip' for taking the next in the place of a file that cannot be decoded.
        threads: Files decoded at a time; Pillow decodes outside of Python's lock.
        on_file: Called with the number of files found so far.

    Returns:
        What is known of each; and the files passed over, with the reason.

    Raises:
        ValueError: Too few files, or files that cannot be decoded where that is an error; the first few are named.
    """
    found, bad = [], []
    taken, deep, deepest = 0, 0, ""
    with ThreadPoolExecutor(threads) as pool:
        while taken < len(candidates):
            wanted = count - (taken if unreadable == "error" else len(found))
            if not wanted:
                break
            part = candidates[taken : taken + min(TOGETHER, wanted)]
            taken += len(part)
            for (file, label), (digest, size, most, reason) in zip(
                part, pool.map(_look, [file for file, _ in part]), strict=True
            ):
                if reason:
                    bad.append((file, reason))
                else:
                    found.append(Listed(file, label, digest, *size))
                    deep, deepest = max((deep, deepest), (most, file))
            on_file(len(found))
    if bad and unreadable == "error":
        shown = "; ".join(reason for _, reason in bad[:5])
        more = f"; and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise ValueError(f"found {len(bad)} files that cannot be read: {shown}{more}. Mend them, or set data.unreadable: skip")
    if len(found) < count:
        skipped = f" and {len(bad)} that cannot be read" if bad else ""
        raise ValueError(
            f"found {len(found)} pictures{skipped}, expected the config's {count}: lower data.test_images (train_images)"
        )
    if 0 < deep < 4096:
        logger.warning(
            "found 16-bit pictures whose largest value is %d (%s): they are shown nearly black, for white is 65535; scale them",
            deep,
            deepest,
        )
    return found, bad


def _look(file: str) -> tuple[str, tuple[int, int], int, str]:
    """A file's sha256, the upright picture's height and width, a 16-bit one's largest value; or why it cannot be decoded."""
    try:
        content = Path(file).read_bytes()
        if not content:
            raise ValueError(f"{file}: found an empty file, expected a picture")
        picture = pictures.decode(io.BytesIO(content), file)
    except (OSError, ValueError) as error:
        return "", (0, 0), 0, str(error)
    return hashlib.sha256(content).hexdigest(), (picture.height, picture.width), picture.info.get("largest", 0), ""
