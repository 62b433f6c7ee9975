"""Passes of a fixed shape: how many rows each has, and which images are in which."""

from __future__ import annotations

import torch
from torch import nn

LARGE_PIXELS = 64 * 64  # above, images stand channels-last in passes with gradients: faster, and large enough to matter


def rows_of_passes(pixels: int, batch_size: int | None = None, device: str = "cpu") -> tuple[int, int]:
    """Rows of a forward pass, and of one with gradients, which holds activations.

    Both are fixed for a search, whatever the number of images: a row's bits may depend on the shape of its pass. By default a
    pass has 128 rows of images up to 32x32 (on a GPU 8,192) and fewer of larger ones, 8 at least. A pass with gradients takes an
    eighth of it, but where a forward pass has as many 16 at least up to 64x64 (some CPUs take another kernel for some rows of
    smaller passes) and 4 at least above.

    Args:
        pixels: Of an image.
        batch_size: Rows of a forward pass, where they are given.
        device: Where the passes are.
    """
    most = 8192 if "cuda" in device else 128
    rows = batch_size or min(most, max(8, most * 1024 // pixels))
    return rows, min(rows, max(rows // 8, 16 if pixels <= LARGE_PIXELS else 4))


def passes(count: int, batch_size: int, device: torch.device) -> list[torch.Tensor]:
    """Row numbers 0 to count - 1 in equal batches, the last padded with row 0.

    On a GPU, where no row's bits are promised, fewer rows than a batch are padded to a power of two only, 16 at least: batches
    are large there, and kernels are chosen anew for every size.
    """
    if device.type == "cuda":
        batch_size = min(batch_size, max(16, 1 << (count - 1).bit_length()))
    padded = -(-count // batch_size) * batch_size
    rows = torch.arange(padded, device=device)
    return list(torch.where(rows < count, rows, 0).split(batch_size))


@torch.no_grad()
def in_passes(classifier: nn.Module, images: torch.Tensor, batch_size: int) -> torch.Tensor:
    """Logits (n, K) of images (n, C, H, W) in equal passes of so many rows, the last padded."""
    logits = [classifier(images[rows]) for rows in passes(len(images), batch_size, images.device)]
    return torch.cat(logits)[: len(images)]
