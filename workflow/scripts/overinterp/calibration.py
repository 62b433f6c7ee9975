"""Confidence against accuracy: calibration error, temperature scaling, and orderings seen through a temperature."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp
from torch import nn

from overinterp.classifier import logits as logits_of
from overinterp.search.ordering import Ordering
from overinterp.views import to_float

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


def path_logits(classifier: nn.Module, images: np.ndarray, ordering: Ordering, blank: torch.Tensor, device: str = "cpu"):
    """Logits of every recorded column of an ordering, by showing the classifier the images again without a search.

    Args:
        classifier: From images to logits.
        images: uint8 (N, H, W, C), those of the ordering.
        ordering: Of N images.
        blank: (1, C, 1, 1), on ``device``.
        device: Where to evaluate.

    Returns:
        float32 (N, S + 1, K).
    """
    pixels = to_float(images, device)
    ranks = torch.from_numpy(ordering.ranks().reshape(-1, 1, ordering.height, ordering.width)).to(device)
    found = []
    for row, removed in enumerate(ordering.removed):
        columns, back = np.unique(removed, return_inverse=True)
        kept = ranks[row] >= torch.from_numpy(columns).to(device)[:, None, None, None]
        shown = torch.where(kept, pixels[row], blank)
        found.append(logits_of(classifier, shown, batch_size=128).cpu().numpy()[back])
    return np.stack(found)


def at_temperature(ordering: Ordering, logits: np.ndarray, temperature: float) -> Ordering:
    """The ordering with its log-odds as they are under softmax(logits / T); its order does not change.

    Args:
        ordering: Of N images.
        logits: (N, S + 1, K) of its columns.
        temperature: T > 0.
    """
    scaled = logits.astype(np.float64) / temperature
    target = np.broadcast_to(ordering.target[:, None, None], (*scaled.shape[:2], 1))
    own = np.take_along_axis(scaled, target, 2)[..., 0]
    others = scaled.copy()
    np.put_along_axis(others, target, -np.inf, axis=2)
    return dataclasses.replace(ordering, log_odds=(own - logsumexp(others, axis=2)).astype(np.float32))
