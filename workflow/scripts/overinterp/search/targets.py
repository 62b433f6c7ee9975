"""Towards which class an image is searched."""

from __future__ import annotations

import numpy as np
import torch

TARGET_SEED = 13  # of classes drawn at random


def runner_up(logits: torch.Tensor, label: torch.Tensor, numbers: np.ndarray) -> torch.Tensor:
    """The class with the second-largest logit of the full image; of equal ones that of the lower number."""
    return logits.scatter(1, logits.argmax(1, keepdim=True), -torch.inf).argmax(1)


def other(logits: torch.Tensor, label: torch.Tensor, numbers: np.ndarray) -> torch.Tensor:
    """A class other than the predicted one, drawn uniformly for each image: a function of its number alone."""
    steps = [int(np.random.default_rng([TARGET_SEED, number]).integers(1, logits.shape[1])) for number in numbers.tolist()]
    return (logits.argmax(1) + torch.tensor(steps, device=logits.device)) % logits.shape[1]


def predicted(logits: torch.Tensor, label: torch.Tensor, numbers: np.ndarray) -> torch.Tensor:
    """The class with the largest logit of the full image; of equal ones that of the lowest number."""
    return logits.argmax(1)


TARGETS = {
    "predicted": predicted,
    "label": lambda logits, label, numbers: label,
    "runner_up": runner_up,
    "other": other,
    "every": predicted,  # each class in turn is searched; the log-odds recorded are of this one
}
