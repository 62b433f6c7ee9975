"""Confidence against accuracy: calibration error, temperature scaling, and orderings seen through a temperature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from torch import nn

from overinterp.data.source import Source
from overinterp.evaluation import batch_rows
from overinterp.pixels import to_float
from overinterp.search.ordering import Ordering
from overinterp.search.passes import in_passes
from overinterp.search.scoring import log_odds

BINS = 15
COLDEST, HOTTEST = 0.05, 20.0  # temperatures tried


def calibration_error(logits: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error of the predicted class, 15 bins of equal width (Guo et al. 2017).

    Args:
        logits: (N, K).
        labels: (N,).

    Returns:
        Mean over images of |accuracy - confidence| of their bin, in [0, 1].
    """
    probability = np.exp(log_softmax(logits, axis=1))
    confidence, right = probability.max(1), probability.argmax(1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(right[bins == b].sum() - confidence[bins == b].sum()) for b in range(BINS)]
    return float(sum(gaps) / len(labels))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Temperature T in [0.05, 20] at which softmax(logits / T) has the least negative log-likelihood (Guo et al. 2017).

    Args:
        logits: (N, K).
        labels: (N,).
    """

    def loss(log_temperature):
        found = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -found[np.arange(len(labels)), labels].mean()

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded").x))


def fitted(labels: np.ndarray) -> np.ndarray:
    """Which images a temperature is fitted on, bool (N,): the second half of each class, whatever the order of the classes."""
    found = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        found[own[(len(own) + 1) // 2 :]] = True
    return found


def metrics(logits: np.ndarray, labels: np.ndarray, corrupted: tuple[np.ndarray, np.ndarray] | None) -> dict:
    """Accuracy and calibration; the temperature is fitted on half of the test images of each class and told of on the others.

    Args:
        logits: (N, K) of all test images.
        labels: (N,).
        corrupted: Logits and labels of the corrupted images, or None.

    Raises:
        ValueError: No class has two test images.
    """
    fit = fitted(labels)
    if not fit.any():
        raise ValueError(
            f"data.test_images: found {len(labels)}, none of them of one class, expected two of a class at least: the "
            "temperature for analysis.mitigation is fitted on half of each"
        )
    temperature = fit_temperature(logits[fit], labels[fit])
    told, classes = logits[~fit], labels[~fit]
    found = {
        "test_images": len(labels),
        "accuracy": float((logits.argmax(1) == labels).mean()),
        "temperature": temperature,
        "calibration_images": len(told),
        "calibration_error": calibration_error(told, classes),
        "calibration_error_scaled": calibration_error(told / temperature, classes),
        "fitted": np.flatnonzero(fit).tolist(),
        "corrupted_images": 0,
        "corrupted_accuracy": None,
        "corrupted_calibration_error": None,
    }
    if corrupted is not None:
        shown, known = corrupted
        found |= {
            "corrupted_images": len(known),
            "corrupted_accuracy": float((shown.argmax(1) == known).mean()),
            "corrupted_calibration_error": calibration_error(shown, known),
        }
    return found


def scaled_log_odds(
    classifier: nn.Module,
    source: Source,
    ordering: Ordering,
    blank: torch.Tensor,
    temperature: float,
    device: str = "cpu",
    done: np.ndarray | None = None,
    on_image: Callable[[np.ndarray], None] = lambda done: None,
) -> np.ndarray:
    """Log-odds of every recorded column under softmax(logits / T), by showing the images again without a search.

    Args:
        classifier: From images to logits.
        source: The split; an image is read when its turn comes.
        ordering: Of N images.
        blank: (1, C, 1, 1), on ``device``.
        temperature: T > 0.
        device: Where to evaluate.
        done: Rows of an interrupted evaluation, float32 (n, S + 1), to go on from.
        on_image: Called after each image with the rows so far.

    Returns:
        float32 (N, S + 1).
    """
    found = np.zeros((0, ordering.removed.shape[1]), np.float32) if done is None else done
    rows = batch_rows(source.shape)
    for row in range(len(found), len(ordering)):
        one = ordering.take(slice(row, row + 1))
        pixels = to_float(source.read(one.index), device)
        ranks = torch.from_numpy(one.ranks().reshape(1, 1, *source.shape[:2])).to(device)
        columns, back = np.unique(one.removed[0], return_inverse=True)
        odds = []
        for part in np.split(columns, range(rows, len(columns), rows)):
            shown = torch.where(ranks >= torch.from_numpy(part).to(device)[:, None, None, None], pixels, blank)
            logits = in_passes(classifier, shown, rows)
            target = torch.full((len(part),), int(one.target[0]), device=logits.device)
            odds.append(log_odds(logits / temperature, target).cpu().numpy())
        found = np.concatenate([found, np.concatenate(odds)[back][None]])
        on_image(found)
    return found
