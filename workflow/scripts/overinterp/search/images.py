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
from overinterp.search.every import union
from overinterp.search.kept import Kept
from overinterp.search.ordering import Ordering, concatenate
from overinterp.search.passes import rows_of_passes
from overinterp.search.stages import preset
from overinterp.search.targets import TARGETS

LOCKSTEP_PIXELS = 16_384  # of the images that are searched in lock-step, all together


@dataclass(frozen=True)
class Standing:
    """How far a search of images is.

    Attributes:
        images_done: Images whose search has ended.
        forwards: Forward passes done, as `Schedule.forwards` counts them.
        state: Makes what an interrupted search goes on from.
    """

    images_done: int
    forwards: int
    state: Callable[[], dict]


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
    classes: int | None = None,
    on_step: Callable[[Standing], None] = lambda standing: None,
) -> Ordering | Kept:
    """Order the pixels of images.

    Args:
        classifier: Frozen, on ``device``, from pixel-space images to logits (N, K), K at least 2.
        source: The split; a group of images is read when its search begins.
        numbers: (N,) numbers of the images to search.
        blank: One value in [0, 1] a channel.
        settings: An entry of the config's ``searches``: method, pixels_per_step, objective, target, and where they are given
            batch_size and input_dropout (masks, keep_probability, seed). Target every: each image is searched towards each of
            the classes, and the orders take turns (`take_turns`).
        removed: bool (N, H, W), pixels removed beforehand.
        meta: Recorded with the result.
        device: Where to search.
        state: Of an interrupted search of the same images, to go on from.
        quick: The classifier in lower precision, to try candidates before the classifier itself decides.
        keep: Kept fractions, where their masks alone are wanted; nothing else of a finished image is then held.
        classes: Of the images, the first logits; for target every.
        on_step: Called after each step.

    Raises:
        ValueError: Fewer than two classes, a channel count unlike the blank's, or logits that are not finite.
    """
    (height, width, channels), index = source.shape, np.asarray(numbers, np.int64)
    if len(blank) != channels:
        raise ValueError(f"blank: found {len(blank)} values, expected {channels}, one a channel")
    every = settings["target"] == "every"
    if every and classes is None:
        raise ValueError("target: found every, expected the number of classes beside it")
    fill = blank_tensor(blank, device)
    if "input_dropout" in settings:
        classifier = with_bank(classifier, fill, (height, width), **settings["input_dropout"])
        if quick is not None:
            quick = with_bank(quick, fill, (height, width), **settings["input_dropout"])
    schedule = preset(settings["method"], height * width, settings["pixels_per_step"])
    batch_size = settings.get("batch_size")
    common = {"height": height, "width": width, "meta": meta or {}}
    times = classes if every else 1  # searches an image
    image = np.repeat(np.arange(len(index)), times)  # of each search, its place in ``numbers``
    kind, whole = (Kept, {"fractions": tuple(keep), **common}) if keep and not every else (Ordering, common)
    done = _Done(kind, whole, times, state, on_step)
    sizes = None  # of passes; smaller than at first where memory ran short

    # Few enough that a step does not last long, and that memory does not grow with the images of a shard.
    forward, backward = rows_of_passes(height * width, batch_size, device)
    group = max(forward if schedule.ranking else backward, LOCKSTEP_PIXELS // (height * width))
    for first in range(done.searches, len(image), group):
        rows = image[first : first + group]
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
        if every:
            search.target = torch.arange(first, first + len(rows), device=device) % times
        done.go_on(search)
        arrays = search.run(done.report)
        found = Ordering(
            **arrays,
            target=search.target.cpu().numpy(),
            label=source.labels[index[rows]],
            predicted=predicted.cpu().numpy(),
            index=index[rows],
            **common,
        )
        done.add(Kept.of(found, keep) if keep and not every else found, search)
        sizes = search.batch_size, search.gradient_size
    if not every:
        return concatenate(done.parts)
    found = union(concatenate(done.parts), times, classifier, source, fill, sizes[0] if sizes else forward)
    return Kept.of(found, keep) if keep else found


class _Done:
    """What has been done of a shard's searches: told after each step, and what an interrupted shard goes on from.

    Args:
        kind: `Ordering` or `Kept`, of the parts.
        whole: What all parts have in common.
        times: Searches an image.
        state: What was done before an interruption, or None.
        on_step: Told where the search stands.
    """

    def __init__(self, kind, whole: dict, times: int, state: dict | None, on_step: Callable[[Standing], None]):
        before = state or {"finished": [], "forwards": 0, "current": None}
        self.kind, self.times, self.on_step = kind, times, on_step
        self.parts = [kind(**{name: value.numpy() for name, value in arrays.items()}, **whole) for arrays in before["finished"]]
        self.forwards, self.current = before["forwards"], before["current"]

    @property
    def searches(self) -> int:
        """That have ended."""
        return sum(map(len, self.parts))

    def go_on(self, search: Search) -> None:
        """Let the first search after an interruption go on where it stood."""
        if self.current is not None:
            search.restore(self.current)
            self.current = None

    def report(self, search: Search) -> None:
        self.on_step(Standing(self.searches // self.times, self.forwards + search.forwards, lambda: self._state(search)))

    def add(self, part: Ordering | Kept, search: Search) -> None:
        self.parts.append(part)
        self.forwards += search.forwards

    def _state(self, search: Search) -> dict:
        arrays = [{name: torch.from_numpy(getattr(part, name)) for name in self.kind.ARRAYS} for part in self.parts]
        return {"finished": arrays, "forwards": self.forwards, "current": search.state()}
