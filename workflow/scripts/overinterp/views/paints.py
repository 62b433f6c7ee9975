"""What a kept pixel shows: one function a paint.

From images float32 (n, C, H, W), bool (n, 1, H, W), True where a pixel is kept, the images' numbers (n,), the blank (1, C, 1, 1)
and a seed to images; what they show where nothing is kept is not used.
"""

from __future__ import annotations

import numpy as np
import torch

from overinterp.views.masks import of_image


def values(images: torch.Tensor, kept: torch.Tensor, numbers: np.ndarray, blank: torch.Tensor, seed) -> torch.Tensor:
    """Its own colour."""
    return images


def position(images: torch.Tensor, kept: torch.Tensor, numbers: np.ndarray, blank: torch.Tensor, seed) -> torch.Tensor:
    """That it is kept, whatever its colour: in each channel the end of [0, 1] that is farther from the blank."""
    return (blank < 0.5).to(images.dtype).expand_as(images)


def shuffled(images: torch.Tensor, kept: torch.Tensor, numbers: np.ndarray, blank: torch.Tensor, seed) -> torch.Tensor:
    """The colour of another kept pixel: an image's kept colours, dealt out anew among its kept places, once for each image."""
    channels, pixels = images.shape[1], kept[0].numel()
    keys = torch.from_numpy(np.stack([of_image(seed, number).random(pixels) for number in numbers.tolist()])).to(images.device)
    kept = kept.flatten(1)
    drawn = torch.where(kept, keys, 2.0).argsort(1)  # kept pixels first, in the order drawn
    places = (~kept).to(torch.uint8).argsort(dim=1, stable=True)  # kept pixels first, row-major
    drawn, places = (order[:, None].expand(-1, channels, -1) for order in (drawn, places))
    flat = images.flatten(2)
    return torch.empty_like(flat).scatter_(2, places, flat.gather(2, drawn)).reshape(images.shape)
