"""Backward selection over many images in lock-step: one engine, whose stages make every search.

Source of the algorithms: BackSelect in Carter et al. (AISTATS 2019); Batched Gradient SIS in Carter et al.
(NeurIPS 2021, supplement S1). Every forward pass has the same, padded batch shape, so that on one CPU a
row's result does not depend on its neighbours: shards and regrouping leave every bit as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

NOISE = 1e-5  # float32 noise of a logit, relative to the largest


@dataclass(frozen=True)
class Stage:
    """Part of a search: until so many pixels remain, remove some at each step.

    Attributes:
        until: The stage ends when at most this many pixels remain.
        propose: 'all': try every remaining pixel with a forward pass each, and rank them by what the objective is
            without them. 'gradient': rank them by the objective's derivative with respect to their removal, from
            one forward and backward pass.
        remove: Pixels removed a step; fewer in the last.
    """

    until: int
    propose: str
    remove: int


def preset(method: str, pixels_per_step: int = 1) -> list[Stage]:
    """The stages of a named search: 'exact' (BackSelect) or 'gradient' (Batched Gradient BackSelect).

    Raises:
        ValueError: There is no such search.
    """
    if method == "exact":
        return [Stage(until=0, propose="all", remove=1)]
    if method == "gradient":
        return [Stage(until=0, propose="gradient", remove=pixels_per_step)]
    raise ValueError(f"search method: found {method!r}, expected exact or gradient")


def log_odds(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Target logit minus logsumexp of the others; its sigmoid is the softmax probability, but it never saturates.

    Args:
        logits: (N, K), K at least 2.
        target: (N,) classes.

    Returns:
        (N,) float32.
    """
    logits = logits.float()
    own = target[:, None]
    others = logits.scatter(1, own, -torch.inf).logsumexp(1)
    return logits.gather(1, own)[:, 0] - others


def objective_value(odds: torch.Tensor, objective: str) -> torch.Tensor:
    """What a search ranks by: the log-odds themselves, or the probability (the paper's)."""
    return odds if objective == "log_odds" else odds.sigmoid()


