"""Input dropout, the paper's second mitigation: random pixels are blank in every training image."""

from __future__ import annotations

import torch
from torch import nn

from overinterp.models.ensemble import Ensemble


def drop_pixels(images: torch.Tensor, blank: torch.Tensor, keep_probability, generator: torch.Generator) -> torch.Tensor:
    """Blank each pixel, all channels together, with probability 1 - keep_probability; nothing is rescaled.

    Args:
        images: (N, C, H, W) in pixel space.
        blank: Broadcastable to (N, C, H, W).
        keep_probability: In [0, 1]; one, or one an image, (N, 1, 1, 1).
        generator: On the CPU, so that the draw is the same on every device.
    """
    n, _, height, width = images.shape
    kept = torch.rand((n, 1, height, width), generator=generator) < keep_probability
    return torch.where(kept.to(images.device), images, blank)


class Masked(nn.Module):
    """A classifier that never sees some of the pixels.

    Args:
        classifier: From images to logits.
        kept: bool (1, 1, H, W), pixels that it sees.
        blank: (1, C, 1, 1), what it sees instead of the others.
    """

    def __init__(self, classifier: nn.Module, kept: torch.Tensor, blank: torch.Tensor):
        super().__init__()
        self.classifier = classifier
        self.register_buffer("kept", kept)
        self.register_buffer("blank", blank)

    def forward(self, x):
        """Logits (N, K) of images (N, C, H, W)."""
        return self.classifier(torch.where(self.kept, x, self.blank))


def with_bank(classifier: nn.Module, blank: torch.Tensor, shape, masks: int, keep_probability: float, seed: int) -> nn.Module:
    """The classifier with input dropout on: its mean probability over a fixed bank of random masks.

    The masks are the same for all images and candidates, so that a search compares removals and not draws.

    Args:
        classifier: From images to logits (N, K), frozen.
        blank: (1, C, 1, 1), on the classifier's device.
        shape: (H, W).
        masks: Size of the bank; so many times dearer is every pass.
        keep_probability: In (0, 1].
        seed: Of the bank.
    """
    generator = torch.Generator().manual_seed(seed)
    bank = torch.rand((masks, 1, 1, *shape), generator=generator) < keep_probability
    return Ensemble([Masked(classifier, kept.to(blank.device), blank) for kept in bank], "probabilities").eval()
