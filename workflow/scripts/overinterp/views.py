"""What a network is shown of an image: all of it, some of its pixels, or only where they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from overinterp.search.ordering import kept_pixels


@dataclass(frozen=True)
class View:
    """A way to show images.

    Attributes:
        kind: 'full', 'backselect', 'random' or 'position_only'.
        blank: float32 (1, C, 1, 1): colour of a removed pixel, in pixel space [0, 1].
        kept: bool (N, 1, H, W): pixels kept of each image; None for 'full'.
    """

    kind: str
    blank: torch.Tensor
    kept: torch.Tensor | None = None

    def __call__(self, images: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Show some images.

        Args:
            images: float32 (n, C, H, W) in [0, 1].
            rows: (n,) their numbers in the split.

        Returns:
            float32 (n, C, H, W). Under 'position_only' a kept pixel has, in each channel, the end of [0, 1] that
            is farther from the blank, whatever its own value.
        """
        if self.kind == "full":
            return images
        kept = self.kept[rows]
        if self.kind == "position_only":
            images = (self.blank < 0.5).to(images.dtype).expand_as(images)
        return torch.where(kept, images, self.blank)


def make_view(kind: str, blank, kept: np.ndarray | None, device: str | torch.device = "cpu") -> View:
    """A `View` on a device.

    Args:
        kind: As in `View`.
        blank: One value in [0, 1] a channel.
        kept: bool (N, H, W), or None for 'full'.
        device: Where the images are.

    Raises:
        ValueError: A view of subsets without ``kept``, or another kind.
    """
    if kind not in ("full", "backselect", "random", "position_only") or (kind == "full") != (kept is None):
        raise ValueError(f"view: found {kind!r} {'without' if kept is None else 'with'} kept pixels")
    mask = None if kept is None else torch.from_numpy(kept[:, None]).to(device)
    return View(kind, blank_tensor(blank, device), mask)


def blank_tensor(blank, device: str | torch.device = "cpu") -> torch.Tensor:
    """The blank colour, one value a channel, as float32 (1, C, 1, 1)."""
    return torch.tensor(blank, dtype=torch.float32, device=device).reshape(1, -1, 1, 1)


def to_float(images: np.ndarray | torch.Tensor, device: str | torch.device = "cpu") -> torch.Tensor:
    """uint8 (N, H, W, C) images as float32 (N, C, H, W) in [0, 1], on a device."""
    return torch.as_tensor(images).to(device).permute(0, 3, 1, 2).to(torch.float32) / 255


def random_kept(count: int, height: int, width: int, fraction: float, seed: list[int]) -> np.ndarray:
    """Uniformly random subsets: one fixed mask an image, shared by all networks.

    Args:
        count: Number of images; the first masks do not depend on it.
        height: Rows.
        width: Columns.
        fraction: Share of the pixels kept, as `kept_pixels` rounds it.
        seed: Seed of the draw.

    Returns:
        bool (count, H, W).
    """
    pixels = height * width
    order = np.random.default_rng(seed).random((count, pixels)).argsort(1, kind="stable")
    kept = np.zeros((count, pixels), bool)
    np.put_along_axis(kept, order[:, : kept_pixels(pixels, fraction)], True, axis=1)
    return kept.reshape(count, height, width)
