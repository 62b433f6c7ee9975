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
    """

    blank: torch.Tensor
    paint: Callable
    masks: Masks | None = None

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
        kept = torch.from_numpy(self.masks(numbers)[:, None]).to(images.device)
        return torch.where(kept, self.paint(images, self.blank), self.blank)


def make_view(settings: dict, blank, shape, device="cpu", orderings=None, seed=None) -> View:
    """A `View` as a config describes it.

    Args:
        settings: mask, paint and, where the mask asks for it, fraction or threshold.
        blank: One value in [0, 1] a channel.
        shape: (H, W).
        device: Where the images are.
        orderings: An iterable of those that choose the pixels, for masks that are chosen.
        seed: Of random masks.
    """
    masks = find(MASKS[settings["mask"]])(tuple(shape), settings, orderings, seed)
    return View(blank_tensor(blank, device), find(PAINTS[settings["paint"]]), masks)


def masked_view(blank, masks: Masks, device="cpu") -> View:
    """Kept pixels in their own colour, by masks that are there already."""
    return View(blank_tensor(blank, device), find(PAINTS["values"]), masks)


def shown_only(source: Source, view: View) -> tuple[Source, View]:
    """The images of a split that a view shows something of, under numbers of their own, and the view of those.

    Only masks at a threshold leave images out: those without a sufficient input subset.
    """
    if view.masks is None or view.masks.numbers is None or len(view.masks.numbers) == len(source):
        return source, view
    numbers = view.masks.numbers
    masks = Masks(lambda asked: view.masks(numbers[asked]))
    return Chosen(source, numbers), View(view.blank, view.paint, masks)
