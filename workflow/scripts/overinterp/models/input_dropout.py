"""Input dropout, the paper's second mitigation: random pixels are blank in every training image."""

from __future__ import annotations

import torch


def drop_pixels(images: torch.Tensor, blank: torch.Tensor, keep_probability: float, generator: torch.Generator) -> torch.Tensor:
    """Blank each pixel, all channels together, with probability 1 - keep_probability; nothing is rescaled.

    Args:
        images: (N, C, H, W) in pixel space.
        blank: Broadcastable to (N, C, H, W).
        keep_probability: In (0, 1].
        generator: On the CPU, so that the draw is the same on every device.
    """
    n, _, height, width = images.shape
    kept = torch.rand((n, 1, height, width), generator=generator) < keep_probability
    return torch.where(kept.to(images.device), images, blank)
