"""What a network is shown of an image: a mask (which pixels) and a paint (what they show) on a blank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from overinterp.data.source import Chosen, Source
from overinterp.pixels import blank_tensor
from overinterp.plan.lists import MASKS, PAINTS, find
from overinterp.views.masks import Masks


@dataclass(frozen=True)
class View:
    """A way to show images.

    Attributes:
        blank: float32 (1, C, 1, 1): colour of a removed pixel, in pixel space [0, 1].
        paint: What a kept pixel shows.
        masks: Which pixels are kept; None for all.
        seed: Of what a paint draws.
    """

    blank: torch.Tensor
    paint: Callable
    masks: Masks | None = None
    seed: int | tuple = 0

    def __call__(self, images: torch.Tensor, numbers: np.ndarray) -> torch.Tensor:
        """Show some images.

        Args:
            images: float32 (n, C, H, W) in [0, 1].
            numbers: (n,) their numbers in the split.

        Returns:
            float32 (n, C, H, W).
        """
        if self.masks is None:
            return images
        return self.on_blank(images, torch.from_numpy(self.masks(numbers)[:, None]).to(images.device), numbers)

    def on_blank(self, images: torch.Tensor, kept: torch.Tensor, numbers: np.ndarray) -> torch.Tensor:
        """What is kept of images (n, C, H, W), bool (n, 1, H, W), as it is painted; the blank elsewhere."""
        return torch.where(kept, self.paint(images, kept, numbers, self.blank, self.seed), self.blank)


def make_view(settings: dict, blank, shape, device="cpu", orderings=None, seed=0) -> View:
    """A `View` as a config describes it.

    Args:
        settings: mask, paint and, where the mask asks for it, fraction or threshold.
        blank: One value in [0, 1] a channel.
        shape: (H, W).
        device: Where the images are.
        orderings: An iterable of those that choose the pixels, for masks that are chosen.
        seed: Of what masks and paints draw.
    """
    masks = find(MASKS[settings["mask"]])(tuple(shape), settings, orderings, seed)
    return View(blank_tensor(blank, device), find(PAINTS[settings["paint"]]), masks, seed)


def masked_view(blank, masks: Masks, device="cpu") -> View:
    """Kept pixels in their own colour, by masks that are there already."""
    return View(blank_tensor(blank, device), find(PAINTS["values"]), masks)


def shown_only(source: Source, view: View) -> tuple[Source, View]:
    """The images of a split that a view shows something of, under numbers of their own, and the view of those.

    Left out are images without a sufficient input subset at a threshold, and those that nobody lends a mask (`controls`).
    """
    if view.masks is None or view.masks.numbers is None or len(view.masks.numbers) == len(source):
        return source, view
    numbers = view.masks.numbers
    masks = Masks(lambda asked: view.masks(numbers[asked]))

    def paint(images, kept, asked, blank, seed):
        return view.paint(images, kept, numbers[asked], blank, seed)

    return Chosen(source, numbers), View(view.blank, paint, masks, view.seed)
