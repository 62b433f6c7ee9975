"""Which output is which class, and does the classifier know the images at all? Asked before any search."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from math import lgamma
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom
from torch import nn

from overinterp.data.describe import same_channels
from overinterp.evaluation import softmax
from overinterp.models.sources.taken import imagenet_ids

MOST_IMAGES = 2000  # of the test split that are looked at, evenly apart
CHANCE_LEVEL = 0.001  # p value of "no better than chance" above which a classifier is refused
SURE = 0.9  # confidence of the blank image at which its class is warned of; the config's default of analysis.threshold
NEAR_ONE = 1e-4  # how far from 1 the sums of probabilities may be
STEADY = 0.01  # of the largest logit: by more, the same image's logits may not differ from pass to pass
SWAPPED = 0.02  # p value below which another order of some classes is warned of
FEWEST = 4  # images of a class that such an order is asked of
MOST_ENTRIES = 12  # of a class map or an order that is printed
SHOWN = 5


def outputs_of(class_names: list[str], info: dict, path: str | None) -> tuple[list[int], list[str]]:
    """The output of each class of the study.

    They are found by a map, else by equal names, else by ImageNet's WordNet ids at the beginning of a class's name, else, where
    there are as many outputs as classes, taken to be in the same order, which is noted.

    Args:
        class_names: Of the study.
        info: The classifier's ``model.json``.
        path: A map, JSON ``{class: output}`` or CSV with two columns and a head; outputs by number or by name.

    Returns:
        Outputs (C,), and notes.

    Raises:
        ValueError: A class has no output, or two have the same.
    """
    names, ids = info["class_names"], info["class_ids"]
    by_name = {_plain(name): number for number, name in enumerate(names or [])}
    if len(by_name) < len(names or []):  # such as ImageNet's two cranes
        by_name = {key: number for key, number in by_name.items() if [_plain(n) for n in names].count(key) == 1}
    notes = []
    if ids is None and names is None and _all_synsets(class_names):
        ids = imagenet_ids(info["classes"])
        notes = ["outputs without names: taken to be ImageNet's 1,000 in their usual order"] if ids else []
    by_id = {identity: number for number, identity in enumerate(ids or [])}
    if path:
        return _mapped(class_names, _read_map(path), by_name, info["classes"], path), []
    found = [by_name.get(_plain(name)) for name in class_names]
    if None in found:
        synsets = [re.match(r"n\d{8}", name) for name in class_names]
        found = [by_id.get(synset[0]) if synset else other for synset, other in zip(synsets, found, strict=True)]
    if None not in found:
        return _once(found, class_names), notes
    if len(class_names) == info["classes"] and all(place is None for place in found):
        order = ", ".join(class_names[:MOST_ENTRIES]) + (" ..." if len(class_names) > MOST_ENTRIES else "")
        note = f"classes have no names in common with the outputs: taken to be in the same order, {order}"
        return list(range(len(class_names))), [note]
    if len(class_names) > info["classes"]:
        raise ValueError(
            f"classifier: found {info['classes']} outputs, expected at least {len(class_names)}, one for each class of the study"
        )
    lost = [name for name, place in zip(class_names, found, strict=True) if place is None]
    named = ", ".join(lost[:SHOWN])
    there = ", ".join(map(str, (names or ["without names"])[:SHOWN]))
    raise ValueError(
        f"class map: found no output for {len(lost)} of {len(class_names)} classes ({named}) among {info['classes']} "
        f'outputs ({there} ...), expected class_map: a JSON file {{"{lost[0]}": <output\'s number or name>, ...}}'
    )


def identities(class_names: list[str], info: dict) -> list[str]:
    """What each output of a classifier is, to compare it with another's: its WordNet id, its name, or its number.

    Args:
        class_names: Of the study.
        info: The classifier's ``model.json``.
    """
    ids = info["class_ids"]
    if ids is None and info["class_names"] is None and _all_synsets(class_names):
        ids = imagenet_ids(info["classes"])
    return ids or info["class_names"] or [f"output {number}" for number in range(info["classes"])]


def _all_synsets(class_names: list[str]) -> bool:
    return all(re.match(r"n\d{8}", name) for name in class_names)


def _read_map(path: str | Path) -> dict:
    try:
        if Path(path).suffix == ".json":
            return dict(json.loads(Path(path).read_text(encoding="utf-8")))
        with open(path, newline="", encoding="utf-8-sig") as file:
            return {row[0].strip(): row[1].strip() for row in list(csv.reader(file))[1:] if row}
    except (ValueError, IndexError, TypeError) as error:
        raise ValueError(f"{path}: expected a class map, JSON or CSV with two columns, found otherwise ({error})") from error


def _mapped(class_names, given: dict, by_name: dict, classes: int, path) -> list[int]:
    found = []
    for name in class_names:
        if name not in given:
            raise ValueError(f"{path}: found no entry for class {name!r}, expected one for each of {len(class_names)} classes")
        value = given[name]
        number = int(value) if str(value).isdigit() else by_name.get(_plain(str(value)))
        if number is None or number >= classes:
            raise ValueError(
                f"{path}: found output {value!r} for class {name!r}, expected a number below {classes} or an output's name"
            )
        found.append(number)
    return _once(found, class_names)


def _once(found: list[int], class_names: list[str]) -> list[int]:
    for place, number in enumerate(found):
        if number in found[:place]:
            raise ValueError(
                f"class map: found output {number} for both {class_names[found.index(number)]!r} and {class_names[place]!r}, "
                "expected one each"
            )
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def permutation(outputs: list[int], classes: int) -> list[int]:
    """All K outputs, those of the study's classes first, in its order, then the rest in theirs."""
    mine = set(outputs)
    return [*outputs, *(number for number in range(classes) if number not in mine)]


