"""What classifiers make of views of images: accuracy, confidence, transfer. Images are read a batch at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from overinterp.data.source import Source, batches
from overinterp.pixels import to_float
from overinterp.plan.lists import CHOSEN
from overinterp.search.passes import in_passes
from overinterp.views.view import View

SHOWN_BYTES = 8 * 1024 * 1024  # of the uint8 images that are shown at a time: four times as much as float32


def logits(
    classifier: nn.Module, source: Source, numbers: np.ndarray | None = None, view: View | None = None, device: str = "cpu"
) -> np.ndarray:
    """Logits (n, K) float32 of a view of images, in passes of equal size, the last padded.

    Args:
        classifier: From pixel-space images to logits.
        source: The split.
        numbers: (n,) images shown; all by default.
        view: What is shown of them; None for all of it.
        device: Where to evaluate.
    """
    numbers = np.arange(len(source)) if numbers is None else np.asarray(numbers, np.int64)
    rows = batch_rows(source.shape)
    found = []
    for batch in batches(len(numbers), source.shape, SHOWN_BYTES):
        shown = to_float(source.read(numbers[batch.start : batch.stop]), device)
        if view is not None:
            shown = view(shown, numbers[batch.start : batch.stop])
        found.append(in_passes(classifier, shown, rows).cpu().numpy())
    return np.concatenate(found)


def batch_rows(shape) -> int:
    """Rows of a pass: 256 of 32x32, few of 224x224."""
    return int(min(256, max(8, 256 * 32 * 32 // (shape[0] * shape[1]))))


def softmax(values: np.ndarray) -> np.ndarray:
    """Probabilities (n, K) float64 of logits."""
    return torch.from_numpy(values).double().softmax(1).numpy()


def accuracy(probability: np.ndarray, labels: np.ndarray, chooser: np.ndarray | None = None) -> dict:
    """Accuracy, and the mean probability of the predicted class.

    Args:
        probability: (N, K).
        labels: int64 (N,).
        chooser: (N,) classes that the classifier that chose the pixels predicts on the full images, or None.

    Returns:
        images, accuracy, mean_confidence; with ``chooser`` also chooser_confidence (mean probability of its class; NaN where
        that has no column here), chooser_wrong_images, on which it is wrong, and chooser_class_share, how often this classifier
        gives its wrong class there (NaN where it is never wrong).
    """
    predicted = probability.argmax(1)
    found = {
        "images": len(labels),
        "accuracy": (predicted == labels).mean(),
        "mean_confidence": probability.max(1).mean(),
        "chooser_confidence": np.nan,
        "chooser_wrong_images": 0,
        "chooser_class_share": np.nan,
    }
    if chooser is None:
        return found
    if chooser.max() < probability.shape[1]:
        found["chooser_confidence"] = np.take_along_axis(probability, chooser[:, None], 1).mean()
    wrong = chooser != labels
    if wrong.any():
        found |= {"chooser_wrong_images": int(wrong.sum()), "chooser_class_share": (predicted == chooser)[wrong].mean()}
    return found


def transfer(probability: np.ndarray, labels: np.ndarray, target: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """A classifier shown pixels that stand for what another one says.

    Args:
        probability: (N, K) of the classifier tested, on the other's subsets or on other pixels.
        labels: int64 (N,).
        target: (N,) the other's target classes.
        classes: Classes of the study. Targets beyond them, outputs that no image belongs to, are not compared: another
            classifier need not have them.

    Returns:
        Of each image (N,) the probability of the other's target class, NaN where it is not compared, and whether the
        classifier tested is right.
    """
    shared = target < classes
    confidence = np.full(len(target), np.nan)
    confidence[shared] = np.take_along_axis(probability[shared], target[shared, None], 1)[:, 0]
    return confidence, probability.argmax(1) == labels


def views(settings: dict, own: dict | None = None) -> list[dict]:
    """Full images, then each view of ``settings['views']`` at each of ``settings['fractions']``, then ``own`` if it is new."""
    shown: list[dict] = [{"mask": "all", "paint": "values", "fraction": 1.0}]
    shown += [{**view, "fraction": fraction} for fraction in settings["fractions"] for view in settings["views"]]
    return shown if own is None or own in shown else [*shown, own]


def choosers(view: dict, tested: dict, split: str) -> list[tuple]:
    """Searches whose masks a view is made of: of kept pixels each that there is, of other chosen masks the teacher's.

    A view that no search chooses has the empty one, ``()``; ``tested`` is `overinterp.plan.jobs.tested`'s.
    """
    if view["mask"] not in CHOSEN:
        return [()]
    chosen = [tested["masks"][split]]
    if view["mask"] == "kept":
        chosen += [tested["own_masks"][split], *(source for source in tested["others"] if source[2] == split)]
    return list(dict.fromkeys(tuple(source) for source in chosen if source))


def chosen_by(orderings: Callable) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the images searched, rising, and the class that the searched classifier predicts on each."""
    parts = [(part.index, part.predicted) for part in orderings()]
    index, predicted = (np.concatenate(values) for values in zip(*parts, strict=True))
    order = np.argsort(index, kind="stable")
    return index[order], predicted[order]
