"""Backward selection over many images in lock-step: one engine, whose schedule makes every search.

Source of the algorithms: BackSelect in Carter et al. (AISTATS 2019); Batched Gradient SIS in Carter et al.
(NeurIPS 2021, supplement S1). The ranking is ours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import torch

from overinterp.search.passes import in_passes, rows_of_passes
from overinterp.search.record import Record
from overinterp.search.scoring import candidate_scores, gradient_scores, log_odds, pick
from overinterp.search.stages import Schedule, Stage

logger = logging.getLogger(__name__)
RESCORED = 32  # candidates tried again in full precision, beside as many as are removed


class Search:
    """A search of N images, its state included; `run` takes it to the end, step by step.

    Args:
        classifier: Frozen module from pixel-space images (B, C, H, W) to logits (B, K).
        images: float32 (N, C, H, W) in pixel space, on the classifier's device.
        target: (N,) int64, class whose confidence is kept.
        blank: float32 (1, C, 1, 1), colour of a removed pixel.
        schedule: What is done.
        objective: 'log_odds' or 'probability'.
        batch_size: Rows of every forward pass; None for as many as suit the images (`rows_of_passes`, which also says how many a
            pass with gradients takes). If the device's memory is too small for it, both are halved, with a line in the log.
        removed: bool (N, H, W), pixels removed beforehand; they head the order in row-major order.
        quick: The classifier in lower precision, or None. It tries the candidates; as many as a step removes and `RESCORED` more
            that it thinks best, and all that it cannot tell from the last of these, are tried again by the classifier itself,
            which decides. Gradients are the classifier's own.
        numbers: What errors call the images; by default 0 to N - 1.

    Raises:
        ValueError: An unknown objective.
    """

    def __init__(
        self,
        classifier,
        images,
        target,
        blank,
        schedule: Schedule,
        objective="log_odds",
        batch_size=None,
        removed=None,
        quick=None,
        numbers: list[int] | None = None,
    ):
        if objective not in ("log_odds", "probability"):
            raise ValueError(f"objective: found {objective!r}, expected log_odds or probability")
        self.classifier, self.quick, self.schedule = classifier, quick, schedule
        self.objective = objective
        n, channels, self.height, self.width = images.shape
        self.batch_size, self.gradient_size = rows_of_passes(self.height * self.width, batch_size, images.device.type)
        self.numbers = list(range(n)) if numbers is None else numbers
        self.pixels = self.height * self.width
        self.images = images.reshape(n, channels, self.pixels)
        self.target, self.blank = target, blank.reshape(1, channels, 1)
        device = images.device
        before = None if removed is None else torch.as_tensor(removed).reshape(n, self.pixels).to(device)
        self.record = Record(n, self.pixels, device, schedule.steps, before)
        self.ranking = torch.zeros(n, self.pixels if schedule.ranking else 0, dtype=torch.float32, device=device)
        self.passes = [0] * n  # passes that the ranking has learnt from
        self.finite = torch.ones(n, dtype=torch.bool, device=device)  # so were all gradients
        self.partial: dict[str, torch.Tensor] = {}  # of a step that is not done: what its passes have found
        self._on_pass: Callable[[], None] = lambda: None
        self.forwards = 0  # candidates tried, and twice the gradients taken: `Schedule.forwards` of each image in the end

    def run(self, on_step: Callable[[Search], None] = lambda search: None) -> dict[str, np.ndarray]:
        """Remove all pixels.

        Args:
            on_step: Called after each step, and within a step after each of its passes, for progress and snapshots.

        Returns:
            order, removed, log_odds, ties and near_ties, as in `Ordering`.

        Raises:
            ValueError: The classifier gave logits, or gradients, that are not finite.
        """
        self._on_pass = lambda: on_step(self)
        while rows := self._without_ranking():
            self._within_memory(self._learn_ranking, rows)
            on_step(self)
        for stage in self.schedule.stages:
            while rows := [i for i in range(len(self.images)) if self.record.left(i) > stage.until]:
                self._within_memory(self._remove_some, stage, rows)
                on_step(self)
        self._write_current([i for i, known in enumerate(self.record.known) if not known])
        found = self.record.result(self.numbers)
        if not self.finite.all():
            bad = torch.nonzero(~self.finite)[0].item()
            raise ValueError(f"classifier: found gradients that are not finite, on image {self.numbers[bad]}")
        return found

    def _within_memory(self, step, *arguments):
        """Do a step; while the memory is too small for it, halve the batch. A step changes nothing until it has its scores."""
        while True:
            try:
                return step(*arguments)
            except RuntimeError as error:
                words = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
                short = isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)
                if not short or max(self.batch_size, self.gradient_size) == 1:
                    raise
            self.batch_size, self.gradient_size = max(1, self.batch_size // 2), max(1, self.gradient_size // 2)
            self.partial = {}
            logger.warning("out of memory, going on with batches of %d", self.batch_size)

    def _without_ranking(self) -> list[int]:
        """Images whose ranking is not learnt."""
        most = self.schedule.ranking.passes if self.schedule.ranking else 0
        return [i for i, done in enumerate(self.passes) if done < most and self.record.left(i)]

    def _learn_ranking(self, rows: list[int]) -> None:
        device = self.images.device
        index = torch.tensor(rows, device=device)
        before = self.record.gone[index, :-1]
        sizes = [self.schedule.ranking.size(self.passes[i], self.record.left(i)) for i in rows]
        best = torch.where(before, -torch.inf, self.ranking[index]).sort(dim=1, descending=True, stable=True).indices
        shown = torch.arange(self.pixels, device=device) < torch.tensor(sizes, device=device)[:, None]
        gone = torch.ones_like(before).scatter_(1, best, ~shown)
        _, scores, _ = self._gradient(index, gone, torch.ones_like(gone))
        slopes = -scores.double()
        scale = slopes.square().mean(1, keepdim=True).sqrt().clamp(min=torch.finfo(torch.float64).tiny)
        self.ranking[index] += (slopes / scale).float()
        self.forwards += 2 * len(rows)
        for i in rows:
            self.passes[i] += 1

    def _remove_some(self, stage: Stage, rows: list[int]) -> None:
        device = self.images.device
        remaining = [self.record.left(i) for i in rows]
        remove = [stage.step(r) for r in remaining]
        index = torch.tensor(rows, device=device)
        gone = self.record.gone[index, :-1]
        tried = ~gone
        if stage.propose == "gradient":
            here, scores, noise = self._gradient(index, gone, tried)
            self.forwards += 2 * len(rows)
            unknown = [not self.record.known[i] for i in rows]
            self.record.write(rows, torch.where(torch.tensor(unknown, device=device), here, self.record.last(index, rows)))
        else:
            self._write_current([i for i in rows if not self.record.known[i]])
        if stage.propose == "ranking":
            scores = torch.where(tried, -self.ranking[index], -torch.inf)
            noise = torch.zeros_like(scores)
            self.forwards += len(rows)
        elif stage.propose == "all":
            odds, scores, noise = self._scores(index, gone, tried, remaining, max(remove))
        picked, tie, near = pick(scores, noise, torch.tensor(remove, device=device), max(remove))
        self.record.remove(index, rows, picked, remove)
        self.record.count_ties(index, tie, near)
        alone = [stage.propose == "all" and number == 1 for number in remove]  # then what remains is what was tried
        if any(alone):
            single = torch.tensor([k for k, one in enumerate(alone) if one], device=device)
            tried_rows = [i for i, one in zip(rows, alone, strict=True) if one]
            self.record.write(tried_rows, odds[single].gather(1, picked[single, :1].long())[:, 0])
        for i, one in zip(rows, alone, strict=True):
            self.record.known[i] = one

    def _gradient(self, index, gone, tried):
        images, target = self.images[index], self.target[index]
        found = gradient_scores(self.classifier, images, gone, tried, target, self.blank, self._shape, self.gradient_size)
        self.finite[index] &= ~(tried & ~found[1].isfinite()).any(1)
        return found

    def _scores(self, index, gone, tried, counts: list[int], remove: int):
        """Scores of the pixels tried, so many of each image."""
        total = sum(counts)
        if self.quick is not None:
            _, scores, _ = self._try("quick", self.quick, index, gone, tried, counts)
            tried, counts = not_worse(scores, remove + RESCORED)
        found = self._try("own", self.classifier, index, gone, tried, counts)
        self.partial = {}
        self.forwards += total
        return found

    def _try(self, name: str, classifier, index, gone, tried, counts: list[int]):
        def on_pass(found):
            if len(found) > 1 or found[0].shape[1] < sum(counts):  # of a single pass nothing is worth keeping
                self.partial[name] = torch.cat(found, 1)
                found[:] = [self.partial[name]]
                self._on_pass()

        return candidate_scores(
            classifier,
            self.images[index],
            gone,
            tried,
            torch.tensor(counts, device=index.device),
            sum(counts),
            self.target[index],
            self.blank,
            self._shape,
            self.objective,
            self.batch_size,
            self.partial.get(name),
            on_pass,
        )

    @property
    def _shape(self) -> tuple[int, int]:
        return self.height, self.width

    def _write_current(self, rows: list[int]) -> None:
        """Evaluate images as they are now, and write it into their last column."""
        if not rows:
            return
        index = torch.tensor(rows, device=self.images.device)
        logits = self.classify(torch.where(self.record.gone[index, None, :-1], self.blank, self.images[index]))
        self.record.write(rows, log_odds(logits, self.target[index]))

    def full_logits(self) -> torch.Tensor:
        """Logits (N, K) of the full images.

        Raises:
            ValueError: Fewer than two classes, or logits that are not finite.
        """
        logits = self.classify(self.images)
        if logits.shape[1] < 2:
            raise ValueError(f"classifier: found {logits.shape[1]} logit, expected at least 2 classes")
        broken = torch.nonzero(~logits.isfinite().all(1))[:, 0].tolist()
        if broken:
            raise ValueError(f"classifier: found logits that are not finite, on image {self.numbers[broken[0]]}")
        return logits

    def classify(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (n, K) of flattened images (n, C, P), in passes of the search's batch shape."""
        return self._within_memory(self._classify, images)

    def _classify(self, images: torch.Tensor) -> torch.Tensor:
        return in_passes(self.classifier, images.unflatten(2, self._shape), self.batch_size)

    STATE = ("ranking", "passes", "finite", "target", "forwards", "batch_size", "gradient_size")

    def state(self) -> dict:
        """Everything that changes while the search runs; with the same arguments, `restore` goes on from it."""
        values = {name: getattr(self.record, name) for name in Record.STATE} | {name: getattr(self, name) for name in self.STATE}
        values = {name: value.cpu() if isinstance(value, torch.Tensor) else value for name, value in values.items()}
        return {**values, "partial": {name: value.cpu() for name, value in self.partial.items()}}

    def restore(self, state: dict) -> None:
        """Go on from a state written by the same search of the same images."""
        for part in (self.record, self):
            for name in part.STATE:
                value = state[name]
                setattr(part, name, value.to(self.images.device) if isinstance(value, torch.Tensor) else value)
        self.partial = {name: value.to(self.images.device) for name, value in state["partial"].items()}


def not_worse(scores: torch.Tensor, most: int) -> tuple[torch.Tensor, list[int]]:
    """Mask (n, P) of each image's largest scores, at most so many and whatever ties with the last of them; their numbers.

    In bfloat16 scores tie by the dozen (between 8 and 16 its step is 0.06), and the lowest numbers would always be kept.
    """
    scores = torch.where(scores.isnan(), torch.inf, scores)  # the classifier itself shall say
    cut = scores.topk(min(most, scores.shape[1]), dim=1).values[:, -1:]
    mask = (scores >= cut) & (scores > -torch.inf)
    return mask, mask.sum(1).tolist()
