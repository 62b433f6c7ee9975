"""Judges: each makes of a table rows of (networks, ours, verdict), by a limit that its claim names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.statistics import FEWEST_IMAGES, wilson

SURE = 0.99
HOLDS, FAILS, OPEN = "**holds**", "**does not hold**", "not judged"


def beyond(low: float, high: float, limit: float, images: int, above: bool = True) -> str:
    """The verdict on the claim that a quantity lies above (or below) a limit."""
    if images < FEWEST_IMAGES or not np.isfinite([low, high]).all():
        return OPEN
    if not above:
        low, high, limit = -high, -low, -limit
    return HOLDS if low > limit else FAILS if high < limit else OPEN


def _between(value: float, low: float, high: float, form: str) -> str:
    ends = f"{low:{form}} to {high:{form}}" if np.isfinite([low, high]).all() else "too few for an interval"
    return f"{value:{form}} ({ends})"


def _of(row, name: str, form: str) -> str:
    return _between(row[name], row[f"{name}_low"], row[f"{name}_high"], form)


def _named(rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """The rows, if there are any.

    Raises:
        ValueError: There are none, so that what was judged before would be left out in silence.
    """
    if rows.empty:
        raise ValueError(f"found no row of {what}")
    return rows


def sizes(*groups: str, search: str = "refined"):
    """Is the mean sufficient subset at `SURE` smaller than a twentieth of CIFAR-10's images, for every network of a group?"""

    def judge(table):
        rows = table[(table.search == search) & (table.split == "test") & np.isclose(table.threshold, SURE)]
        for group in groups:
            for row in _named(rows[rows.group == group], f"{group} at {SURE:g}").itertuples():
                ours = f"{_between(row.mean, row.low, row.high, '.1f')} pixels on average, {row.subsets} subsets"
                if row.models > 1:
                    ours += f" of {row.models} networks, whose means are {row.least:.1f} to {row.most:.1f}"
                low, high = _widened(row.low, row.high, row.least, row.most)
                yield f"{group}, {search}", ours, beyond(low, high, 0.05 * 32 * 32, row.subsets // row.models, above=False)

    return judge


def _widened(low: float, high: float, least: float, most: float) -> tuple[float, float]:
    """An interval, widened to hold every single network; least and most are missing of one network."""
    return float(np.fmin(low, least)), float(np.fmax(high, most))


def shown(mask: str, limit: float, above: bool, *models: str):
    """Is the accuracy on a view of the test images above (below) its own on full images plus (or, below, chance plus) a limit?"""

    def judge(table):
        table = table[(table.split == "test") & table.corruptions.isna()]
        for model in models:
            rows = table[table.model == model]
            full = _named(rows[rows.test_mask == "all"], f"{model} on full images").iloc[0]
            views = rows[(rows.test_mask == mask) & (rows.test_paint == "values")]
            row = _named(views, f"{model} on {mask} pixels").iloc[0]
            low, high = wilson(row.accuracy, row.images)
            base = full.accuracy if above else 1 / row.classes
            known = f"full images {full.accuracy:.1%} of {full.images}"
            ours = f"{_between(row.accuracy, low, high, '.1%')} right of {row.images} images; {known}"
            yield model, ours, beyond(low, high, base + limit, row.images, above)

    return judge


def students(*audits: str):
    """Do students of kept pixels do better than students of as many random ones, by ten points?

    Random pixels are those of the run, whoever the teacher is; of a run without any, those where the audit's own masks lie.
    """

    def judge(table):
        for audit in audits:
            kept = _named(table[(table.audit == audit) & (table.control == "kept")], f"{audit}, kept").iloc[0]
            random, words = table[table.control == "random"], "random pixels"
            if random.empty:
                random, words = table[(table.audit == audit) & (table.control == "matched")], "random pixels where masks lie"
            random = _named(random, f"{audit}, students of random pixels").iloc[0]
            ours = f"{_of(kept, 'accuracy', '.1%')}, {kept.images} images; of {words} {_of(random, 'accuracy', '.1%')}"
            # The difference of two intervals, as if they were independent: wider than that of the same images.
            low, high = kept.accuracy_low - random.accuracy_high, kept.accuracy_high - random.accuracy_low
            who = "students" if kept.networks > 1 else "a student"
            yield f"{who} of {_teacher(kept)}", ours, beyond(low, high, 0.1, kept.images)

    return judge


def positions(*audits: str):
    """Does position alone reach more than half of what kept pixels give above chance?"""

    def judge(table):
        for audit in audits:
            row = _named(table[(table.audit == audit) & (table.control == "position")], f"{audit}, position").iloc[0]
            ours = f"position reaches {_of(row, 'share', '.0%')} of it, {row.images} images"
            yield f"students of {_teacher(row)}", ours, beyond(row.share_low, row.share_high, 0.5, row.images)

    return judge


def trained(condition: str, corrupted: bool = False):
    """Do networks trained and tested on a view of the images do better than those of as many random pixels, by ten points?"""

    def judge(table):
        for shown, random in _by_seed(_on_own_view(table, corrupted), condition, "random"):
            low, high = shown.low - random.high, shown.high - random.low  # as in `students`
            ours = f"{_of_view(shown)}, {shown.images} images; of random pixels {_of_view(random)}"
            yield f"{shown.model}{_kind(corrupted)}", ours, beyond(low, high, 0.1, shown.images)

    return judge


def trained_places(condition: str, kept: str, corrupted: bool = False):
    """Do networks trained and tested on the places alone reach more than half of what those of kept pixels give above chance?"""

    def judge(table):
        for place, value in _by_seed(_on_own_view(table, corrupted), condition, kept):
            chance = 1 / place.classes
            share, low, high = (
                (of - chance) / (by - chance)
                for of, by in ((place.accuracy, value.accuracy), (place.low, value.high), (place.high, value.low))
            )
            ours = f"position reaches {_between(share, low, high, '.0%')} of it, {place.images} images"
            yield f"{place.model}{_kind(corrupted)}", ours, beyond(low, high, 0.5, place.images)

    return judge


def _on_own_view(table: pd.DataFrame, corrupted: bool) -> pd.DataFrame:
    """Rows of networks tested on what they were trained on; low and high are Wilson's."""
    rows = table[(table.split == ("corrupted" if corrupted else "test")) & (table.test_mask == table.train_mask)]
    rows = rows[(rows.test_paint == rows.train_paint) & (rows.masks_model.isna() | (rows.masks_model == rows.teacher))]
    ends = [wilson(*of) for of in zip(rows.accuracy, rows.images, strict=True)]
    return rows.assign(low=[low for low, _ in ends], high=[high for _, high in ends])


def _by_seed(rows: pd.DataFrame, condition: str, against: str) -> list[tuple]:
    """Of each seed, the row of each of two conditions."""
    of, by = (_named(rows[rows.condition == name], name).set_index("seed") for name in (condition, against))
    return [(of.loc[seed], by.loc[seed]) for seed in of.index]


def _of_view(row) -> str:
    return _between(row.accuracy, row.low, row.high, ".1%")


def _kind(corrupted: bool) -> str:
    return ", corrupted" if corrupted else ""


def transferred(relation: str):
    """Are networks right on what another one keeps, by ten points more than a guess? Judged where all pairs lie on one side."""

    def judge(table):
        given = table.filter(regex="_labels$").eq("given").all(axis=1)  # tables of before the columns have no nulls
        rows = _named(table[(table.relation == relation) & given], relation)
        low, high, images = rows.accuracy_low.min(), rows.accuracy_high.max(), rows.images.min()
        ours = f"{rows.accuracy.mean():.1%} on average over {len(rows)} pairs, {rows.accuracy.min():.1%} to "
        ours += f"{rows.accuracy.max():.1%} of {images} images each; a guess has {rows.chance.iloc[0]:.1%}"
        yield f"{relation}, {rows.search.iloc[0]}", ours, beyond(low, high, rows.chance.iloc[0] + 0.1, images)

    return judge


def _teacher(row) -> str:
    teacher = (
        "a brought teacher of 200 epochs" if np.isnan(row.teacher_epochs) else f"a teacher of {row.teacher_epochs:.0f} epochs"
    )
    masks = {"every": ", masks that favour no class", "other": ", masks towards a random other class"}
    return teacher + masks.get(row.get("target"), "")


def rings(search: str, *models: str, outermost: int = 1):
    """Do more than an even share of the kept pixels lie in the outermost so many rings?"""

    def judge(table):
        table = table[(table.search == search) & (table.split == "test") & (table.rings == outermost)]
        for model in models:
            for _, row in _named(table[table.model == model], f"{model}, {search}").iterrows():
                ours = f"{_of(row, 'share', '.1%')} of them, even {row.uniform_share:.1%}, {row.images} images"
                yield f"{model}, {search}", ours, beyond(row.share_low, row.share_high, row.uniform_share, row.images)

    return judge


def places(search: str, *models: str):
    """Do more than an even share of the kept pixels lie at the picture's border, as tests/benchmarks/cross.py tells it?"""

    def judge(table):
        table = table[(table.search == search) & (table.place == "border")]
        for model in models:
            for row in _named(table[table.model == model], f"{model}, {search}").itertuples():
                ours = f"{_between(row.share, row.low, row.high, '.1%')} of them, even {row.even:.1%}, {row.images} images"
                yield f"{model}, {search}", ours, beyond(row.low, row.high, row.even, row.images)

    return judge


def on_object(search: str, *models: str):
    """Do more of the kept pixels lie in the object's box than of those kept of other images, which are as many, laid there?"""

    def judge(table):
        table = table[(table.search == search) & (table.subset == "kept") & (table.split == "test") & table.class_name.isna()]
        for model in models:
            for _, row in _named(table[table.model == model], f"{model}, {search}").iterrows():
                points = [100 * row[f"above_same_places{end}"] for end in ("", "_low", "_high")]
                ours = f"{_between(*points, '+.1f')} points, {row.images} images; {row.share:.0%} of them lie in the box"
                verdict = beyond(*points[1:], 0, row.images)
                yield f"{model}, {search}", ours, verdict

    return judge


def remedy(group: str, *comparisons: str, by: str, exact: float = np.inf):
    """Are a remedy's subsets larger, by a search, on images that all have right and are sure of, whichever networks are compared?

    Not judged where their mean may lie above so many pixels: from there on the search did not try each, and may have missed less.
    """

    def judge(table):
        for comparison in comparisons:
            rows = table[(table.comparison == comparison) & (table.group == group)]
            for _, row in _named(rows, f"{group} in {comparison}").iterrows():
                against = table[(table.comparison == comparison) & table.baseline.astype(bool)].group
                who = f"{' against '.join([group, *against])}, {by}, at {row.threshold:g}"
                for when in ("", "scaled"):
                    yield f"{who}{when and ' ' + when}", *_remedied(row, when and f"_{when}", exact)

    return judge


def _remedied(row, when: str, exact: float) -> tuple[str, str]:
    """How many times as large a remedy's subsets are, and the verdict: as they are, or after temperature scaling."""
    ratio, images = [row[f"size_ratio{end}{when}"] for end in ("", "_low", "_high")], row[f"matched_images{when}"]
    least, most = row[f"ratio_least{when}"], row[f"ratio_most{when}"]
    ours = f"{_between(*ratio, '.2f')} times, {images} image{'s' * (images != 1)}"
    if least == least:
        ours += f"; single networks {least:.2f} to {most:.2f} times"
    if row[f"mean_size_high{when}"] > exact:
        return f"{ours}; above {exact} pixels sizes are upper bounds", OPEN
    return ours, beyond(*_widened(*ratio[1:], least, most), 1, images)


def right_and_wrong(*groups: str):
    """Do right answers rest on more pixels than wrong ones?"""

    def judge(table):
        for group in groups:
            for row in _named(table[(table.split == "test") & (table.group == group)], group).itertuples():
                ours = (
                    f"{_between(row.difference, row.low, row.high, '+.0%')}, {row.correct} right, {row.incorrect} wrong answers"
                )
                yield f"{row.group} at {row.threshold:g}, {row.search}", ours, beyond(row.low, row.high, 0, row.images)

    return judge


def right_at_equal_confidence(*groups: str):
    """Do they where the confidence in the whole image is equal?"""

    def judge(table):
        for group in groups:
            for _, row in _named(table[(table.split == "test") & (table.group == group)], group).iterrows():
                ends = row.ratio_at_equal_confidence_low, row.ratio_at_equal_confidence_high
                ours = f"{_of(row, 'ratio_at_equal_confidence', '.2f')} times, {row.correct} right, {row.incorrect} wrong answers"
                yield f"{row.group} at {row.threshold:g}, {row.search}", ours, beyond(*ends, 1, row.images)

    return judge


def any_class(table):
    """Do some pixels make it sure of a random class that is not there, on more than a quarter of the images?"""
    for _, row in table[table.search == "other"].iterrows():
        low, high = wilson(row.found_share, row.images)
        ours = f"{_between(row.found_share, low, high, '.0%')} of {row.images} images reach {row.threshold:g}"
        size = f"{_of(row, 'size_ratio', '.2f')} times the pixels of its own class, {row.both_found} images"
        yield row.group, f"{ours}; {size}", beyond(low, high, 0.25, row.images)


def other_blanks(*groups: str):
    """Do fewer than half of the subsets suffice on every fill but the search's own? Told of the fill under which most do."""

    def judge(table):
        table = table[~table.fill.isin(["search", "all"])]
        for group in groups:
            rows = _named(table[table.group == group], f"{group} under other fills")
            kindest = rows[rows.sufficient_share == rows.sufficient_share.max()]
            row, under = kindest.iloc[0], "each" if len(kindest) == len(rows) else " and ".join(kindest.fill)
            low, high = wilson(row.sufficient_share, row.images)
            ours = f"{_between(row.sufficient_share, low, high, '.0%')} of the subsets under {under}, {row.images} images"
            yield f"{group}, {row.search}, at {row.threshold:g}", ours, beyond(low, high, 0.5, row.images, above=False)

    return judge


def border(limit: float, fractions: tuple[float, ...], *models: str):
    """Are networks trained on whole images right on border pixels, by more than a limit and more than on as many random ones?"""

    def judge(table):
        table = table[(table.trained == "full") & table.fraction.isin(fractions)]
        for model in models:
            rows = table[table.model == model]
            random = rows[rows.test_mask == "random"].set_index("fraction")
            for _, row in _named(rows[rows.test_mask == "border"], f"{model} on the border").iterrows():
                by = random.loc[row.fraction]
                ours = f"{_of(row, 'accuracy', '.1%')} on {row.fraction:.0%}, {row.images} images; "
                ours += f"on as many random pixels {_of(by, 'accuracy', '.1%')}"
                low = min(row.accuracy_low - limit, row.accuracy_low - by.accuracy_high)
                high = min(row.accuracy_high - limit, row.accuracy_high - by.accuracy_low)
                yield model, ours, beyond(low, high, 0, row.images)

    return judge


def trained_above(condition: str, limit: float):
    """Are networks trained and tested on a view of the images right on more than a limit?"""

    def judge(table):
        seen = _on_own_view(table, corrupted=False)
        for row in _named(seen[seen.condition == condition], condition).itertuples():
            yield row.model, f"{_of_view(row)}, {row.images} images", beyond(row.low, row.high, limit, row.images)

    return judge
