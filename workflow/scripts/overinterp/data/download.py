"""Fetching of official archives: checked, unpacked apart, then moved into place as a whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from torchvision.datasets.utils import download_and_extract_archive

from overinterp.artifacts.files import temporary_name
from overinterp.data.official import Official


def download(official: Official, path: str | Path) -> None:
    """Fetch an archive, check its md5, unpack it, in place of what may be there; one job at a time for each folder.

    Nothing is fetched where another job has done so in the meantime.

    Args:
        official: The data set.
        path: Folder in which the archive's own folder shall appear.

    Raises:
        ValueError: The archive cannot be fetched, or is not the official one.
    """
    target = Path(path) / official.folder
    target.parent.mkdir(parents=True, exist_ok=True)
    part, old = temporary_name(target), temporary_name(target.with_name(f"{target.name}-old"))
    with _alone(target):
        if (target / official.names).is_file():
            return
        try:
            download_and_extract_archive(official.url, str(part), md5=official.md5, remove_finished=True)
            if target.is_dir():
                os.replace(target, old)
            try:
                os.replace(part / official.folder, target)
            except OSError:
                if old.is_dir():  # what was there stays there
                    os.replace(old, target)
                raise
        except (OSError, RuntimeError) as error:
            raise ValueError(
                f"{official.url}: cannot be fetched ({error}); expected the network, or the unpacked archive at {target}"
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(target: Path):
    """While no other process of this machine, whoever's it is, fetches into the same folder."""
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
