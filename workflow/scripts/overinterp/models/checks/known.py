"""Does a classifier know the images at all? Asked before any search."""

from __future__ import annotations

from collections.abc import Sequence
from math import lgamma

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom

from overinterp.data.describe import same_channels
from overinterp.evaluation import softmax
from overinterp.models.checks.expected import confirm, is_expected
from overinterp.models.class_outputs import SHOWN, written
from overinterp.statistics import FEWEST_IMAGES

MOST_IMAGES = 2000  # of the test split that are looked at, evenly apart
CHANCE_LEVEL = 0.001  # p value of "no better than chance" above which a classifier is refused
SAME = 0.002  # how far from one another the sums of probabilities may be, of percentages or in half precision, too
SWAPPED = 0.02  # p value below which another order of some classes is warned of
FEWEST = 4  # images of a class that such an order is asked of


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
        classes' accuracies, on which the test of chance rests), chance, confusions, hint.

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
    sums = logits.sum(1)
    if (logits >= 0).all() and (abs(sums - sums.mean()) <= SAME * sums.mean()).all():
        raise ValueError(
            f"classifier: found probabilities as its outputs (none below 0, sums of {sums.mean():.3g}, on all {len(labels)} "
            "images), expected logits: softmax would be taken of them again; return what comes before the softmax, or the "
            "logarithm of the probabilities, p.clamp(min=1e-12).log()"
        )
    classes = len(class_names)
    right = int((logits.argmax(1) == labels).sum())
    confusion = _confusion(logits, labels, classes)
    shown = confusion.sum(1)
    present = shown > 0
    balanced, even = float((confusion.diagonal()[present] / shown[present]).mean()), 1 / max(present.sum(), 2)
    chance = max(np.bincount(labels).max() / len(labels), 1 / classes)  # always saying the commonest class
    found = {
        "images": len(labels),
        "accuracy": right / len(labels),
        "accuracy_among_classes": float(confusion.trace() / len(labels)),
        "accuracy_balanced": balanced,
        "chance": float(chance),
        "confusions": _worst(confusion, class_names),
    }
    best = max(hints, key=hints.get, default=None)
    hint = f"; with {best} it would be {hints[best]:.1%}" if best and hints[best] > 1.5 * found["accuracy"] + 0.05 else ""
    found["hint"] = hint.removeprefix("; ")
    known = expect is not None and is_expected(found["accuracy"], expect)
    guessed = binom.sf(round(balanced * len(labels)) - 1, len(labels), even) > CHANCE_LEVEL
    if not known and guessed and balanced < 2 * even:  # always saying the commonest class is a guess, too
        reorder = _reorder(confusion, class_names, outputs)
        raise ValueError(
            f"classifier: found accuracy {found['accuracy']:.1%} on {len(labels)} images of {classes} classes "
            f"({found['accuracy_among_classes']:.1%} among these classes, {balanced:.1%} as the mean of the classes' own), "
            f"expected more than chance ({chance:.1%}, as a mean {even:.1%}); check the order of the classes (class_map) and "
            f"preprocessing (mean, std, resize, channel order). It says {'; '.join(found['confusions'][:3])}{reorder}{hint}"
        )
    if expect:
        confirm("classifier", found, expect)
    return found


def doubts(logits: np.ndarray, labels: np.ndarray, class_names: list[str], outputs: Sequence[int]) -> list[str]:
    """What may be wrong with a classifier that knows the images, in sentences to warn of.

    Args:
        logits: As of `verdict`, and likewise labels, class_names and outputs.
    """
    return _swapped(_confusion(logits, labels, len(class_names)), class_names, outputs)


def _confusion(logits: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Images (C, C) by their class and by what they are taken for among the study's classes."""
    found = np.zeros((classes, classes), int)
    np.add.at(found, (labels, logits[:, :classes].argmax(1)), 1)
    return found


def never_sure(logits: np.ndarray, threshold: float) -> list[str]:
    """That the classifier is as sure of hardly an image as is asked: a verdict judges by images of which it is."""
    most = softmax(logits).max(1)
    if (most >= threshold).sum() >= FEWEST_IMAGES:
        return []
    between = bool((logits >= 0).all() and (logits <= 1).all())
    hint = "; all outputs lie between 0 and 1: of sigmoids return what comes before them" if between else ""
    return [
        f"classifier: found {(most >= threshold).sum()} of {len(most)} images of which it is {threshold:g} sure, as "
        f"analysis.threshold asks ({most.max():.3f} at most), expected {FEWEST_IMAGES} or more: a verdict goes by these alone; "
        f"stop it, and ask for less{hint}"
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


def of_blank(probabilities: np.ndarray, names: list[str], classes: int, threshold: float) -> tuple[dict, list[str]]:
    """What the blank image alone is taken for: an image of that class has no subset, for nothing has to be kept of it.

    Args:
        probabilities: (K,), of the blank image.
        names: (K,), the study's classes first.
        classes: Of the study.
        threshold: Confidence that subsets have.

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
    if place >= classes or found["confidence"] < threshold:
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
    right = confusion[np.arange(len(best)), best].sum() / confusion.sum()
    return f"another order of the classes would give {right:.1%}: {written(class_names, [outputs[column] for column in best])}"


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
