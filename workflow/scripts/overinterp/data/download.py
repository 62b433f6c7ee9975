"""Fetching of official archives: checked, unpacked apart, then moved into place as a whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from torchvision.datasets.utils import download_and_extract_archive

from overinterp.data.official import Official


def download(official: Official, path: str | Path) -> None:
    """Fetch an archive, check its md5, unpack it.

    Args:
        official: The data set.
        path: Folder in which the archive's own folder shall appear.

    Raises:
        ValueError: The archive cannot be fetched, or is not the official one.
    """
    part = Path(path) / f".{official.folder}.{os.getpid()}"
    try:
        download_and_extract_archive(official.url, str(part), md5=official.md5, remove_finished=True)
        os.replace(part / official.folder, Path(path) / official.folder)
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"{official.url}: cannot be fetched ({error}); expected the network, or the unpacked archive at "
            f"{Path(path) / official.folder}"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
