"""Whole files or none: everything is written under a temporary name and appears by rename."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import re
import shutil
import struct
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def temporary_name(path: Path) -> Path:
    """A name beside ``path`` that no other process uses, here or on another machine, such as an orphan of a killed run.

    It keeps the suffix, which some writers need.
    """
    host = re.sub(r"\W", "-", platform.node())
    return path.with_name(f".{path.stem}.{host}-{os.getpid()}{path.suffix}")


@contextmanager
def replacing(path: str | Path):
    """Yield a temporary path beside ``path``; on success it is renamed to ``path``, on failure removed.

    Raises:
        ValueError: The disk is full, or the user's share of it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        with naming_a_full_disk(path):
            yield temporary
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def naming_a_full_disk(path: Path):
    """Turn the error of a full disk, which is another in every library, into one sentence that names ``path``.

    Raises:
        ValueError: The disk is full, or the user's share of it.
    """
    try:
        yield
    except Exception as error:
        if not _disk_full(error):
            raise
        free = shutil.disk_usage(path.parent).free / 1e6
        raise ValueError(
            f"{path}: found no room on its disk ({free:.0f} MB free), expected more; make some, and run again"
        ) from error


def _disk_full(error: Exception) -> bool:
    """Whether an error says that a disk, or the user's share of it, is full; numpy says how much was written, and no more."""
    text = str(error)
    numpy = isinstance(error, OSError) and " requested and " in text
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in text or numpy


def reserve(path: str | Path) -> None:
    """Ask the disk for all of a file that is to be written through memory, where a full disk would be a crash.

    Raises:
        OSError: The disk is full.
    """
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)


def write_json(path: str | Path, value) -> None:
    """Write a value as indented JSON."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n")


def read_json(path: str | Path, remedy: str = "delete it and run again"):
    """Read a JSON file; a damaged one is named in the error, and what to do about it."""
    try:
        return json.loads(Path(path).read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON, found damage ({error}); {remedy}") from error


# What numpy, zipfile and zlib raise of damage, by where it lies.
DAMAGE = (OSError, EOFError, KeyError, TypeError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)


@contextmanager
def reading_npz(path: str | Path, what: str):
    """Yield the arrays of an ``.npz`` file by their names; whatever does not fit what is made of them counts as damage, too.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except FileNotFoundError:
        raise
    except DAMAGE as error:
        raise ValueError(f"{path}: expected {what}, found damage ({error}); delete it and run again") from error


def sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
