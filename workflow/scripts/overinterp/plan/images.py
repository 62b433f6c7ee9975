"""Where the images of a study come from."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable
from pathlib import Path

from overinterp.data.official import OFFICIAL
from overinterp.data.picture_files import SUFFIXES, visible_below
from overinterp.plan.lists import DATASETS, Dataset
from overinterp.plan.presence import there
from overinterp.plan.study import Study

WATCHED = 20_000  # files of a folder that are looked at whenever jobs are planned: a fraction of a second, not ImageNet's minutes

CROPPING = ("torchvision", "timm", "huggingface")  # sources whose classifiers come with a crop or size of their own


def dataset(study: Study) -> Dataset:
    """What is known of the study's data set before any job."""
    return DATASETS[study.settings["data"]["dataset"]]


def files(study: Study) -> list[str]:
    """The file or folder that the images come from; none of data sets that are generated.

    Raises:
        ConfigError: One that is not downloaded is not there.
    """
    data = study.settings["data"]
    if dataset(study).path == "download":
        return [_downloaded(data["dataset"], data["path"])]
    if not dataset(study).path:
        return []
    return [there(study, "data.path", data["path"], dataset(study).path == "folder", data.get("home"))]


def given_files(study: Study) -> list[str]:
    """`files` of data sets that are not downloaded: those of their user's, whose changes are news."""
    return [] if dataset(study).path == "download" else files(study)


def boxes(study: Study) -> list[str]:
    """The file or folder that says where the objects are, where there is one.

    Raises:
        ConfigError: It is named and not there.
    """
    data = study.settings["data"]
    if "boxes" not in data:
        return []
    what = ", or a folder of annotations"
    return [there(study, "data.boxes", data["boxes"], Path(data["boxes"]).is_dir(), home=data.get("home"), what=what)]


def stamp(study: Study) -> str:
    """Digest of names and sizes of the pictures in a folder.

    A folder's own time says nothing of the files inside, and theirs change where they are copied or fetched again and are the
    same. Empty where the images are in no folder, and of more than `WATCHED` files, whose changes nobody sees.
    """
    return _digest(study.settings["data"]["path"], SUFFIXES, os.path.getsize) if dataset(study).path == "folder" else ""


def boxes_stamp(study: Study) -> str:
    """As `stamp`, of what is in the files of a folder of boxes: a side that is moved leaves their sizes as they were."""
    root = study.settings["data"].get("boxes", "")
    if not os.path.isdir(root):
        return ""
    return _digest(root, (".xml",), lambda file: hashlib.sha256(Path(file).read_bytes()).hexdigest())


def _digest(root: str, suffixes: tuple[str, ...], told: Callable[[str], object]) -> str:
    """Of the files of such endings in a folder, their names and what is told of each; empty of none and of too many."""
    lines = sorted(f"{os.path.relpath(file, root)} {told(file)}" for file in _below(root, suffixes) or ())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


def _below(root: str, suffixes: tuple[str, ...]) -> list[str] | None:
    """Files of such endings in a folder, however deep, but hidden ones; None of more than `WATCHED`."""
    found = list(itertools.islice((file for file in visible_below(root) if file.lower().endswith(suffixes)), WATCHED + 1))
    return found if len(found) <= WATCHED else None


def corrupted_files(study: Study) -> list[str]:
    """Files that the corrupted images come from, beside the test images."""
    corrupted = study.settings["data"]["corrupted"]
    return [_downloaded("cifar10c", corrupted["path"])] if corrupted["source"] == "cifar10c" else []


def corruptions(study: Study) -> str:
    """What the corrupted images are, for tables and captions; empty where there are none."""
    names = {"cifar10c": "CIFAR-10-C", "generated": "generated"}
    return names[study.settings["data"]["corrupted"]["source"]] if "corrupted" in study.splits else ""


def size(study: Study, source: dict | None = None) -> tuple[int, int] | None:
    """Height and width of the images, where the config or the data set says so.

    Pictures in files are resized and cropped as the first brought classifier wants them, key by key: see
    `overinterp.data.describe.geometry_of`.

    Args:
        study: The study.
        source: resize and crop that the source of that classifier gives, where somebody asked it.
    """
    data, known = study.settings["data"], dataset(study).side  # of squares, whose shorter side is both
    entry, own = {}, {}
    if dataset(study).files:
        entry = study.brought.get(pattern(study), {})
        own = {**(source or {}), **entry.get("preprocessing", {})}
    shaped = {**own, **data.get("preprocessing", {})}
    if "crop" not in shaped and entry.get("from") in CROPPING:
        return None
    resize = shaped.get("resize", known)
    side = shaped.get("crop", resize if known or isinstance(resize, list) else None)
    return (side, side) if isinstance(side, int) else side and tuple(side)


def tested(study: Study) -> list[str]:
    """Splits that classifiers are tested on."""
    return [split for split in study.splits if split != "train"]


def given(study: Study) -> list[str]:
    """Splits that come from the data set."""
    return [split for split in study.splits if split != "corrupted"]


def pattern(study: Study) -> str | None:
    """The brought classifier after whose own preprocessing the images are shown: the first, where they are files or untrained."""
    needed = dataset(study).files or "train" not in study.splits
    return next(iter(study.brought), None) if needed else None


def _downloaded(name: str, folder: str) -> str:
    """The file of an official data set that a rule makes, and that is there when the others are."""
    return f"{folder}/{OFFICIAL[name].folder}/{OFFICIAL[name].names}"
