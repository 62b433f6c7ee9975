"""Intervals. Images and networks are crossed: networks that saw the same images share every resample of them.

Pigeonhole bootstrap (Owen 2007): images are drawn once for all networks, and, from five networks on, networks are drawn too,
independently. With fewer a spread over seeds cannot be estimated, so networks are not resampled: the interval is then for
these networks on other images of the kind. Of fewer than eight images no interval is given. Shares have Wilson's, of one network,
and what lies between classes a jackknife's.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

CHUNK = 200  # resamples held in memory at a time
FEWEST_NETWORKS = 5  # below this, networks are not resampled
DRAWS, LEVEL = 2000, 0.95  # resamples, and what intervals hold
FEWEST_IMAGES = 8  # below this, no interval is given: percentiles of so few values are too narrow


def interval(values: np.ndarray, level: float = LEVEL) -> tuple[float, float, float]:
    """Mean over images and networks, with a percentile interval of the pigeonhole bootstrap.

    Args:
        values: (images,) or (networks, images); NaN where a network has no value for an image.
        level: Of the interval, in (0, 1).

    Returns:
        Mean (over networks, of each one's mean over its images), low and high end; NaN without any value.
    """
    values = np.atleast_2d(np.asarray(values, np.float64))
    return _summary(mean(values), _resampled(values), level, _images(values))


def share_interval(hits: np.ndarray) -> tuple[float, float, float]:
    """Share of images, of which each either is one or is not: of one network Wilson's interval, of several `interval`'s.

    Where every image of every network is one, or none is, a resample has nothing to vary; the interval is then Wilson's of so
    many images, as if networks repeated each other.

    Args:
        hits: (images,) or (networks, images) of 0 and 1; NaN where a network has no value for an image.

    Returns:
        Share, low and high end; NaN without any value.
    """
    share, low, high = interval(hits)
    networks = int((~np.isnan(np.atleast_2d(hits))).any(1).sum())
    if networks == 1 or share in (0, 1):
        low, high = wilson(share, _images(np.atleast_2d(hits)))
    return share, low, high


def named(name: str, three) -> dict:
    """A number with its interval as columns of a table: name, name_low and name_high."""
    return dict(zip((name, f"{name}_low", f"{name}_high"), three, strict=True))


def difference_interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Relative difference of two means, (first - second) / second, with an interval over images.

    All values of a group weigh the same, whichever network they are from: a network with one value in a group, such
    as one wrong answer, does not weigh as much there as one with many.

    Args:
        first: (images,) or (networks, images), NaN where a network has no value for an image or it is in the other group.
        second: Likewise, the same images: each resample of images serves both groups.

    Returns:
        Relative difference, low and high end; NaN where a group is empty.
    """
    groups = [np.atleast_2d(np.asarray(values, np.float64)) for values in (first, second)]
    sums = [(np.nan_to_num(values), (~np.isnan(values)).astype(np.float64)) for values in groups]
    means = [_ratio(total.sum(), count.sum()) for total, count in sums]
    drawn = [_resampled_ratio(total, count) for total, count in sums]
    return _summary(means[0] / means[1] - 1, drawn[0] / drawn[1] - 1, LEVEL, min(map(_images, groups)))


def ratio_at_equal(values: np.ndarray, first: np.ndarray, held: np.ndarray) -> tuple[float, float, float]:
    """Ratio of two groups' geometric means at equal values of something else, with an interval over images.

    Least squares of log values on the group, on what is held equal and on its square; so where the groups hardly overlap
    in it, the ratio rests on that curve.

    Args:
        values: (images,) or (networks, images), positive, NaN where a network has none for an image.
        first: Likewise, whether it is of the first group.
        held: Likewise, what is held equal, such as log-odds.

    Returns:
        First over second, low and high end; NaN where a group is empty.
    """
    values, first, held = (np.atleast_2d(np.asarray(given, np.float64)) for given in (values, first, held))
    network, image = np.nonzero(~np.isnan(values))
    group, beside = first[network, image] == 1, held[network, image]
    beside = (beside - beside.mean()) / (beside.std() or 1)
    known, logs = np.stack([np.ones(len(group)), group, beside, beside**2], 1), np.log(values[network, image])
    squares = (known[:, :, None] * known[:, None]).reshape(len(group), 16)

    def fitted(weights: np.ndarray) -> np.ndarray:
        """(n,) ratios, of weights (n, rows)."""
        both = (weights[:, group].sum(1) > 0) & (weights[:, ~group].sum(1) > 0)
        inverse = np.linalg.pinv((weights @ squares).reshape(-1, 4, 4), hermitian=True)
        return np.where(both, np.exp(np.einsum("nij,nj->ni", inverse, (weights * logs) @ known)[:, 1]), np.nan)

    drawn = []
    for rows, times in _resamples(values.shape[1], len(values)):
        counts = np.stack([np.bincount(row, minlength=values.shape[1]) for row in rows])
        drawn.append(fitted(counts[:, image] * times.T[:, network]))
    fewest = min(_images(np.where(first == side, values, np.nan)) for side in (0, 1))
    return _summary(fitted(np.ones((1, len(group))))[0], np.concatenate(drawn), LEVEL, fewest)


def ratio_within(first, second, of_first, of_second) -> tuple[float, float, float]:
    """How many times as large the first values are as the second ones of the same class, with an interval over images.

    Ratio of geometric means with class and network held equal: least squares of log values on the kind and on the class, each
    network's its own. Values of a class of which a network has none of the other kind count for nothing.

    Args:
        first: (images,) or (networks, images), positive, NaN where a network has none for an image.
        second: Likewise, the same images: each resample of images serves both.
        of_first: Likewise, the class of each first value, whole numbers.
        of_second: Likewise, of each second one.

    Returns:
        First over second, low and high end; NaN where no class has both.
    """
    kinds = [np.atleast_2d(np.asarray(values, np.float64)) for values in (first, second)]
    classes = [np.atleast_2d(np.asarray(values, np.float64)) for values in (of_first, of_second)]
    networks, images = kinds[0].shape
    known = np.unique(np.concatenate([of[~np.isnan(values)] for values, of in zip(kinds, classes, strict=True)]))
    members = [(of[..., None] == known) & ~np.isnan(values)[..., None] for values, of in zip(kinds, classes, strict=True)]
    both = members[0].any(1) & members[1].any(1)  # (networks, classes)
    members = [(member & both[:, None]).astype(np.float64) for member in members]
    logs = [
        np.log(np.where(np.isnan(values), 1, values))[..., None] * member for values, member in zip(kinds, members, strict=True)
    ]

    def fitted(counts: np.ndarray, times: np.ndarray) -> np.ndarray:
        """(n,) ratios, of times that images (n, images) and networks (networks, n) are drawn."""
        number, total = ([(counts @ part).transpose(1, 0, 2) for part in parts] for parts in (members, logs))
        weight = _ratio(number[0] * number[1], number[0] + number[1])
        gap = _ratio(total[0], number[0]) - _ratio(total[1], number[1])
        weight = np.where(np.isnan(gap), 0, weight) * times.T[..., None]
        return np.exp(_ratio((weight * np.nan_to_num(gap)).sum((1, 2)), weight.sum((1, 2))))

    drawn = []
    for rows, times in _resamples(images, networks):
        drawn.append(fitted(np.stack([np.bincount(row, minlength=images) for row in rows]).astype(np.float64), times))
    fewest = min(int(member.any((0, 2)).sum()) for member in members)
    return _summary(fitted(np.ones((1, images)), np.ones((networks, 1)))[0], np.concatenate(drawn), LEVEL, fewest)


def share_between(values: np.ndarray, classes: np.ndarray) -> tuple[float, float, float]:
    """Share of the variance of values that lies between classes, with a jackknife's interval over images.

    Adjusted (epsilon squared): without a difference between classes it is 0 on average, not what chance gives. Classes of which
    a network has one value tell nothing of it and are left out; one that the jackknife leaves with one stays in. The interval is
    symmetric in the logarithm of the other share, that within classes; a bootstrap's repeated images would make classes look
    narrower than they are.

    Args:
        values: (images,) or (networks, images), NaN where a network has none for an image.
        classes: Likewise, the class of each value, whole numbers.

    Returns:
        Share (mean over networks), low and high end; NaN where no two classes have two values each, or all values are equal; no
        ends where those of each class are equal, or of fewer than eight images.
    """
    values, classes = (np.atleast_2d(np.asarray(given, np.float64)) for given in (values, classes))
    within, without = np.full(len(values), np.nan), np.full(values.shape, np.nan)  # of each network; and without each image
    used = np.zeros(values.shape, bool)
    for network, (value, of) in enumerate(zip(values, classes, strict=True)):
        known, place, counts = np.unique(of[~np.isnan(value)], return_inverse=True, return_counts=True)
        (rows,) = np.nonzero(~np.isnan(value))
        rows, place = rows[counts[place] > 1], place[counts[place] > 1]
        found, number, groups = value[rows], counts[place], int((counts > 1).sum())
        total = np.bincount(place, found, len(known))[place] if len(rows) else found
        apart, about = (found - total / number) ** 2, (found - found.mean()) ** 2 if len(rows) else found
        free = len(rows) - groups
        if groups < 2 or about.sum() == 0:
            continue
        used[network, rows] = True
        within[network] = without[network] = (apart.sum() / free) / (about.sum() / (len(rows) - 1))
        inside = (apart.sum() - apart * number / (number - 1)) / (free - 1)  # without each image in turn
        without[network, rows] = inside / (about.sum() - about * len(rows) / (len(rows) - 1)) * (len(rows) - 2)
    images = _images(np.where(used, 1.0, np.nan))
    if not images:
        return np.nan, np.nan, np.nan
    share, others = 1 - np.nanmean(within), np.nanmean(without[used.any(1)][:, used.any(0)], 0)
    if images < FEWEST_IMAGES or not (others > 0).all() or share == 1:  # but for rounding
        return float(share), np.nan, np.nan
    logs = np.log(others)
    spread = np.sqrt((images - 1) / images * ((logs - logs.mean()) ** 2).sum())
    low, high = (1 - (1 - share) * np.exp(sign * float(ndtri((1 + LEVEL) / 2)) * spread) for sign in (1, -1))
    return float(share), float(low), float(high)


def ratio_of_groups(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """How many times as large one group's values are as another's on the same images, with an interval over images and networks.

    Geometric mean over images of the ratio of the groups' means over networks. Each resample of images serves both groups, and
    of a group of five networks or more it draws networks, too.

    Args:
        first: (networks, images), positive, none missing.
        second: (other networks, the same images), likewise.

    Returns:
        Ratio, low and high end; all NaN without images.
    """
    groups = [np.asarray(values, np.float64) for values in (first, second)]
    images = groups[0].shape[1]
    if not images:
        return np.nan, np.nan, np.nan
    if np.array_equal(*groups):  # a group against itself: its networks are no others'
        return _summary(1.0, np.ones(1), LEVEL, images)
    drawn = []
    for rows, *times in _resamples(images, *map(len, groups)):
        means = [np.log(by.T @ values / len(values)) for by, values in zip(times, groups, strict=True)]
        drawn.append(np.take_along_axis(means[0] - means[1], rows, 1).mean(1))
    value = (np.log(groups[0].mean(0)) - np.log(groups[1].mean(0))).mean()
    return tuple(float(end) for end in np.exp(_summary(value, np.concatenate(drawn), LEVEL, images)))


def ratio_interval(numerator: np.ndarray, denominator: np.ndarray) -> tuple[float, float, float]:
    """A pooled ratio, the sum of one count over the sum of another, with an interval over images.

    Args:
        numerator: (images,) counts.
        denominator: (images,) counts.

    Returns:
        Ratio, low and high end; NaN where there is nothing to count.
    """
    if not len(numerator) or denominator.sum() == 0:
        return np.nan, np.nan, np.nan
    drawn = _resampled_ratio(np.atleast_2d(numerator), np.atleast_2d(denominator))
    return _summary(numerator.sum() / denominator.sum(), drawn, LEVEL, int((denominator > 0).sum()))


def above_interval(first: np.ndarray, second: np.ndarray, floor: float) -> tuple[float, float, float]:
    """How much of one mean's height above a floor another one reaches, (first - floor) / (second - floor), over the same images.

    Args:
        first: (images,) or (networks, images), NaN where a network has no value for an image.
        second: Likewise, of any number of networks; each resample of images serves both.
        floor: Such as chance.

    Returns:
        Share, low and high end; NaN where more than one resample in forty has the second at the floor or below: then there is
        no height to have a share of.
    """
    groups = [np.atleast_2d(np.asarray(values, np.float64)) for values in (first, second)]
    above, height = (mean(values) - floor for values in groups)
    drawn_above, drawn_height = (_resampled(values) - floor for values in groups)
    if not height > 0 or not np.quantile(drawn_height, (1 - LEVEL) / 2) > 0:
        return np.nan, np.nan, np.nan
    return _summary(above / height, drawn_above / np.where(drawn_height > 0, drawn_height, np.nan), LEVEL, _images(groups[0]))


def wilson(share: float, count: int, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval of a share of so many images, which has a width at 0 and 1, too; NaN of fewer than eight."""
    if count < FEWEST_IMAGES:
        return np.nan, np.nan
    from scipy.stats import binomtest  # a second, for the few tables that ask for it

    interval = binomtest(round(share * count), count).proportion_ci(level, method="wilson")
    return interval.low, interval.high


def share_of(count: int, of: int, level: float = LEVEL) -> tuple[float, float, float]:
    """A share of so many, and Wilson's interval, which has a width at 0 and 1 too; NaN of none, without ends of few."""
    share = count / of if of else np.nan
    return share, *map(float, wilson(share, of, level))


def mean(values: np.ndarray, weights: np.ndarray | float = 1.0) -> float:
    """Mean of (networks, images) over images, without NaN, then over the networks that have any value.

    Networks count ``weights`` times each; values may have axes before these two's last.
    """
    counts = (~np.isnan(values)).sum(-1)
    means = np.divide(np.nansum(values, -1), counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    weights = weights * ~np.isnan(means)
    total = weights.sum(0)
    return np.divide(np.nansum(weights * means, 0), total, out=np.full(means.shape[1:], np.nan), where=total > 0)[()]


def _ratio(above, below) -> np.ndarray:
    above, below = np.asarray(above, np.float64), np.asarray(below)
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)


def _resamples(images: int, *groups: int):
    """Yield chunks of resamples, always the same: rows of images (n, images), and of each group of so many networks the times of
    each (networks, n).
    """
    rng, *seeds = (np.random.default_rng(seed) for seed in (0, *([0, place] for place in range(1, 1 + len(groups)))))
    for start in range(0, DRAWS, CHUNK):
        count = min(CHUNK, DRAWS - start)
        yield rng.integers(images, size=(count, images)), *(_times(group, count, own) for group, own in zip(groups, seeds))


def _times(networks: int, count: int, rng: np.random.Generator) -> np.ndarray:
    if networks < FEWEST_NETWORKS:
        return np.ones((networks, count))
    return rng.multinomial(networks, [1 / networks] * networks, size=count).T.astype(np.float64)


def _resampled(values: np.ndarray) -> np.ndarray:
    return np.concatenate([mean(values[:, rows], times) for rows, times in _resamples(values.shape[1], len(values))])


def _resampled_ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Ratios of sums over (networks, images)."""
    found = []
    for rows, times in _resamples(above.shape[1], len(above)):
        sums = [(part[:, rows].sum(2) * times).sum(0) for part in (above, below)]
        found.append(_ratio(*sums))
    return np.concatenate(found)


def _images(values: np.ndarray) -> int:
    """Images that any of the networks has a value for."""
    return int((~np.isnan(values)).any(0).sum())


def _summary(value: float, drawn: np.ndarray, level: float, images: int) -> tuple[float, float, float]:
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn) or np.isnan(value):
        return np.nan, np.nan, np.nan
    if images < FEWEST_IMAGES:
        return float(value), np.nan, np.nan
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(value), float(low), float(high)
