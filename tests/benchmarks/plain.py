"""The plain recipe of a search, the yardstick of the engine's speed.

What one writes first, and what the authors' code amounts to: PyTorch eager, NCHW, float32, one image at a time, batches
of 128 masked copies built with NumPy, softmax, weights that require gradients.
"""

from __future__ import annotations

import numpy as np
import torch

BATCH = 128


def exact_step(network, image, gone, target, blank, most=None):
    """Confidence (remaining,) of one image (C, P) with each remaining pixel removed too; of the first ``most`` only."""
    side = int(image.shape[1] ** 0.5)
    remaining = np.flatnonzero(~gone)[:most]
    confidence = []
    for start in range(0, len(remaining), BATCH):
        pixels = remaining[start : start + BATCH]
        masks = np.repeat(gone[None], len(pixels), axis=0)
        masks[np.arange(len(pixels)), pixels] = True
        batch = np.where(masks[:, None], blank, image[None]).astype(np.float32).reshape(len(pixels), -1, side, side)
        with torch.no_grad():
            confidence.append(network(torch.from_numpy(batch)).softmax(1)[:, target].numpy())
    return remaining, np.concatenate(confidence)


def gradient_step(network, images, gone, targets, blank):
    """Derivative (n, P) of the confidence of images (n, C, P) with respect to each pixel's removal."""
    side = int(images.shape[2] ** 0.5)
    mask = torch.from_numpy(gone.astype(np.float32))[:, None].requires_grad_(True)
    x = torch.from_numpy(images)
    mixed = (1 - mask) * x + mask * torch.from_numpy(blank)
    confidence = network(mixed.unflatten(2, (side, side))).softmax(1)
    confidence.gather(1, torch.from_numpy(targets)[:, None]).sum().backward()
    network.zero_grad()
    return mask.grad[:, 0].numpy()