class Search:
    """A search of N images, its state included; `run` takes it to the end, step by step.

    Args:
        classifier: Frozen module from pixel-space images (B, C, H, W) to logits (B, K).
        images: float32 (N, C, H, W) in pixel space, on the classifier's device.
        target: (N,) int64, class whose confidence is kept.
        blank: float32 (1, C, 1, 1), colour of a removed pixel.
        stages: Performed in turn; the last has ``until`` 0.
        objective: 'log_odds' or 'probability'.
        batch_size: Rows of every forward pass.
        removed: bool (N, H, W), pixels removed beforehand; they head the order in row-major order.

    Raises:
        ValueError: Stages that do not end at 0, or an unknown objective.
    """

    def __init__(self, classifier, images, target, blank, stages, objective="log_odds", batch_size=1024, removed=None):
        if not stages or stages[-1].until != 0:
            raise ValueError(f"stages: found {stages}, expected the last to end with 0 pixels remaining")
        if objective not in ("log_odds", "probability"):
            raise ValueError(f"objective: found {objective!r}, expected log_odds or probability")
        self.classifier, self.stages = classifier, stages
        self.objective, self.batch_size = objective, batch_size
        n, channels, self.height, self.width = images.shape
        self.pixels = self.height * self.width
        self.images = images.reshape(n, channels, self.pixels)
        self.target, self.blank = target, blank.reshape(1, channels, 1)
        device = images.device
        # One spare column takes the writes of steps that are shorter for some images than for others.
        self.gone = torch.zeros(n, self.pixels + 1, dtype=torch.bool, device=device)
        self.order = torch.zeros(n, self.pixels + 1, dtype=torch.int32, device=device)
        self.count = [0] * n  # pixels removed
        if removed is not None:
            flat = torch.as_tensor(removed).reshape(n, self.pixels).to(device)
            self.gone[:, :-1] = flat
            self.order[:, :-1] = (~flat).to(torch.uint8).argsort(dim=1, stable=True).to(torch.int32)
            self.count = flat.sum(1).tolist()
        self.columns = [[count] for count in self.count]  # pixels removed at each recorded column
        width = 1 + max((self._steps(count) for count in self.count), default=0)
        self.log_odds = torch.zeros(n, width, dtype=torch.float32, device=device)
        self.known = [False] * n  # whether the log-odds of the last column are recorded
        self.ties = torch.zeros(n, dtype=torch.int32, device=device)
        self.near_ties = torch.zeros(n, dtype=torch.int32, device=device)

    def _steps(self, count: int) -> int:
        remaining, steps = self.pixels - count, 0
        for stage in self.stages:
            here = max(0, remaining - stage.until)
            steps += -(-here // stage.remove)
            remaining -= here
        return steps

    def run(self, on_step: Callable[[Search], None] = lambda search: None) -> dict[str, np.ndarray]:
        """Remove all pixels.

        Args:
            on_step: Called after each step, for progress and snapshots.

        Returns:
            order, removed, log_odds, ties and near_ties, as in `Ordering`.

        Raises:
            ValueError: The classifier gave logits that are not finite.
        """
        for stage in self.stages:
            while rows := [i for i, count in enumerate(self.count) if self.pixels - count > stage.until]:
                self._step(stage, rows)
                on_step(self)
        self._record_current([i for i, known in enumerate(self.known) if not known])
        return self._result()

    @property
    def progress(self) -> float:
        """Share of all removals done, in [0, 1]."""
        starts = sum(columns[0] for columns in self.columns)
        total = len(self.count) * self.pixels - starts
        return (sum(self.count) - starts) / total if total else 1.0

    def _step(self, stage: Stage, rows: list[int]) -> None:
        device = self.images.device
        remaining = [self.pixels - self.count[i] for i in rows]
        remove = [min(stage.remove, r - stage.until) for r in remaining]
        index = torch.tensor(rows, device=device)
        images, gone, target = self.images[index], self.gone[index, :-1], self.target[index]
        if stage.propose == "gradient":
            here, scores, noise = gradient_scores(
                self.classifier, images, gone, target, self.blank, self._shape, self.objective, self.batch_size
            )
            unknown = [not self.known[i] for i in rows]
            self._record(rows, torch.where(torch.tensor(unknown, device=device), here, self._last(index, rows)))
        else:
            self._record_current([i for i in rows if not self.known[i]])
            odds, scores, noise = candidate_scores(
                self.classifier,
                images,
                gone,
                torch.tensor(remaining, device=device),
                sum(remaining),
                target,
                self.blank,
                self._shape,
                self.objective,
                self.batch_size,
            )
        picked, tie, near = pick(scores, noise, torch.tensor(remove, device=device), max(remove))
        self._remove(index, rows, picked, remove)
        self.ties[index] += tie
        self.near_ties[index] += near
        value_is_known = stage.propose == "all" and stage.remove == 1
        if value_is_known:
            self._record(rows, odds.gather(1, picked[:, :1].long())[:, 0])
        for i in rows:
            self.known[i] = value_is_known

    @property
    def _shape(self) -> tuple[int, int]:
        return self.height, self.width

    def _remove(self, index, rows, picked, remove) -> None:
        device = self.images.device
        step = torch.arange(picked.shape[1], device=device)[None]
        real = step < torch.tensor(remove, device=device)[:, None]
        start = torch.tensor([self.count[i] for i in rows], device=device)[:, None]
        place = torch.where(real, start + step, self.pixels)
        self.order[index[:, None], place] = picked.to(torch.int32)
        self.gone[index[:, None], torch.where(real, picked, self.pixels)] = True
        for i, k in zip(rows, remove, strict=True):
            self.count[i] += k
            self.columns[i].append(self.count[i])

    def _last(self, index, rows):
        column = torch.tensor([len(self.columns[i]) - 1 for i in rows], device=index.device)
        return self.log_odds[index, column]

    def _record(self, rows: list[int], values: torch.Tensor) -> None:
        device = self.images.device
        column = torch.tensor([len(self.columns[i]) - 1 for i in rows], device=device)
        self.log_odds[torch.tensor(rows, device=device), column] = values

    def _record_current(self, rows: list[int]) -> None:
        """Evaluate images as they are now, and record it in their last column."""
        if not rows:
            return
        index = torch.tensor(rows, device=self.images.device)
        logits = self.classify(torch.where(self.gone[index, None, :-1], self.blank, self.images[index]))
        self._record(rows, log_odds(logits, self.target[index]))

    def classify(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (n, K) of flattened images (n, C, P), in passes of the search's batch shape."""
        with torch.no_grad():
            passes = _passes(len(images), self.batch_size, images.device)
            logits = [self.classifier(images[rows].unflatten(2, self._shape)) for rows in passes]
        return torch.cat(logits)[: len(images)]

    def _result(self) -> dict[str, np.ndarray]:
        odds = self.log_odds.cpu().numpy()
        if not np.isfinite(odds).all():
            bad = np.flatnonzero(~np.isfinite(odds).all(1))
            raise ValueError(f"classifier: found logits that are not finite, on image {bad[0]} of {len(odds)} in this search")
        removed = np.zeros(odds.shape, np.int32)
        for i, columns in enumerate(self.columns):
            removed[i] = np.pad(columns, (0, odds.shape[1] - len(columns)), mode="edge")
            odds[i, len(columns) :] = odds[i, len(columns) - 1]
        small = np.uint16 if self.pixels <= 65536 else np.uint32
        return {
            "order": self.order[:, :-1].cpu().numpy().astype(small),
            "removed": removed,
            "log_odds": odds,
            "ties": self.ties.cpu().numpy(),
            "near_ties": self.near_ties.cpu().numpy(),
        }

    def state(self) -> dict:
        """Everything that changes while the search runs; with the same arguments, `restore` goes on from it."""
        return {
            "gone": self.gone.cpu(),
            "order": self.order.cpu(),
            "log_odds": self.log_odds.cpu(),
            "ties": self.ties.cpu(),
            "near_ties": self.near_ties.cpu(),
            "count": self.count,
            "columns": self.columns,
            "known": self.known,
        }

    def restore(self, state: dict) -> None:
        """Go on from a state written by the same search of the same images."""
        for name, value in state.items():
            setattr(self, name, value.to(self.images.device) if isinstance(value, torch.Tensor) else value)


def _passes(count: int, batch_size: int, device) -> list[torch.Tensor]:
    """Row numbers 0 to count - 1 in equal batches, the last padded with row 0."""
    padded = -(-count // batch_size) * batch_size
    rows = torch.arange(padded, device=device)
    return list(torch.where(rows < count, rows, 0).split(batch_size))


def candidate_scores(classifier, images, gone, remaining, total, target, blank, shape, objective, batch_size):
    """Try each remaining pixel of each image: the objective with that pixel removed too.

    Args:
        classifier: From (B, C, H, W) to logits.
        images: (n, C, P) flattened images.
        gone: bool (n, P), pixels removed so far.
        remaining: (n,) pixels remaining.
        total: Their sum, known without asking the device.
        target: (n,) classes.
        blank: (1, C, 1).
        shape: (H, W).
        objective: 'log_odds' or 'probability'.
        batch_size: B.

    Returns:
        Log-odds (n, P) and scores (n, P), -inf where a pixel is gone, and the scores' float noise (n, P).
    """
    n, channels, pixels = images.shape
    current = torch.where(gone[:, None], blank, images)
    waiting = gone.to(torch.uint8).argsort(dim=1, stable=True)  # remaining pixels first, in row-major order
    owner = torch.repeat_interleave(torch.arange(n, device=images.device), remaining, output_size=total)
    first = remaining.cumsum(0) - remaining
    pixel = waiting[owner, torch.arange(total, device=images.device) - first[owner]]
    odds = torch.full((n, pixels), -torch.inf, device=images.device)
    largest = torch.zeros((n, pixels), device=images.device)
    found = []
    with torch.no_grad():
        for rows in _passes(total, batch_size, images.device):
            batch = current[owner[rows]]
            batch.scatter_(2, pixel[rows][:, None, None].expand(-1, channels, 1), blank.expand(len(rows), channels, 1))
            logits = classifier(batch.unflatten(2, shape))
            found.append(torch.stack([log_odds(logits, target[owner[rows]]), logits.float().abs().amax(1)]))
    values = torch.cat(found, 1)[:, :total]
    odds[owner, pixel], largest[owner, pixel] = values[0], values[1]
    scores = torch.where(gone, -torch.inf, objective_value(odds, objective))
    noise = NOISE * largest.clamp(min=1)
    if objective == "probability":
        noise = noise * scores.clamp(0, 1) * (1 - scores.clamp(0, 1)) + torch.finfo(torch.float32).eps / 2
    return odds, scores, noise


def gradient_scores(classifier, images, gone, target, blank, shape, objective, batch_size):
    """Rank pixels by the objective's derivative with respect to removing them.

    The image is (1 - M) x + M blank; the score of a pixel is the derivative in its M, which is the sum over
    channels of the derivative in x times (blank - x).

    Args:
        classifier: From (B, C, H, W) to logits.
        images: (n, C, P) flattened images.
        gone: bool (n, P), pixels removed so far.
        target: (n,) classes.
        blank: (1, C, 1).
        shape: (H, W).
        objective: 'log_odds' or 'probability'.
        batch_size: B.

    Returns:
        Log-odds (n,) of the images as they are, scores (n, P), -inf where a pixel is gone, and their float
        noise (n, P).
    """
    current = torch.where(gone[:, None], blank, images)
    odds, scores = [], []
    for rows in _passes(len(images), batch_size, images.device):
        batch = current[rows].requires_grad_(True)
        here = log_odds(classifier(batch.unflatten(2, shape)), target[rows])
        (slope,) = torch.autograd.grad(objective_value(here, objective).sum(), batch)
        odds.append(here.detach())
        scores.append((slope * (blank - batch.detach())).sum(1))
    n = len(images)
    scores = torch.where(gone, -torch.inf, torch.cat(scores)[:n])
    largest = torch.where(gone, 0, scores).abs().amax(1, keepdim=True)
    return torch.cat(odds)[:n], scores, (NOISE * largest).expand_as(scores)


def pick(scores: torch.Tensor, noise: torch.Tensor, remove: torch.Tensor, most: int):
    """The best pixels of each image: larger score first, then lower row-major number.

    Args:
        scores: (n, P), -inf where a pixel is gone.
        noise: (n, P), what scores may be off by.
        remove: (n,) pixels to take of each image.
        most: Their largest, known without asking the device.

    Returns:
        Pixel numbers (n, most), of which the first ``remove`` count; and (n,) bool each: the last taken and the
        first left out tie; they do not, but differ by less than the noise.
    """
    ranked, pixels = torch.sort(scores, dim=1, descending=True, stable=True)
    last = (remove - 1)[:, None]
    after = remove.clamp(max=scores.shape[1] - 1)[:, None]
    taken, left = ranked.gather(1, last), ranked.gather(1, after)
    some_left = (remove[:, None] < scores.shape[1]) & (left > -torch.inf)
    gap = torch.where(some_left, taken - left, torch.inf)
    tolerance = noise.gather(1, pixels.gather(1, last))
    tie = (gap == 0)[:, 0]
    near = ((gap > 0) & (gap <= tolerance))[:, 0]
    return pixels[:, :most], tie, near
