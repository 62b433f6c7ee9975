"""What a search does in which order, and what that costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from overinterp.plan.lists import SEARCHES, find


@dataclass(frozen=True)
class Stage:
    """Backward selection: until so many pixels remain, remove some at each step.

    Attributes:
        until: The stage ends when at most this many pixels remain.
        propose: 'all': try every remaining pixel with a forward pass each, and rank them by what the objective is
            without them. 'gradient': rank them by the objective's derivative with respect to their removal, from
            one forward and backward pass. 'ranking': as the schedule's ranking has them.
        remove: Pixels removed a step; fewer in the last.
        share: Share of the remaining pixels that is removed a step, where that is more than ``remove``.
    """

    until: int
    propose: str
    remove: int
    share: float = 0.0

    def step(self, remaining: int) -> int:
        """Pixels that a step removes of so many."""
        return min(max(self.remove, math.floor(self.share * remaining)), remaining - self.until)


@dataclass(frozen=True)
class Ranking:
    """Scores of all pixels, learnt before any is removed: slopes summed up over sets of many sizes.

    Each pass shows the pixels that have the largest scores so far, takes the slope of the objective in every pixel's mask at
    that image, those not shown included, scales it to a root mean square of 1, and adds it to the scores: projected gradient
    ascent over masks of a given number of pixels (iterative hard thresholding), with the number of pixels swept. A sweep begins
    with the whole image and falls towards the smallest set by equal factors; later sweeps begin with what earlier ones learnt.

    Attributes:
        passes: Gradients taken, over all sweeps.
        sweeps: Sweeps from the whole image down.
        smallest: Pixels of the set that a sweep falls towards; its last pass is one factor above.
    """

    passes: int
    sweeps: int
    smallest: int

    def size(self, number: int, pixels: int) -> int:
        """Pixels shown at a pass, from 0, of an image of so many."""
        done = (number * self.sweeps / self.passes) % 1
        return max(1, min(pixels, round(pixels * (self.smallest / pixels) ** done)))


@dataclass(frozen=True)
class Schedule:
    """Stages, performed in turn; the last ends with no pixel remaining.

    Attributes:
        stages: At least one.
        ranking: Learnt first, or None.

    Raises:
        ValueError: The last stage leaves pixels, or a stage removes less than one pixel a step or goes by a ranking that there
            is not.
    """

    stages: tuple[Stage, ...]
    ranking: Ranking | None = None

    def __post_init__(self):
        if not self.stages or self.stages[-1].until != 0:
            raise ValueError(f"stages: found {self.stages}, expected the last to end with 0 pixels remaining")
        for stage in self.stages:
            proposes = ("all", "gradient", "ranking") if self.ranking else ("all", "gradient")
            if stage.propose not in proposes or stage.remove < 1:
                raise ValueError(f"stage: found {stage}, expected propose {' or '.join(proposes)}, and remove 1 or more")

    @property
    def by_slopes(self) -> bool:
        """Whether gradients are asked for."""
        return self.ranking is not None or any(stage.propose == "gradient" for stage in self.stages)

    @property
    def tries(self) -> bool:
        """Whether candidates are tried at any step."""
        return any(stage.propose == "all" for stage in self.stages)

    @property
    def last_steps(self) -> int:
        """Pixels that the last steps remove; above 1 sizes are coarse to the end."""
        return self.stages[-1].remove

    def steps(self, pixels: int) -> int:
        """Steps that remove pixels, from so many pixels to none."""
        return sum(len(batches) for _, batches in self._removals(pixels))

    def forwards(self, pixels: int) -> int:
        """Cost of one image of so many pixels: forward passes, one with its backward pass counted as two."""
        total = 2 * self.ranking.passes if self.ranking else 0
        for stage, remaining in self._removals(pixels):
            a_step = {"gradient": 2, "ranking": 1}
            total += sum(a_step.get(stage.propose, r) for r in remaining)
        return total

    def tried(self, pixels: int) -> int:
        """Of so many pixels: those from which on down every remaining one is tried at every step; 0 if slopes or scores decide.

        A subset larger than this was found by slopes or scores alone: its size may be the search's rather than the network's.
        """
        tried = 0
        for stage, remaining in self._removals(pixels):
            tried = 0 if stage.propose != "all" else tried or max(remaining, default=0)
        return tried

    def _removals(self, pixels: int):
        """For each stage, the pixels remaining at each of its steps."""
        for stage in self.stages:
            remaining = []
            while pixels > stage.until:
                remaining.append(pixels)
                pixels -= stage.step(pixels)
            yield stage, remaining


def exact(pixels: int, pixels_per_step: int) -> Schedule:
    """BackSelect: every remaining pixel is tried at every step."""
    return Schedule((Stage(0, "all", 1),))


def gradient(pixels: int, pixels_per_step: int) -> Schedule:
    """Batched Gradient BackSelect: so many pixels a step."""
    return Schedule((Stage(0, "gradient", pixels_per_step),))


def refined(pixels: int, pixels_per_step: int) -> Schedule:
    """As `ranked` down to 8 sqrt(P) pixels, half of them at most; from there on every remaining pixel is tried.

    Until half of these are left, 8 % of what remains are removed a step; then one. Its cost grows as P, exact's as P squared.
    """
    by_scores = ranked(pixels, pixels_per_step)
    many = min(8 * math.isqrt(pixels), max(1, pixels // 2))
    stages = (replace(by_scores.stages[0], until=many), Stage(many // 2, "all", 1, share=0.08), Stage(0, "all", 1))
    return replace(by_scores, stages=stages)


def ranked(pixels: int, pixels_per_step: int) -> Schedule:
    """By scores learnt in 200 passes, eight sweeps from the whole image to a 500th of it, 8 pixels at least.

    Then 2 % of what remains are removed a step, one pixel at least.

    Its cost hardly grows with the image: 400 for the passes, and a forward pass a step, 420 of 50,176 pixels.
    """
    return Schedule((Stage(0, "ranking", 1, share=0.02),), ranking=Ranking(200, 8, max(8, pixels // 500)))


def forwards(search: dict, pixels: int, classes: int) -> int:
    """Cost of one image of so many pixels by an entry of the config's ``searches``, as `Schedule.forwards` counts it.

    Towards every class a search each, and a pass for each recorded step of their union.
    """
    schedule = preset(search["method"], pixels, search["pixels_per_step"])
    once = schedule.forwards(pixels)
    return classes * once + schedule.steps(pixels) + 1 if search["target"] == "every" else once


def preset(method: str, pixels: int, pixels_per_step: int = 1) -> Schedule:
    """The schedule of a named search.

    Args:
        method: A name in `overinterp.plan.lists.SEARCHES`.
        pixels: P, pixels of an image.
        pixels_per_step: Pixels removed a step by gradient.
    """
    return find(SEARCHES[method])(pixels, pixels_per_step)
