"""Is it the mask? What a teacher's kept pixels tell by where they are alone, and what students make of controls.

Jethani et al. 2021 (EVAL-X), Puli et al. 2024 ("Explanations that reveal all through the definition of encoding").
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sklearn.linear_model import RidgeClassifierCV

from overinterp import statistics
from overinterp.search.kept import Kept
from overinterp.search.ordering import Ordering
from overinterp.views.masks import chosen

MOST_MASKS = 4000  # that a probe is fitted to
STRENGTHS = np.logspace(0, 4, 9)  # of the ridge penalty, among which leave-one-out chooses


def probe(masks: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """What a linear classifier says to masks, having seen nothing but masks: least squares with a ridge penalty, one against all.

    Args:
        masks: bool (N, P).
        classes: (N,) of these.
        asked: bool (n, P).

    Returns:
        (n,) classes.
    """
    if len(np.unique(classes)) == 1:
        return np.full(len(asked), classes[0])
    return RidgeClassifierCV(STRENGTHS).fit(masks.astype(np.float64), classes).predict(asked.astype(np.float64))


def first_masks(orderings: Iterable[Ordering | Kept], view: dict, most: int | None = None):
    """Masks bool (N, P), and index, label, predicted and target (N,), of the first so many images; of all by default.

    ``view`` says which pixels: a fraction, or the sufficient input subset at a threshold; images without one are left out.
    """
    found, count = [], 0
    for part in orderings:
        has_one, masks = chosen(part, view)
        values = (part.index, part.label, part.predicted, part.target)
        found.append((masks.reshape(len(masks), masks.shape[1] * masks.shape[2]), *(value[has_one] for value in values)))
        count += len(masks)
        if most is not None and count >= most:
            break
    return tuple(np.concatenate(values)[:most] for values in zip(*found, strict=True))


def summary(said: np.ndarray, reference: np.ndarray, labels: np.ndarray, teacher: np.ndarray, target, chance: float) -> dict:
    """Numbers of one control.

    Args:
        said: (networks, images) classes; -1 where a network was not shown an image.
        reference: Likewise, of the students of the kept pixels.
        labels: (images,).
        teacher: (images,) classes that the teacher predicts on the full images.
        target: (images,) classes that the teacher's search was towards.
        chance: Accuracy of a guess.

    Returns:
        accuracy, target_class and teacher_class (how often these are given), teacher_class_on_errors (among its errors),
        and share (of the accuracy above chance of the kept pixels, that this control reaches), each with _low and _high;
        images that were shown, and teacher_wrong_images of them.
    """

    def right(classes, answer):
        return np.where(classes < 0, np.nan, classes == answer)

    shown = (said >= 0).any(0)
    wrong = shown & (teacher != labels)
    accuracy, full = right(said, labels), right(reference, labels)
    full[:, ~shown] = np.nan  # both means are of the same images
    found = {"images": int(shown.sum()), "teacher_wrong_images": int(wrong.sum())}
    columns = {
        "accuracy": statistics.interval(accuracy),
        "share": statistics.above_interval(accuracy, full, chance),
        "target_class": statistics.interval(right(said, target)),
        "teacher_class": statistics.interval(right(said, teacher)),
        "teacher_class_on_errors": statistics.interval(right(said, teacher)[:, wrong]) if wrong.any() else (np.nan,) * 3,
    }
    for name, values in columns.items():
        found |= statistics.named(name, values)
    return found
