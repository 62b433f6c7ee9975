"""One search of some images by one classifier, from uint8 images to an `Ordering`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from overinterp.data.source import Source
from overinterp.models.input_dropout import with_bank
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.engine import Search
from overinterp.search.kept import Kept
from overinterp.search.ordering import Ordering, concatenate
from overinterp.search.passes import rows_of_passes
from overinterp.search.stages import preset

TARGET_SEED = 13  # of classes drawn at random
LOCKSTEP_PIXELS = 16_384  # of the images that are searched in lock-step, all together


@dataclass(frozen=True)
class Standing:
    """How far a search of images is.

    Attributes:
        images_done: Images whose search has ended.
        image_steps: Steps done, summed over images.
        forwards: Forward passes done, as `Schedule.forwards` counts them.
        state: Makes what an interrupted search goes on from.
    """

    images_done: int
    image_steps: int
    forwards: int
    state: Callable[[], dict]


def runner_up(logits: torch.Tensor, label: torch.Tensor, numbers: np.ndarray) -> torch.Tensor:
    """The class with the second-largest logit of the full image; of equal ones that of the lower number."""
    return logits.scatter(1, logits.argmax(1, keepdim=True), -torch.inf).argmax(1)


def other(logits: torch.Tensor, label: torch.Tensor, numbers: np.ndarray) -> torch.Tensor:
    """A class other than the predicted one, drawn uniformly for each image: a function of its number alone."""
    steps = [int(np.random.default_rng([TARGET_SEED, number]).integers(1, logits.shape[1])) for number in numbers.tolist()]
    return (logits.argmax(1) + torch.tensor(steps, device=logits.device)) % logits.shape[1]


TARGETS = {
    "predicted": lambda logits, label, numbers: logits.argmax(1),
    "label": lambda logits, label, numbers: label,
    "runner_up": runner_up,
    "other": other,
}


def search_images(
    classifier: nn.Module,
    source: Source,
    numbers,
    blank,
    settings: dict,
    *,
    removed: np.ndarray | None = None,
    meta: dict | None = None,
    device: str = "cpu",
    state: dict | None = None,
    quick: nn.Module | None = None,
    keep: tuple[float, ...] | None = None,
    on_step: Callable[[Search], None] = lambda search: None,
) -> Ordering | Kept:
    """Order the pixels of images.

    Args:
        classifier: Frozen, on ``device``, from pixel-space images to logits (N, K), K at least 2.
        source: The split; a group of images is read when its search begins.
        numbers: (N,) numbers of the images to search.
        blank: One value in [0, 1] a channel.
        settings: An entry of the config's ``searches``: method, pixels_per_step, objective, target, and where they are given
            batch_size and input_dropout (masks, keep_probability, seed).
        removed: bool (N, H, W), pixels removed beforehand.
        meta: Recorded with the result.
        device: Where to search.
        state: Of an interrupted search of the same images, to go on from.
        quick: The classifier in lower precision, to try candidates before the classifier itself decides.
        keep: Kept fractions, where their masks alone are wanted; nothing else of a finished image is then held.
        on_step: Called after each step.

    Raises:
        ValueError: Fewer than two classes, a channel count unlike the blank's, an unknown target, or logits that are not finite.
    """
    (height, width, channels), index = source.shape, np.asarray(numbers, np.int64)
    n = len(index)
    if len(blank) != channels:
        raise ValueError(f"blank: found {len(blank)} values, expected {channels}, one a channel")
    if settings["target"] not in TARGETS:
        raise ValueError(f"target: found {settings['target']!r}, expected one of {', '.join(TARGETS)}")
    fill = blank_tensor(blank, device)
    if "input_dropout" in settings:
        classifier = with_bank(classifier, fill, (height, width), **settings["input_dropout"])
        if quick is not None:
            quick = with_bank(quick, fill, (height, width), **settings["input_dropout"])
    schedule = preset(settings["method"], height * width, settings["pixels_per_step"])
    batch_size = settings.get("batch_size")
    before = state or {"finished": [], "image_steps": 0, "forwards": 0, "current": None}
    common = {"height": height, "width": width, "meta": meta or {}}
    kind, whole = (Kept, {"fractions": tuple(keep), **common}) if keep else (Ordering, common)
    finished = [kind(**{name: value.numpy() for name, value in arrays.items()}, **whole) for arrays in before["finished"]]
    image_steps, forwards, current = before["image_steps"], before["forwards"], before["current"]
    sizes = None  # of passes; smaller than at first where memory ran short

    def state_of(search):
        arrays = [{name: torch.from_numpy(getattr(part, name)) for name in kind.ARRAYS} for part in finished]
        return {"finished": arrays, "image_steps": image_steps, "forwards": forwards, "current": search.state()}

    def report(search):
        done = sum(map(len, finished))
        on_step(Standing(done, image_steps + search.image_steps, forwards + search.forwards, lambda: state_of(search)))

    # Few enough that a step does not last long, and that memory does not grow with the images of a shard.
    forward, backward = rows_of_passes(height * width, batch_size)
    group = max(forward if schedule.ranking else backward, LOCKSTEP_PIXELS // (height * width))
    for first in range(sum(map(len, finished)), n, group):
        rows = slice(first, first + group)
        label = torch.from_numpy(source.labels[index[rows]]).to(device)
        search = Search(
            classifier,
            to_float(source.read(index[rows]), device),
            label,
            fill,
            schedule,
            settings["objective"],
            batch_size,
            None if removed is None else removed[rows],
            quick,
            index[rows].tolist(),
        )
        if sizes is not None:
            search.batch_size, search.gradient_size = sizes
        logits = search.full_logits()
        predicted = logits.argmax(1)
        search.target = TARGETS[settings["target"]](logits, label, index[rows])
        if current is not None:
            search.restore(current)
            current = None
        arrays = search.run(report)
        found = Ordering(
            **arrays,
            target=search.target.cpu().numpy(),
            label=source.labels[index[rows]],
            predicted=predicted.cpu().numpy(),
            index=index[rows],
            **common,
        )
        finished.append(Kept.of(found, keep) if keep else found)
        image_steps, forwards = image_steps + search.image_steps, forwards + search.forwards
        sizes = search.batch_size, search.gradient_size
    return concatenate(finished)
