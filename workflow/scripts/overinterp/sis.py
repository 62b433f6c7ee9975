"""Sufficient input subsets (SIS), read off orderings.

Definitions: Carter et al., "What made you do this?", AISTATS 2019 (FindSIS, SIS collections), and
"Overinterpretation reveals image classification model pathologies", NeurIPS 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from overinterp.search.ordering import Ordering

FOUND, NONE, EMPTY = "found", "none", "empty"


@dataclass(frozen=True)
class Subsets:
    """The sufficient input subset of each image at one confidence threshold.

    Attributes:
        removed: (N,) pixels removed when the threshold is last reached; -1 where it never is.
        size: (N,) pixels of the subset; -1 where there is none.
        status: (N,) 'found', 'none' (the threshold is never reached) or 'empty' (the blank image reaches it).
        full_at_threshold: (N,) bool, the full image reaches the threshold. The paper looks at such images only.
    """

    removed: np.ndarray
    size: np.ndarray
    status: np.ndarray
    full_at_threshold: np.ndarray

    @property
    def usable(self) -> np.ndarray:
        """bool (N,): there is a subset, and the full image reaches the threshold."""
        return (self.status == FOUND) & self.full_at_threshold


def find_sis(ordering: Ordering, threshold: float) -> Subsets:
    """FindSIS: the pixels removed after the confidence is at or above the threshold for the last time.

    Confidence need not fall monotonically; earlier crossings do not count. The start (column 0) is no
    precondition: where it lies below the threshold, a later column may still reach it. Where it alone reaches
    it, the subset is every pixel that the search began with.

    Args:
        ordering: Orderings of N images.
        threshold: Confidence in (0, 1).

    Raises:
        ValueError: The threshold is outside (0, 1).
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold: found {threshold}, expected a number in (0, 1)")
    reached = ordering.log_odds.astype(np.float64) >= np.log(threshold / (1 - threshold))
    columns = reached.shape[1]
    last = columns - 1 - reached[:, ::-1].argmax(1)
    any_reached = reached.any(1)
    removed = np.where(any_reached, np.take_along_axis(ordering.removed, last[:, None], 1)[:, 0], -1)
    size = np.where(any_reached, ordering.pixels - removed, -1)
    status = np.where(~any_reached, NONE, np.where(size == 0, EMPTY, FOUND))
    return Subsets(removed, size, status, reached[:, 0])


def masks(ordering: Ordering, subsets: Subsets) -> np.ndarray:
    """bool (N, H, W): the pixels of each subset; all False where it is empty or there is none."""
    removed = np.where(subsets.removed < 0, ordering.pixels, subsets.removed)
    return ordering.kept_after(removed)


def collections(
    search: Callable[[np.ndarray, np.ndarray | None], Ordering],
    count: int,
    threshold: float,
    cap: int,
    done: Sequence = (),
    on_round: Callable[[list], None] = lambda rounds: None,
) -> list[list]:
    """SIS collections: find a subset, remove it for good, search again on what is left.

    Args:
        search: Called with the images' rows (n,) and the pixels removed beforehand, bool (n, H, W) or None for
            none; returns their orderings. Every call must aim at the same target classes.
        count: Number of images.
        threshold: Confidence in (0, 1).
        cap: Most subsets an image.
        done: Rounds that an interrupted call had finished, to go on from.
        on_round: Called after each round with the rounds so far, each the rows (k,) that have a subset and these, bool (k, H, W).

    Returns:
        For each image a list of disjoint subsets, bool (H, W), in the order found. It ends at the cap, where all that
        is left does not reach the threshold (the paper's rule: some of it still might), or where the blank image does.
    """
    found: list[list] = [[] for _ in range(count)]
    rows, gone, rounds = np.arange(count), None, list(done)
    for number in range(cap):
        if not len(rows):
            break
        if number == len(rounds):
            ordering = search(rows, gone)
            subsets = find_sis(ordering, threshold)
            going_on = subsets.usable
            rounds.append((rows[going_on], masks(ordering, subsets)[going_on]))
            on_round(rounds)
        going_on, subset = rounds[number]
        for row, mask in zip(going_on, subset, strict=True):
            found[row].append(mask)
        gone = subset if gone is None else gone[np.isin(rows, going_on)] | subset
        rows = going_on
    return found
