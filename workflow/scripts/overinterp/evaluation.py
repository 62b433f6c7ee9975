"""What classifiers make of views: accuracy, sizes of subsets, agreement of searches, transfer, planted pixels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from scipy.special import gammaln
from scipy.stats import rankdata
from torch import nn

from overinterp import sis
from overinterp.classifier import logits
from overinterp.search.ordering import Ordering
from overinterp.statistics import ratio_interval
from overinterp.views import View, to_float


def accuracy(
    classifier: nn.Module, images: np.ndarray, labels: np.ndarray, view: View, device: str = "cpu", chooser=None
) -> dict:
    """Accuracy on a view of images, and the mean probability of the predicted class.

    Args:
        classifier: From pixel-space images to logits.
        images: uint8 (N, H, W, C).
        labels: int64 (N,).
        view: What is shown, on ``device``.
        device: Where to evaluate.
        chooser: (N,) classes that the network that chose the pixels predicts on the full images, or None.

    Returns:
        images, accuracy, mean_confidence; with ``chooser`` also chooser_wrong_images, on which that network is wrong, and
        chooser_class_share, how often this classifier gives its wrong class there (NaN where it is never wrong).
    """
    probability = _probabilities(classifier, images, view, device)
    predicted = probability.argmax(1)
    found = {
        "images": len(labels),
        "accuracy": (predicted == labels).mean(),
        "mean_confidence": probability.max(1).mean(),
        "chooser_wrong_images": 0,
        "chooser_class_share": np.nan,
    }
    if chooser is not None and (chooser != labels).any():
        wrong = chooser != labels
        found |= {"chooser_wrong_images": int(wrong.sum()), "chooser_class_share": (predicted == chooser)[wrong].mean()}
    return found


def transfer(classifier: nn.Module, images, labels, view: View, target: np.ndarray, device: str = "cpu") -> dict:
    """A classifier shown the subsets that another one's search found.

    Args:
        classifier: The network tested.
        images: uint8 (N, H, W, C).
        labels: int64 (N,).
        view: The source's subsets.
        target: (N,) the source's target classes.
        device: Where to evaluate.

    Returns:
        images, mean_confidence (mean probability of the source's target class) and accuracy.
    """
    probability = _probabilities(classifier, images, view, device)
    confidence = np.take_along_axis(probability, target[:, None], 1)
    right = probability.argmax(1) == labels
    return {"images": len(labels), "mean_confidence": confidence.mean(), "accuracy": right.mean()}


def answers(classifier: nn.Module, images, view: View, device: str = "cpu") -> tuple[np.ndarray, np.ndarray]:
    """What a classifier says to a view of images: classes (N,) and their probabilities (N,).

    Args:
        classifier: From pixel-space images to logits.
        images: uint8 (N, H, W, C).
        view: What is shown, on ``device``.
        device: Where to evaluate.
    """
    probability = _probabilities(classifier, images, view, device)
    return probability.argmax(1), probability.max(1)


def _probabilities(classifier, images, view, device) -> np.ndarray:
    rows = torch.arange(len(images), device=device)
    found = logits(classifier, view(to_float(images, device), rows))
    return found.double().softmax(1).cpu().numpy()


def sis_sizes(ordering: Ordering, thresholds: list[float]) -> pd.DataFrame:
    """Size of the sufficient input subset of every image at every threshold, one row each."""
    parts = []
    for threshold in thresholds:
        subsets = sis.find_sis(ordering, threshold)
        parts.append(
            pd.DataFrame(
                {
                    "index": ordering.index,
                    "label": ordering.label,
                    "predicted": ordering.predicted,
                    "target": ordering.target,
                    "correct": ordering.correct,
                    "threshold": threshold,
                    "status": subsets.status,
                    "full_at_threshold": subsets.full_at_threshold,
                    "size_pixels": subsets.size,
                    "log_odds_full": ordering.log_odds[:, 0],
                    "log_odds_blank": ordering.log_odds[:, -1],
                    "ties": ordering.ties,
                    "near_ties": ordering.near_ties,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


RINGS = (1, 2, 4)  # outermost rings of pixels whose share of the kept pixels is told


def ring_shares(ordering: Ordering, fraction: float) -> pd.DataFrame:
    """Share of the kept pixels that lies on the outermost rings of the image, against a uniform spread.

    Args:
        ordering: Orderings of N images.
        fraction: Kept fraction.

    Returns:
        One row for each number of rings: rings, images, share with a 95 % bootstrap interval over images, uniform_share.
    """
    kept = ordering.kept_fraction(fraction)
    rows = []
    for rings in RINGS:
        border = np.ones(kept.shape[1:], bool)
        border[rings:-rings, rings:-rings] = False
        share, low, high = ratio_interval((kept & border).sum((1, 2)), kept.sum((1, 2)))
        rows.append((rings, fraction, len(kept), share, low, high, border.mean()))
    return pd.DataFrame(rows, columns=["rings", "fraction", "images", "share", "share_low", "share_high", "uniform_share"])


def agreement(reference: Ordering, candidate: Ordering, threshold: float) -> pd.DataFrame:
    """Two searches of one classifier, compared on the images that both hold.

    Returns:
        One row an image: status and size_pixels of both subsets, size_ratio (candidate over reference), jaccard of
        the two subsets (both NaN unless both are found), and rank_correlation (Spearman) of the whole orders.

    Raises:
        ValueError: No image in common, or other target classes.
    """
    common = np.intersect1d(reference.index, candidate.index)
    if not len(common):
        raise ValueError("agreement: found no image that both searches hold")
    reference = reference.take(np.searchsorted(reference.index, common))
    candidate = candidate.take(np.searchsorted(candidate.index, common))
    if (reference.target != candidate.target).any():
        raise ValueError("agreement: found searches towards different classes, expected the same")
    a, b = sis.find_sis(reference, threshold), sis.find_sis(candidate, threshold)
    mask_a, mask_b = sis.masks(reference, a), sis.masks(candidate, b)
    both = (a.status == sis.FOUND) & (b.status == sis.FOUND)
    union = (mask_a | mask_b).sum((1, 2))
    ranks = np.stack([rankdata(reference.ranks(), axis=1), rankdata(candidate.ranks(), axis=1)])
    ranks -= ranks.mean(2, keepdims=True)
    correlation = (ranks[0] * ranks[1]).sum(1) / np.sqrt((ranks[0] ** 2).sum(1) * (ranks[1] ** 2).sum(1))
    return pd.DataFrame(
        {
            "index": common,
            "threshold": threshold,
            "reference_status": a.status,
            "candidate_status": b.status,
            "reference_size_pixels": a.size,
            "candidate_size_pixels": b.size,
            "size_ratio": np.where(both, b.size / np.where(both, a.size, 1), np.nan),
            "jaccard": np.where(both, (mask_a & mask_b).sum((1, 2)) / np.where(both, union, 1), np.nan),
            "rank_correlation": correlation,
        }
    )


def planted_recovery(ordering: Ordering, truth: np.ndarray, threshold: float) -> dict:
    """How much of the subsets lies on planted pixels, against subsets of as many uniformly random pixels.

    Args:
        ordering: Orderings of N images.
        truth: bool (H, W), the planted pixels.
        threshold: Confidence in (0, 1).

    Returns:
        Counts of found, none and empty subsets; over the found ones: precision (planted share of all their pixels
        pooled) with a 95 % bootstrap interval over images, touch_share (subsets with at least one planted pixel),
        and what both would be for uniformly random pixels.
    """
    subsets = sis.find_sis(ordering, threshold)
    found = subsets.status == sis.FOUND
    size = subsets.size[found]
    planted = (sis.masks(ordering, subsets)[found] & truth).sum((1, 2))
    precision, low, high = ratio_interval(planted, size)
    return {
        "threshold": threshold,
        "images": len(ordering),
        "found": int(found.sum()),
        "none": int((subsets.status == sis.NONE).sum()),
        "empty": int((subsets.status == sis.EMPTY).sum()),
        "sis_pixels": int(size.sum()),
        "planted_pixels_in_sis": int(planted.sum()),
        "precision": precision,
        "precision_low": low,
        "precision_high": high,
        "uniform_precision": truth.mean(),
        "touched_images": int((planted > 0).sum()),
        "touch_share": (planted > 0).mean() if len(size) else np.nan,
        "uniform_touch_share": _touch_by_chance(size, truth).mean() if len(size) else np.nan,
    }


def _touch_by_chance(size: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Probability that a uniformly random subset of each size holds a planted pixel (hypergeometric)."""
    pixels, planted = truth.size, int(truth.sum())

    def log_choose(n, k):
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    possible = size <= pixels - planted
    missed = np.exp(log_choose(pixels - planted, np.where(possible, size, 0)) - log_choose(pixels, np.where(possible, size, 0)))
    return 1 - np.where(possible, missed, 0)
