"""One search of some images by one classifier, from uint8 images to an `Ordering`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from overinterp.models.input_dropout import with_bank
from overinterp.search.engine import Search
from overinterp.search.ordering import Ordering
from overinterp.search.stages import preset
from overinterp.views import blank_tensor, to_float


def search_images(
    classifier: nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    blank,
    settings: dict,
    *,
    index: np.ndarray | None = None,
    removed: np.ndarray | None = None,
    meta: dict | None = None,
    device: str = "cpu",
    state: dict | None = None,
    quick: nn.Module | None = None,
    on_step: Callable[[Search], None] = lambda search: None,
) -> Ordering:
    """Order the pixels of images.

    Args:
        classifier: Frozen, on ``device``, from pixel-space images to logits (N, K), K at least 2.
        images: uint8 (N, H, W, C).
        labels: int64 (N,).
        blank: One value in [0, 1] a channel.
        settings: An entry of the config's ``searches``: method, pixels_per_step, objective, target, batch_size, and
            input_dropout (masks, keep_probability, seed) where it is on.
        index: (N,) numbers of the images in their split; by default 0 to N - 1.
        removed: bool (N, H, W), pixels removed beforehand.
        meta: Recorded with the result.
        device: Where to search.
        state: Of an interrupted search of the same images, to go on from.
        quick: The classifier in lower precision, to try candidates before the classifier itself decides.
        on_step: Called after each step.

    Raises:
        ValueError: Fewer than two classes, a channel count unlike the blank's, or logits that are not finite.
    """
    n, height, width, channels = images.shape
    if len(blank) != channels:
        raise ValueError(f"blank: found {len(blank)} values, expected {channels}, one a channel")
    fill = blank_tensor(blank, device)
    pixels = to_float(images, device)
    if "input_dropout" in settings:
        classifier = with_bank(classifier, fill, (height, width), **settings["input_dropout"])
        quick = quick and with_bank(quick, fill, (height, width), **settings["input_dropout"])
    label = torch.from_numpy(labels).to(device)
    search = Search(
        classifier,
        pixels,
        label,
        fill,
        preset(settings["method"], height * width, settings["pixels_per_step"]),
        settings["objective"],
        settings["batch_size"],
        removed,
        quick,
    )
    logits = search.classify(pixels.flatten(2))
    if logits.shape[1] < 2:
        raise ValueError(f"classifier: found {logits.shape[1]} logit, expected at least 2 classes")
    predicted = logits.argmax(1)
    if settings["target"] == "predicted":
        search.target = predicted
    if state is not None:
        search.restore(state)
    arrays = search.run(on_step)
    return Ordering(
        **arrays,
        target=search.target.cpu().numpy(),
        label=labels,
        predicted=predicted.cpu().numpy(),
        index=np.arange(n) if index is None else index,
        height=height,
        width=width,
        meta=meta or {},
    )
