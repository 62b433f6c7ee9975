"""What a search has removed of its images so far, and the log-odds on the way: an `Ordering` in the making."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch


class Record:
    """N images of P pixels, each at its own step.

    Args:
        n: N.
        pixels: P.
        device: Where the images are.
        steps: From pixels that are left to the steps that will remove them.
        removed: bool (N, P), pixels removed beforehand; they head the order in row-major order. None: none.
    """

    STATE = ("gone", "order", "log_odds", "ties", "near_ties", "count", "columns", "known")

    def __init__(self, n: int, pixels: int, device, steps: Callable[[int], int], removed: torch.Tensor | None = None):
        self.pixels = pixels
        # One spare column takes the writes of steps that are shorter for some images than for others.
        self.gone = torch.zeros(n, pixels + 1, dtype=torch.bool, device=device)
        self.order = torch.zeros(n, pixels + 1, dtype=torch.int32, device=device)
        self.count = [0] * n  # pixels removed
        if removed is not None:
            self.gone[:, :-1] = removed
            self.order[:, :-1] = (~removed).to(torch.uint8).argsort(dim=1, stable=True).to(torch.int32)
            self.count = removed.sum(1).tolist()
        self.columns = [[count] for count in self.count]  # pixels removed at each recorded column
        width = 1 + max((steps(pixels - count) for count in self.count), default=0)
        self.log_odds = torch.zeros(n, width, dtype=torch.float32, device=device)
        self.known = [False] * n  # whether the log-odds of the last column are recorded
        self.ties = torch.zeros(n, dtype=torch.int32, device=device)
        self.near_ties = torch.zeros(n, dtype=torch.int32, device=device)

    def left(self, image: int) -> int:
        """Pixels of an image that are not removed."""
        return self.pixels - self.count[image]

    def remove(self, index: torch.Tensor, rows: list[int], picked: torch.Tensor, remove: list[int]) -> None:
        """Remove pixels of some images, and open a column for each.

        Args:
            index: (n,) the images.
            rows: The same, on the host.
            picked: (n, most) pixels, in the order of their removal.
            remove: How many of these each image loses.
        """
        device = self.gone.device
        step = torch.arange(picked.shape[1], device=device)[None]
        real = step < torch.tensor(remove, device=device)[:, None]
        start = torch.tensor([self.count[i] for i in rows], device=device)[:, None]
        place = torch.where(real, start + step, self.pixels)
        self.order[index[:, None], place] = picked.to(torch.int32)
        self.gone[index[:, None], torch.where(real, picked, self.pixels)] = True
        for i, k in zip(rows, remove, strict=True):
            self.count[i] += k
            self.columns[i].append(self.count[i])

    def count_ties(self, index: torch.Tensor, tie: torch.Tensor, near: torch.Tensor) -> None:
        """Count a step of some images that was decided by the tie rule, or nearly."""
        self.ties[index] += tie
        self.near_ties[index] += near

    def last(self, index: torch.Tensor, rows: list[int]) -> torch.Tensor:
        """(n,) log-odds of the last column of some images."""
        column = torch.tensor([len(self.columns[i]) - 1 for i in rows], device=index.device)
        return self.log_odds[index, column]

    def write(self, rows: list[int], values: torch.Tensor) -> None:
        """Write the log-odds (n,) of the last column of some images."""
        device = self.log_odds.device
        column = torch.tensor([len(self.columns[i]) - 1 for i in rows], device=device)
        self.log_odds[torch.tensor(rows, device=device), column] = values

    def result(self, numbers: list[int]) -> dict[str, np.ndarray]:
        """order, removed, log_odds, ties and near_ties, as in `Ordering`.

        Args:
            numbers: What errors call the images.

        Raises:
            ValueError: Log-odds are not finite.
        """
        odds = self.log_odds.cpu().numpy()
        if not np.isfinite(odds).all():
            bad = np.flatnonzero(~np.isfinite(odds).all(1))
            raise ValueError(f"classifier: found logits that are not finite, on image {numbers[bad[0]]}")
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
