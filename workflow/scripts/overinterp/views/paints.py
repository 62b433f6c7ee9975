"""What a kept pixel shows: one function a paint, from images float32 (n, C, H, W) and the blank (1, C, 1, 1) to images."""

from __future__ import annotations

import torch


def values(images: torch.Tensor, blank: torch.Tensor) -> torch.Tensor:
    """Its own colour."""
    return images


def position(images: torch.Tensor, blank: torch.Tensor) -> torch.Tensor:
    """That it is kept, whatever its colour: in each channel the end of [0, 1] that is farther from the blank."""
    return (blank < 0.5).to(images.dtype).expand_as(images)