def numbers_to_check(count: int) -> np.ndarray:
    """Numbers of at most `MOST_IMAGES` images, evenly apart."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_IMAGES)).round().astype(np.int64))


def verdict(
    logits: np.ndarray,
    labels: np.ndarray,
    class_names: list[str],
    expect: dict | None,
    hints: dict[str, float],
    outputs: Sequence[int],
) -> dict:
    """What a classifier makes of the images, or an error that says why it is not worth searching.

    Args:
        logits: (N, K), columns 0 to C - 1 the study's classes.
        labels: (N,).
        class_names: (C,).
        expect: accuracy and within, what its owner knows of it; or None.
        hints: Accuracy on the same images prepared otherwise, by what was done ('channels reversed', ...).
        outputs: (K,) the classifier's own number of each column.

    Returns:
        images, accuracy, accuracy_among_classes (among the study's classes alone), accuracy_balanced (likewise, the mean of the
        classes' accuracies, on which the test of chance rests), chance, confusions, hint, doubts (sentences to be warned of).

    Raises:
        ValueError: Accuracy is at chance level, unless its owner expects that (of an untrained network, say), or is not what is
            expected; or the outputs are probabilities, or not finite.
    """
    finite = np.isfinite(logits).all(1)
    if not finite.all():
        raise ValueError(
            f"classifier: found logits that are not finite for {(~finite).sum()} of {len(labels)} images, expected finite ones; "
            "where they are made of probabilities, which round to 0 and 1, return p.logit(eps=1e-6), or p.clamp(min=1e-12).log()"
        )
    if (logits >= 0).all() and (abs(logits.sum(1) - 1) <= NEAR_ONE).all():
        most = np.e / (np.e + logits.shape[1] - 1)
        raise ValueError(
            f"classifier: found probabilities as its outputs (none below 0, sums of 1, on all {len(labels)} images), expected "
            f"logits: softmax would be taken of them again, and never exceed {most:.3f}; return what comes before the softmax, "
            "or their .clamp(min=1e-12).log()"
        )
    classes, predicted = len(class_names), logits.argmax(1)
    right = int((predicted == labels).sum())
    among = logits[:, :classes].argmax(1)
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, among), 1)
    shown = confusion.sum(1)
    present = shown > 0
    balanced, even = float((confusion.diagonal()[present] / shown[present]).mean()), 1 / max(present.sum(), 2)
    chance = max(np.bincount(labels).max() / len(labels), 1 / classes)  # always saying the commonest class
    found = {
        "images": len(labels),
        "accuracy": right / len(labels),
        "accuracy_among_classes": float((among == labels).mean()),
        "accuracy_balanced": balanced,
        "chance": float(chance),
        "confusions": _worst(confusion, class_names),
    }
    best = max(hints, key=hints.get, default=None)
    hint = f"; with {best} it would be {hints[best]:.1%}" if best and hints[best] > 1.5 * found["accuracy"] + 0.05 else ""
    found["hint"] = hint.removeprefix("; ")
    known = expect is not None and abs(found["accuracy"] - expect["accuracy"]) <= expect["within"] + 1e-9
    guessed = binom.sf(round(balanced * len(labels)) - 1, len(labels), even) > CHANCE_LEVEL
    if not known and guessed and balanced < 2 * even:  # always saying the commonest class is a guess, too
        reorder = _reorder(confusion, class_names, outputs)
        raise ValueError(
            f"classifier: found accuracy {found['accuracy']:.1%} on {len(labels)} images of {classes} classes "
            f"({found['accuracy_among_classes']:.1%} among these classes, {balanced:.1%} as the mean of the classes' own), "
            f"expected more than chance ({chance:.1%}, as a mean {even:.1%}); check the order of the classes (class_map) and "
            f"preprocessing (mean, std, resize, channel order). It says {'; '.join(found['confusions'][:3])}{reorder}{hint}"
        )
    if expect and not known:
        raise ValueError(
            f"classifier: found accuracy {found['accuracy']:.4f} on {len(labels)} images, expected {expect['accuracy']} within "
            f"{expect['within']}; check preprocessing and the version of its weights{hint}"
        )
    found["doubts"] = [*_never_sure(logits), *([] if guessed else _swapped(confusion, class_names, outputs))]
    return found


def _never_sure(logits: np.ndarray) -> list[str]:
    """That no image of those looked at has a class of which the classifier is sure; a search at that threshold finds nothing."""
    most = softmax(logits).max()
    if most >= SURE:
        return []
    between = bool((logits >= 0).all() and (logits <= 1).all())
    hint = "; all outputs lie between 0 and 1: of sigmoids return what comes before them" if between else ""
    return [
        f"classifier: found no image of which it is {SURE:g} sure, {most:.3f} at most: no subset suffices for more "
        f"(analysis.threshold){hint}"
    ]


def _swapped(confusion: np.ndarray, class_names: list[str], outputs: Sequence[int]) -> list[str]:
    """That some classes may stand in another order: most images of each are taken for the next of a cycle of them.

    Asked of classes with `FEWEST` images or more, and of all that moved by a sign test of their images that are right in one
    order and not in the other.
    """
    shown, said = confusion.sum(1), confusion.argmax(1)
    most = (confusion.max(1) > shown / 2) & (shown >= FEWEST) & (said != np.arange(len(said)))
    moved = {int(number): int(said[number]) for number in np.flatnonzero(most)}
    while (kept := {one: other for one, other in moved.items() if other in moved and one in moved.values()}) != moved:
        moved = kept
    more = sum(int(confusion[one, other]) for one, other in moved.items())
    fewer = sum(int(confusion[one, one]) for one in moved)
    if not moved or binom.sf(more - 1, more + fewer, 0.5) > SWAPPED:
        return []
    best = np.array([moved.get(number, number) for number in range(len(said))])
    words = _ordered(best, confusion, class_names, outputs)
    return [f"classifier: found {confusion.trace() / confusion.sum():.1%} right among the study's classes; {words}"]


def steady(passes: Mapping[str, np.ndarray]) -> None:
    """Refuse a classifier whose logits of the same images are not the same in every pass.

    Args:
        passes: (n, K) logits of the same images, by what the pass was ('again', ...); the first is what others are compared with.

    Raises:
        ValueError: Naming the pass and the largest difference.
    """
    first, *others = passes.values()
    limit = STEADY * max(1.0, float(np.abs(first).max()))
    for what, logits in zip(list(passes)[1:], others, strict=True):
        with np.errstate(invalid="ignore"):  # of logits that are not finite; `verdict` refuses those
            apart = float(np.abs(logits - first).max())
        if apart > limit:
            raise ValueError(
                f"classifier: found logits of the same images that differ by {apart:.3g} when they are shown {what}, expected "
                "the same: something is drawn anew in each pass (F.dropout wants training=self.training), or depends on the "
                "rest of the batch (normalisation that is still training)"
            )


def with_slope(network: nn.Module, image: torch.Tensor) -> None:
    """Refuse a classifier that has no gradient with respect to an image (1, C, H, W), as all searches but `exact` go by.

    Raises:
        ValueError: It has none.
    """
    image = image.clone().requires_grad_(True)
    with torch.enable_grad():
        logits = network(image)
    if not logits.requires_grad:
        raise ValueError(
            "classifier: found no gradient of its outputs with respect to the image, expected one, for every search but `exact` "
            "goes by it; take torch.no_grad(), .detach() or .numpy() out of its forward pass"
        )


def of_blank(probabilities: np.ndarray, names: list[str], classes: int) -> tuple[dict, list[str]]:
    """What the blank image alone is taken for: an image of that class has no subset, for nothing has to be kept of it.

    Args:
        probabilities: (K,), of the blank image.
        names: (K,), the study's classes first.
        classes: Of the study.

    Returns:
        class_name and confidence; and a warning, where it is one of the study's classes and the classifier is sure of it.

    Raises:
        ValueError: The classifier does not take the blank image.
    """
    if not np.isfinite(probabilities).all():
        raise ValueError(
            "data.blank: found logits that are not finite for the blank image, of one colour, expected finite ones; a classifier "
            "that divides by an image's own deviation has to add something to it"
        )
    place = int(probabilities.argmax())
    found = {"class_name": names[place], "confidence": float(probabilities[place])}
    if place >= classes or found["confidence"] < SURE:
        return found, []
    return found, [
        f"data.blank: the blank image alone is {names[place]!r} with confidence {found['confidence']:.3f}: images "
        "of that class need no pixel, and a verdict leaves them out; another colour may tell of them"
    ]


def _reorder(confusion: np.ndarray, class_names: list[str], outputs: Sequence[int]) -> str:
    """The best other order of the classes, and the class map that says so, in words; empty where it may be luck.

    It is the best of C! orders, which the test allows for (Bonferroni).
    """
    shown = confusion.sum(1)
    order = linear_sum_assignment(-confusion / np.maximum(shown, 1)[:, None])
    right = confusion[order][shown > 0] / shown[shown > 0]
    luck = binom.logsf(round(right.mean() * shown.sum()) - 1, shown.sum(), 1 / max(len(right), 2))
    if luck + lgamma(len(class_names) + 1) > np.log(CHANCE_LEVEL):
        return ""
    return "; " + _ordered(order[1], confusion, class_names, outputs)


def _ordered(best: np.ndarray, confusion: np.ndarray, class_names: list[str], outputs: Sequence[int]) -> str:
    """What another order of the classes, a column (C,) for each, would give, and the class map that says so."""
    entries = [f"{json.dumps(name)}: {outputs[column]}" for name, column in zip(class_names, best, strict=True)]
    more = ", ..." if len(entries) > MOST_ENTRIES else ""
    right = confusion[np.arange(len(best)), best].sum() / confusion.sum()
    written = ", ".join(entries[:MOST_ENTRIES]) + more
    return f"another order of the classes would give {right:.1%}: class_map, a JSON file {{{written}}}"


def _worst(confusion: np.ndarray, class_names: list[str]) -> list[str]:
    """The commonest mistakes, in words."""
    off = confusion - np.diag(np.diag(confusion))
    found = []
    for place in np.argsort(-off, axis=None, kind="stable")[:SHOWN]:
        shown, said = divmod(int(place), len(class_names))
        if off[shown, said]:
            total = confusion[shown].sum()
            found.append(f"{class_names[said]!r} to {off[shown, said]} of {total} images of {class_names[shown]!r}")
    return found


def differences(own: dict, geometry: dict | None, shape) -> list[str]:
    """In what the images are prepared otherwise than the classifier was trained for.

    Args:
        own: The classifier's ``preprocessing``.
        geometry: The study's.
        shape: (H, W, C) of its images.

    Raises:
        ValueError: Another size or number of channels.
    """
    same_channels(own["mean"], shape)
    if own["size"] is not None and list(own["size"]) != list(shape[:2]):
        size = "x".join(map(str, own["size"]))
        raise ValueError(
            f"classifier: found {size} pixels as its input, expected {shape[0]}x{shape[1]} as the study's images; set "
            "data.preprocessing, or preprocessing of the classifier if it takes other sizes, or give it a study of its own"
        )
    return [
        f"{key}: images have {geometry[key]}, the classifier was made for {own[key]}"
        for key in ("resize", "interpolation")
        if geometry is not None and own["size"] is not None and geometry[key] != own[key]
    ]
