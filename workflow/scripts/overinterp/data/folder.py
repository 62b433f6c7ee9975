"""Your own pictures: a folder a class, ``train/<class>/*`` and ``test/<class>/*`` (or ``val``), or ``<class>/*`` alone."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

from overinterp.data import own
from overinterp.data.classes import in_order
from overinterp.data.picture_files import SUFFIXES, visible_below

logger = logging.getLogger(__name__)

PLACES = {"train": ("train",), "test": ("test", "val")}
SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")  # no names of classes that lie in the root itself


def about(settings: dict) -> tuple[list[str], str]:
    """Names of the classes, sorted: the folders of the training images or, without any, of the test images; and the origin."""
    root = Path(settings["path"])
    names = _classes(_place(root, "train" if "train_images" in settings else "test", "train_images" in settings))
    return names, root.name or str(root)


def files(settings: dict, name: str) -> list[tuple[str, int]]:
    """All pictures of a split, in random order.

    Args:
        settings: The config's ``data`` block. A picture's class is the folder that it lies in; hidden files, and files without a
            picture's ending, are no pictures; how many of the latter there are is logged.
        name: 'train' or 'test'.

    Returns:
        File and label of each.

    Raises:
        ValueError: A folder is missing or empty, or a class is not among the training images'.
    """
    names, _ = about(settings)
    place = _place(Path(settings["path"]), name, "train_images" in settings)
    here = _classes(place)
    strangers = sorted(set(here) - set(names))
    if strangers:
        raise ValueError(f"{place}: found class {strangers[0]!r}, expected one of train's: {', '.join(names[:12])}")
    found, others = [], Counter()
    for class_name in here:
        entries = sorted(Path(path) for path in visible_below(str(place / class_name)))
        pictures = [path for path in entries if path.suffix.lower() in SUFFIXES]
        passed = Counter(path.suffix.lower() or "none" for path in entries if path.suffix.lower() not in SUFFIXES)
        if not pictures:
            seen = f"; there are files ending in {_listed(passed)}" if passed else ""
            raise ValueError(
                f"{place / class_name}: found no picture ({', '.join(SUFFIXES[:4])} ...), expected at least one{seen}"
            )
        others += passed
        label = names.index(class_name)
        found += [(str(picture), label) for picture in pictures]
    if others:
        logger.warning("%s: %d files with other endings are passed over: %s", place, others.total(), _listed(others))
    return [found[number] for number in own.order(settings, name, len(found))]


def _listed(endings: Counter) -> str:
    return ", ".join(f"{ending} ({count})" for ending, count in endings.most_common(5))


def _place(root: Path, name: str, with_train: bool) -> Path:
    """The folder of a split."""
    if not root.is_dir():
        raise ValueError(f"{root}: found no such folder, expected {' or '.join(PLACES[name])}/<class>/<pictures>")
    for candidate in PLACES[name]:
        if (root / candidate).is_dir():
            return root / candidate
    if name == "test" and not with_train:
        splits = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and entry.name.lower() in SPLITS)
        if len(splits) > 1:  # one alone may be a class: trains
            raise ValueError(
                f"{root}: found split folders {', '.join(splits)} where classes are, expected test/<class>/<pictures> or "
                "val/<class>/<pictures>, or as data.path the one that is meant"
            )
        return root
    raise ValueError(f"{root}: found no folder {PLACES[name][0]}, expected {PLACES[name][0]}/<class>/<pictures>")


def _classes(place: Path) -> list[str]:
    names = in_order(entry.name for entry in place.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if len(names) < 2:
        which = f" ({names[0]})" if names else ""
        raise ValueError(f"{place}: found {len(names)} class folders{which}, expected at least 2")
    return names
