"""Judges of what networks are right on; each makes of a table rows of (networks, ours, verdict), by its claim's limit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp.claims.verdicts import between, beyond, named, told
from overinterp.statistics import wilson


def shown(mask: str, limit: float, above: bool, *models: str):
    """Is the accuracy on a view of the test images above (below) its own on full images plus (or, below, chance plus) a limit?"""

    def judge(table):
        table = table[(table.split == "test") & table.corruptions.isna()]
        for model in models:
            rows = table[table.model == model]
            full = named(rows[rows.test_mask == "all"], f"{model} on full images").iloc[0]
            views = rows[(rows.test_mask == mask) & (rows.test_paint == "values")]
            row = named(views, f"{model} on {mask} pixels").iloc[0]
            low, high = wilson(row.accuracy, row.images)
            base = full.accuracy if above else 1 / row.classes
            known = f"full images {full.accuracy:.1%} of {full.images}, {full.mean_confidence:.2f} sure"
            ours = (
                f"{between(row.accuracy, low, high, '.1%')} right of {row.images} images, {row.mean_confidence:.2f} sure; {known}"
            )
            yield model, ours, beyond(low, high, base + limit, row.images, above)

    return judge


def students(*audits: str):
    """Do students of kept pixels do better than students of as many random ones, by ten points?

    Random pixels are those of the run, whoever the teacher is; of a run without any, and for sufficient subsets, those where the
    audit's own masks lie.
    """

    def judge(table):
        for audit in audits:
            kept = named(table[(table.audit == audit) & (table.control == "kept")], f"{audit}, kept").iloc[0]
            random, words = table[table.control == "random"], "random pixels"
            if random.empty or pd.notna(kept.get("threshold")):
                random, words = table[(table.audit == audit) & (table.control == "matched")], "random pixels where masks lie"
            random = named(random, f"{audit}, students of random pixels").iloc[0]
            ours = f"{told(kept, 'accuracy', '.1%')}, {kept.images} images; of {words} {told(random, 'accuracy', '.1%')}"
            # The difference of two intervals, as if they were independent: wider than that of the same images.
            low, high = kept.accuracy_low - random.accuracy_high, kept.accuracy_high - random.accuracy_low
            who = "students" if kept.networks > 1 else "a student"
            yield f"{who} of {_teacher(kept)}", ours, beyond(low, high, 0.1, kept.images)

    return judge


def positions(*audits: str):
    """Does position alone reach more than half of what kept pixels give above chance?"""

    def judge(table):
        for audit in audits:
            row = named(table[(table.audit == audit) & (table.control == "position")], f"{audit}, position").iloc[0]
            ours = f"position reaches {told(row, 'share', '.0%')} of it, {row.images} images"
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
            ours = f"position reaches {between(share, low, high, '.0%')} of it, {place.images} images"
            yield f"{place.model}{_kind(corrupted)}", ours, beyond(low, high, 0.5, place.images)

    return judge


def trained_above(condition: str, limit: float):
    """Are networks trained and tested on a view of the images right on more than a limit?"""

    def judge(table):
        seen = _on_own_view(table, corrupted=False)
        for row in named(seen[seen.condition == condition], condition).itertuples():
            yield row.model, f"{_of_view(row)}, {row.images} images", beyond(row.low, row.high, limit, row.images)

    return judge


def transferred(relation: str):
    """Are networks right on what another one keeps, by ten points more than a guess? Judged where all pairs lie on one side."""

    def judge(table):
        given = table.filter(regex="_labels$").eq("given").all(axis=1)  # tables of before the columns have no nulls
        rows = named(table[(table.relation == relation) & given], relation)
        low, high, images = rows.accuracy_low.min(), rows.accuracy_high.max(), rows.images.min()
        ours = f"{rows.accuracy.mean():.1%} on average over {len(rows)} pairs, {rows.accuracy.min():.1%} to "
        ours += f"{rows.accuracy.max():.1%} of {images} images each; a guess has {rows.chance.iloc[0]:.1%}"
        yield f"{relation}, {rows.search.iloc[0]}", ours, beyond(low, high, rows.chance.iloc[0] + 0.1, images)

    return judge


def border(limit: float, fractions: tuple[float, ...], *models: str):
    """Are networks trained on whole images right on border pixels, by more than a limit and more than on as many random ones?"""

    def judge(table):
        table = table[(table.trained == "full") & table.fraction.isin(fractions)]
        for model in models:
            rows = table[table.model == model]
            random = rows[rows.test_mask == "random"].set_index("fraction")
            for _, row in named(rows[rows.test_mask == "border"], f"{model} on the border").iterrows():
                by = random.loc[row.fraction]
                ours = f"{told(row, 'accuracy', '.1%')} on {row.fraction:.0%}, {row.images} images; "
                ours += f"on as many random pixels {told(by, 'accuracy', '.1%')}"
                low = min(row.accuracy_low - limit, row.accuracy_low - by.accuracy_high)
                high = min(row.accuracy_high - limit, row.accuracy_high - by.accuracy_low)
                yield model, ours, beyond(low, high, 0, row.images)

    return judge


def _on_own_view(table: pd.DataFrame, corrupted: bool) -> pd.DataFrame:
    """Rows of networks tested on what they were trained on; low and high are Wilson's."""
    rows = table[(table.split == ("corrupted" if corrupted else "test")) & (table.test_mask == table.train_mask)]
    rows = rows[(rows.test_paint == rows.train_paint) & (rows.masks_model.isna() | (rows.masks_model == rows.teacher))]
    ends = [wilson(*of) for of in zip(rows.accuracy, rows.images, strict=True)]
    return rows.assign(low=[low for low, _ in ends], high=[high for _, high in ends])


def _by_seed(rows: pd.DataFrame, condition: str, against: str) -> list[tuple]:
    """Of each seed, the row of each of two conditions."""
    of, by = (named(rows[rows.condition == name], name).set_index("seed") for name in (condition, against))
    return [(of.loc[seed], by.loc[seed]) for seed in of.index]


def _of_view(row) -> str:
    return between(row.accuracy, row.low, row.high, ".1%")


def _kind(corrupted: bool) -> str:
    return ", corrupted" if corrupted else ""


def _teacher(row) -> str:
    name = row.teacher.split("_")[0]
    brought = f"a brought {name} of 200 epochs" if name.startswith("resnet") else f"a brought {name}"
    teacher = brought if np.isnan(row.teacher_epochs) else f"a teacher of {row.teacher_epochs:.0f} epochs"
    masks = {"every": ", masks that favour no class", "other": ", masks towards a random other class"}
    by = ", masks by refined" if row.get("search") == "refined" else ""  # all others are by slopes
    of = f", sufficient subsets at {100 * row.threshold:g}%" if pd.notna(row.get("threshold")) else ""
    return teacher + masks.get(row.get("target"), "") + by + of
