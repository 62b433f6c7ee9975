"""Ensembles: several classifiers acting as one."""

from __future__ import annotations

import math

import torch
from torch import nn


class Ensemble(nn.Module):
    """Mean of the members' logits, or of their probabilities.

    Args:
        members: Classifiers from images to logits (N, K), on one device.
        average: 'logits' (the paper's) or 'probabilities'. The latter returns the logarithm of the mean
            probability, by logsumexp of the members' log-softmax, so that log-odds do not saturate.

    Raises:
        ValueError: No members, or another ``average``.
    """

    def __init__(self, members: list[nn.Module], average: str):
        super().__init__()
        if average not in ("logits", "probabilities") or not members:
            raise ValueError(f"ensemble: found {len(members)} members averaged by {average!r}, expected logits or probabilities")
        self.members = nn.ModuleList(members)
        self.average = average

    def forward(self, x):
        """Logits (N, K) of images (N, C, H, W)."""
        logits = torch.stack([member(x) for member in self.members])
        if self.average == "logits":
            return logits.mean(0)
        return logits.log_softmax(-1).logsumexp(0) - math.log(len(self.members))
