"""One step of a search: score the pixels of many images, and pick the best. Pure functions, on any device.

Every forward pass has the same, padded batch shape, so that on one CPU a row's result does not depend on its
neighbours: shards and regrouping leave every bit as it is. Nothing here asks the device for a value.
"""

from __future__ import annotations

import torch

from overinterp.search.passes import LARGE_PIXELS, passes

NOISE = 1e-5  # float32 noise of a logit, relative to the largest


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


def candidate_scores(
    classifier, images, gone, tried, counts, total, target, blank, shape, objective, batch_size, done=None, on_pass=None
):
    """Try pixels one by one: the objective with that pixel removed too.

    Args:
        classifier: From (B, C, H, W) to logits.
        images: (n, C, P) flattened images.
        gone: bool (n, P), pixels removed so far.
        tried: bool (n, P), pixels to try, none of them gone.
        counts: (n,) their number.
        total: The sum of ``counts``, known without asking the device.
        target: (n,) classes.
        blank: (1, C, 1).
        shape: (H, W).
        objective: 'log_odds' or 'probability'.
        batch_size: B.
        done: (2, rows) what an interrupted call had found, to go on from; rows is a multiple of B.
        on_pass: Called after each pass with what has been found so far, parts (2, rows).

    Returns:
        Log-odds (n, P) and scores (n, P), -inf where not tried, and the scores' float noise (n, P).
    """
    n, channels, pixels = images.shape
    current = torch.where(gone[:, None], blank, images)
    waiting = (~tried).to(torch.uint8).argsort(dim=1, stable=True)  # pixels to try first, in row-major order
    owner = torch.repeat_interleave(torch.arange(n, device=images.device), counts, output_size=total)
    first = counts.cumsum(0) - counts
    pixel = waiting[owner, torch.arange(total, device=images.device) - first[owner]]
    odds = torch.full((n, pixels), -torch.inf, device=images.device)
    largest = torch.zeros((n, pixels), device=images.device)
    found = [] if done is None else [done]
    first_pass = 0 if done is None else done.shape[1] // batch_size
    with torch.no_grad():
        for rows in passes(total, batch_size, images.device)[first_pass:]:
            mine, place = owner[rows], pixel[rows]
            batch = current[mine]
            batch.scatter_(2, place[:, None, None].expand(-1, channels, 1), blank.expand(len(batch), -1, 1))
            logits = classifier(batch.unflatten(2, shape))
            found.append(torch.stack([log_odds(logits, target[mine]), logits.float().abs().amax(1)]))
            if on_pass is not None:
                on_pass(found)
    values = torch.cat(found, 1)[:, :total]
    odds[owner, pixel], largest[owner, pixel] = values[0], values[1]
    scores = torch.where(tried, objective_value(odds, objective), -torch.inf)
    noise = NOISE * largest.clamp(min=1)
    if objective == "probability":
        noise = noise * scores.clamp(0, 1) * (1 - scores.clamp(0, 1)) + torch.finfo(torch.float32).eps / 2
    return odds, scores, noise


def gradient_scores(classifier, images, gone, tried, target, blank, shape, batch_size):
    """Rank pixels by the derivative of the log-odds with respect to removing them.

    The probability's derivative has the same order, but vanishes where float32's probability is 1.

    The image is (1 - M) x + M blank; the derivative in a pixel's M is the sum over channels of the derivative in
    the image times (blank - x), of a pixel that is gone already as well.

    Args:
        classifier: From (B, C, H, W) to logits.
        images: (n, C, P) flattened images.
        gone: bool (n, P), pixels removed so far.
        tried: bool (n, P), pixels to rank.
        target: (n,) classes.
        blank: (1, C, 1).
        shape: (H, W).
        batch_size: B.

    Returns:
        Log-odds (n,) of the images as they are, scores (n, P), -inf where not ranked, and their float noise (n, P).
    """
    current = torch.where(gone[:, None], blank, images)
    odds, scores = [], []
    for rows in passes(len(images), batch_size, images.device):
        batch = current[rows].unflatten(2, shape)
        if images.shape[2] > LARGE_PIXELS:
            batch = batch.contiguous(memory_format=torch.channels_last)
        batch.requires_grad_(True)
        here = log_odds(classifier(batch), target[rows])
        (slope,) = torch.autograd.grad(here.sum(), batch)
        odds.append(here.detach())
        scores.append((slope.flatten(2) * (blank - images[rows])).sum(1))
    n = len(images)
    scores = torch.where(tried, torch.cat(scores)[:n], -torch.inf)
    largest = torch.where(tried, scores, 0).abs().amax(1, keepdim=True)
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
    pixels = _ranked(scores, min(most + 1, scores.shape[1]))
    ranked = scores.gather(1, pixels)
    last = (remove - 1)[:, None]
    after = remove.clamp(max=pixels.shape[1] - 1)[:, None]
    taken, left = ranked.gather(1, last), ranked.gather(1, after)
    some_left = (remove[:, None] < scores.shape[1]) & (left > -torch.inf)
    gap = torch.where(some_left, taken - left, torch.inf)
    tolerance = noise.gather(1, pixels.gather(1, last))
    tie = (gap == 0)[:, 0]
    near = ((gap > 0) & (gap <= tolerance))[:, 0]
    return pixels[:, :most], tie, near


def _ranked(scores: torch.Tensor, most: int) -> torch.Tensor:
    """Numbers (n, most) of the largest scores (n, P), ties by the lower number: a stable descending sort's beginning.

    A float's bits, with those of negative ones turned round, are a whole number of the same order; with the pixel's number
    below them no two are equal, so that topk, whose own order of equal values is undefined, can be used.
    """
    if most * 8 > scores.shape[1]:
        return scores.sort(dim=1, descending=True, stable=True).indices[:, :most]
    bits = (scores + 0.0).view(torch.int32).to(torch.int64)  # -0 becomes 0
    whole = torch.where(bits < 0, -(bits & 0x7FFFFFFF), bits)
    below = torch.arange(scores.shape[1] - 1, -1, -1, device=scores.device)
    return (whole * 2**31 + below).topk(most, dim=1).indices
