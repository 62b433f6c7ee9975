"""Judges of subsets: how large they are, where they lie, what they survive; see `overinterp.claims.accuracies`."""

from __future__ import annotations

import numpy as np

from overinterp.claims.verdicts import FAILS, HOLDS, OPEN, between, beyond, named, told
from overinterp.statistics import LEVEL, wilson

SURE = 0.99
SAME_SIZE = 1.25  # sizes that are this many times each other's, at most, are taken for the same


def sizes(*groups: str, search: str = "refined"):
    """Is the mean sufficient subset at `SURE` smaller than a twentieth of CIFAR-10's images, for every network of a group?"""

    def judge(table):
        rows = table[(table.search == search) & (table.split == "test") & np.isclose(table.threshold, SURE)]
        for group in groups:
            for row in named(rows[rows.group == group], f"{group} at {SURE:g}").itertuples():
                ours = f"{between(row.mean, row.low, row.high, '.1f')} pixels on average, {row.subsets} subsets"
                if row.models > 1:
                    ours += f" of {row.models} networks, whose means are {row.least:.1f} to {row.most:.1f}"
                low, high = _widened(row.low, row.high, row.least, row.most)
                yield f"{group}, {search}", ours, beyond(low, high, 0.05 * 32 * 32, row.subsets // row.models, above=False)

    return judge


def rings(search: str, *models: str, outermost: int = 1):
    """Do more than an even share of the kept pixels lie in the outermost so many rings?"""

    def judge(table):
        table = table[(table.search == search) & (table.split == "test") & (table.rings == outermost)]
        for model in models:
            for _, row in named(table[table.model == model], f"{model}, {search}").iterrows():
                ours = f"{told(row, 'share', '.1%')} of them, even {row.uniform_share:.1%}, {row.images} images"
                yield f"{model}, {search}", ours, beyond(row.share_low, row.share_high, row.uniform_share, row.images)

    return judge


def places(search: str, *models: str):
    """Do more than an even share of the kept pixels lie at the picture's border, as tests/benchmarks/cross.py tells it?"""

    def judge(table):
        table = table[(table.search == search) & (table.place == "border")]
        for model in models:
            for row in named(table[table.model == model], f"{model}, {search}").itertuples():
                ours = f"{between(row.share, row.low, row.high, '.1%')} of them, even {row.even:.1%}, {row.images} images"
                yield f"{model}, {search}", ours, beyond(row.low, row.high, row.even, row.images)

    return judge


def on_object(search: str, *models: str):
    """Do more of the kept pixels lie in the object's box than of those kept of other images, which are as many, laid there?"""

    def judge(table):
        table = table[(table.search == search) & (table.subset == "kept") & (table.split == "test") & table.class_name.isna()]
        for model in models:
            for _, row in named(table[table.model == model], f"{model}, {search}").iterrows():
                points = [100 * row[f"above_same_places{end}"] for end in ("", "_low", "_high")]
                ours = f"{between(*points, '+.1f')} points, {row.images} images; {row.share:.0%} of them lie in the box"
                verdict = beyond(*points[1:], 0, row.images)
                yield f"{model}, {search}", ours, verdict

    return judge


def right_and_wrong(*groups: str):
    """Do right answers rest on more pixels than wrong ones?"""

    def judge(table):
        for group in groups:
            for row in named(table[(table.split == "test") & (table.group == group)], group).itertuples():
                ours = f"{between(row.difference, row.low, row.high, '+.0%')}, {row.correct} right, {row.incorrect} wrong answers"
                yield f"{row.group} at {row.threshold:g}, {row.search}", ours, beyond(row.low, row.high, 0, row.images)

    return judge


def right_at_equal(held: str, *groups: str):
    """Do they where something else is held equal: 'at_equal_confidence' in the whole image, or 'of_same_class'?"""

    def judge(table):
        for group in groups:
            for _, row in named(table[(table.split == "test") & (table.group == group)], group).iterrows():
                ends = row[f"ratio_{held}_low"], row[f"ratio_{held}_high"]
                ours = f"{told(row, f'ratio_{held}', '.2f')} times, {row.correct} right, {row.incorrect} wrong answers"
                yield f"{row.group} at {row.threshold:g}, {row.search}", ours, beyond(*ends, 1, row.images)

    return judge


def any_class(table):
    """Do some pixels make it sure of a random class that is not there, on more than a quarter of the images?"""
    for _, row in table[table.search == "other"].iterrows():
        low, high = wilson(row.found_share, row.images)
        ours = f"{between(row.found_share, low, high, '.0%')} of {row.images} images reach {row.threshold:g}"
        size = f"{told(row, 'size_ratio', '.2f')} times the pixels of its own class, {row.both_found} images"
        yield row.group, f"{ours}; {size}", beyond(low, high, 0.25, row.images)


def by_class(*groups: str):
    """Does more than half of the variance of log sizes, at the threshold of 0.9, lie between the classes that subsets are of?"""

    def judge(table):
        rows = table[(table.split == "test") & np.isclose(table.threshold, 0.9)]
        for group in groups:
            for _, row in named(rows[rows.group == group], f"{group} at 0.9").iterrows():
                ours = f"{told(row, 'class_share', '.0%')} of it, {row.subsets} subsets"
                yield f"{group}, {row.search}", ours, beyond(row.class_share_low, row.class_share_high, 0.5, row.subsets)

    return judge


def same_class(table):
    """Are subsets of one class of one size, within a quarter, whether or not the image shows it?"""
    for _, row in table[table.search == "other"].iterrows():
        low, high = row.same_class_ratio_low, row.same_class_ratio_high
        apart = [beyond(low, high, 1 / SAME_SIZE, row.images), beyond(low, high, SAME_SIZE, row.images, above=False)]
        verdict = FAILS if FAILS in apart else OPEN if OPEN in apart else HOLDS
        yield row.group, f"{told(row, 'same_class_ratio', '.2f')} times, {row.images} images that do not show it", verdict


def other_blanks(*groups: str):
    """Do fewer than half of the subsets suffice on every fill but the search's own? Told of the fill under which most do."""

    def judge(table):
        table = table[~table.fill.isin(["search", "all"])]
        for group in groups:
            rows = named(table[table.group == group], f"{group} under other fills")
            kindest = rows[rows.sufficient_share == rows.sufficient_share.max()]
            row, under = kindest.iloc[0], "each" if len(kindest) == len(rows) else " and ".join(kindest.fill)
            low, high = wilson(row.sufficient_share, row.images)
            ours = f"{between(row.sufficient_share, low, high, '.0%')} of the subsets under {under}, {row.images} images"
            yield f"{group}, {row.search}, at {row.threshold:g}", ours, beyond(low, high, 0.5, row.images, above=False)

    return judge


def bare_dots(table):
    """Is it surer by more than a quarter of dots of one colour at its subsets' places than at random ones (mean over colours)?"""
    for _, row in table[(table.subset == "sis") & (table.shown == "dots")].iterrows():
        ours = f"surer by {told(row, 'above_random', '.2f')}, {row.confidence:.2f} sure, {row.images} images"
        ends = row.above_random_low, row.above_random_high
        yield f"{row.group}, {row.search}, at {row.threshold:g}", ours, beyond(*ends, 0.25, row.images)


def remedy(group: str, *comparisons: str, by: str, exact: float = np.inf):
    """Are a remedy's subsets larger, by a search, on images that all have right and are sure of, whichever networks are compared?

    By the interval and by Wilcoxon's test, adjusted by Holm's method for the comparisons of its run: where these disagree it is
    not judged. Nor is it where their mean may lie above so many pixels: from there on the search did not try each, and may have
    missed less.
    """

    def judge(table):
        for comparison in comparisons:
            rows = table[(table.comparison == comparison) & (table.group == group)]
            for _, row in named(rows, f"{group} in {comparison}").iterrows():
                against = table[(table.comparison == comparison) & table.baseline.astype(bool)].group
                who = f"{' against '.join([group, *against])}, {by}, at {row.threshold:g}"
                for when in ("", "scaled"):
                    yield f"{who}{when and ' ' + when}", *_remedied(row, when and f"_{when}", exact)

    return judge


def _remedied(row, when: str, exact: float) -> tuple[str, str]:
    """How many times as large a remedy's subsets are, and the verdict: as they are, or after temperature scaling."""
    ratio, images = [row[f"size_ratio{end}{when}"] for end in ("", "_low", "_high")], row[f"matched_images{when}"]
    least, most = row[f"ratio_least{when}"], row[f"ratio_most{when}"]
    ours = f"{between(*ratio, '.2f')} times, {images} image{'s' * (images != 1)}"
    if least == least:
        ours += f"; single networks {least:.2f} to {most:.2f} times"
    if row[f"mean_size_high{when}"] > exact:
        return f"{ours}; above {exact} pixels sizes are upper bounds", OPEN
    verdict, p = beyond(*_widened(*ratio[1:], least, most), 1, images), row[f"p_holm{when}"]
    if verdict != OPEN and not p < 1 - LEVEL:
        return f"{ours}; p {p:.2f} (Wilcoxon, Holm)" if p == p else f"{ours}; no test", OPEN
    return ours, verdict


def _widened(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """An interval, widened to hold every single network; least and most are missing of one network."""
    return float(np.fmin(low, least)), float(np.fmax(high, most))
