"""Pixels as tensors."""

from __future__ import annotations

import numpy as np
import torch


def blank_tensor(blank, device: str | torch.device = "cpu") -> torch.Tensor:
    """The blank colour, one value a channel, as float32 (1, C, 1, 1)."""
    return torch.tensor(blank, dtype=torch.float32, device=device).reshape(1, -1, 1, 1)


def to_float(images: np.ndarray | torch.Tensor, device: str | torch.device = "cpu") -> torch.Tensor:
    """uint8 (N, H, W, C) images as float32 (N, C, H, W) in [0, 1], on a device."""
    return torch.as_tensor(images).to(device).permute(0, 3, 1, 2).to(torch.float32) / 255
