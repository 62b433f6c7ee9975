"""Searches towards every class in turn, made into one order that favours none: for the masks of an audit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from overinterp.data.source import Source
from overinterp.pixels import to_float
from overinterp.search.ordering import Ordering
from overinterp.search.passes import passes
from overinterp.search.scoring import log_odds as odds_of


def take_turns(orders: np.ndarray) -> np.ndarray:
    """One order of several: from the end, in rounds, each offers its next pixel, and one that was given already is passed over.

    So the last pixels are the union of the last pixels of K orders, and favour none but by its place in the last round.

    Args:
        orders: (n, K, P) pixel numbers, first removed first; K orders an image. The first of the K is the first of a round.

    Returns:
        (n, P), of the same type.
    """
    n, k, pixels = orders.shape
    turn = (np.arange(pixels)[::-1] * k)[None, None] + np.arange(k)[None, :, None]
    turns = np.empty((n, k, pixels), np.int64)
    np.put_along_axis(turns, orders.astype(np.int64), np.broadcast_to(turn, turns.shape), axis=2)
    return (-turns.min(1)).argsort(axis=1).astype(orders.dtype)


def union(found: Ordering, times: int, classifier: nn.Module, source: Source, fill: torch.Tensor, batch_size: int) -> Ordering:
    """Of each image's searches towards so many classes one order, and the log-odds of its predicted class on the way.

    Raises:
        ValueError: Logits that are not finite.
    """
    first = found.take(slice(None, None, times))
    order = take_turns(found.order.reshape(len(first), times, -1))
    rank = np.argsort(order, axis=1)
    columns = first.removed.shape[1]
    log_odds = np.empty((len(first), columns), np.float32)
    for start in range(0, log_odds.size, batch_size):
        row, column = np.divmod(np.arange(start, min(start + batch_size, log_odds.size)), columns)  # of several images
        (padded,) = passes(len(row), batch_size, fill.device)
        image = to_float(source.read(first.index[row[0] : row[-1] + 1]), fill.device)
        blanked = torch.from_numpy(rank[row] < first.removed[row, column, None]).to(fill.device)
        blanked = blanked.reshape(-1, 1, *image.shape[2:])[padded]
        target = torch.from_numpy(first.predicted[row].astype(np.int64)).to(fill.device)[padded]
        shown = torch.from_numpy(row - row[0]).to(fill.device)[padded]
        with torch.no_grad():
            logits = classifier(torch.where(blanked, fill, image[shown]))
        log_odds[row, column] = odds_of(logits, target)[: len(row)].cpu().numpy()
    if not np.isfinite(log_odds).all():
        bad = np.flatnonzero(~np.isfinite(log_odds).all(1))[0]
        raise ValueError(f"classifier: found logits that are not finite, on image {first.index[bad]}")
    ties = {name: getattr(found, name).reshape(-1, times).sum(1, dtype=np.int32) for name in ("ties", "near_ties")}
    return replace(first, order=order, log_odds=log_odds, target=first.predicted, **ties)
