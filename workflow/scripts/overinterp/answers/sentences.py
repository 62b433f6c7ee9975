"""What a table answers, in sentences: each with a number, its 95 % interval (if any) and n, about at most `MOST` classifiers.

A sentence says what is in the table and judges nothing; rows without an interval are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

SUBSETS = {"sis": "sufficient subsets", "kept": "kept pixels"}
MOST = 4  # classifiers, audits or remedies that a table's answer speaks of; the table has all


def answer(name: str, table: pd.DataFrame, threshold: float) -> list[str]:
    """Sentences of a table.

    Args:
        name: The table's.
        table: Its rows.
        threshold: Confidence that sizes are told at, if the table has it.
    """
    if name not in ANSWERS or table.empty:
        return []
    if name in AT_THRESHOLD:
        table = table[np.isclose(table.threshold, threshold)]
    return list(ANSWERS[name](table))[:MOST]


def _between(row, name: str, form: str, low: str | None = None, high: str | None = None) -> str:
    low, high = low or f"{name}_low", high or f"{name}_high"
    if row[low] == row[high]:  # where all images have one value, the bootstrap has nothing to draw
        return f"{row[name]:{form}} (every image alike)"
    return f"{row[name]:{form}} ({row[low]:{form}} to {row[high]:{form}})"


def _rows(table: pd.DataFrame, known: str) -> Iterator[pd.Series]:
    """Rows of test images in which a column is known."""
    if "split" in table:
        table = table[table.split == "test"]
    yield from (row for _, row in table[table[known].notna()].iterrows())


def _count(number, noun: str) -> str:
    return f"{int(number):,} {noun}{'' if number == 1 else 's'}"


def _sizes(table):
    for row in _rows(table, "low"):
        pixels = _between(row, "mean", ".1f", "low", "high")
        subsets = _count(row.subsets, "subset")
        if row.models > 1:
            subsets += f" of {row.models} networks, whose means are {row.least:.2f} to {row.most:.2f}"
        beyond = ""
        if row.tried and row.above_tried:
            are = "is" if row.above_tried == 1 else "are"
            beyond = (
                f" {int(row.above_tried):,} of them {are} larger than the {int(row.tried):,} pixels from which on down the "
                "search tries every one, and may be the search's rather than the network's."
            )
        classes = ""
        if row.class_share_low == row.class_share_low:
            share = _between(row, "class_share", ".0%")
            classes = f" {share} of how sizes differ (the variance of their logarithms) goes with the class."
        yield f"{row.group} needs {pixels} pixels on average to be {row.threshold:.0%} sure ({subsets}).{classes}{beyond}"


def _right_and_wrong(table):
    for row in _rows(table, "low"):
        differ = _between(row, "difference", "+.0%", "low", "high")
        counts = f"{_count(row.correct, 'right answer')}, {_count(row.incorrect, 'wrong one')}"
        equal = ""
        if row.ratio_at_equal_confidence_low == row.ratio_at_equal_confidence_low:  # none of very few images
            ratio = _between(row, "ratio_at_equal_confidence", ".2f")
            equal = f"; geometric means are {row.ratio:.2f} times theirs, at equal confidence in the full image {ratio}"
        yield f"At {row.threshold:g} sizes of {row.group} on right answers differ by {differ} from wrong ones' ({counts}){equal}."


def _rings(table):
    table = table[table.rings == table.rings.min()]
    for row in _rows(table, "share_low"):
        yield (
            f"{_between(row, 'share', '.1%')} of the {100 * row.fraction:.3g}% of the pixels that {row.search} keeps for "
            f"{row.model} lie within {_count(row.rings, 'pixel')} of the edge, "
            f"where even spreading puts {row.uniform_share:.1%} ({_count(row.images, 'image')})."
        )


def _objects(table):
    for row in _rows(table[table.class_name.isna()], "share_low"):
        yield (
            f"{_between(row, 'share', '.1%')} of {row.model}'s {SUBSETS.get(row.subset, row.subset)} by {row.search} lie in the "
            f"objects' boxes, which are {row.box_share:.1%} of the pixels; of those of other images, laid there, "
            f"{row.same_places_share:.1%} ({_count(row.images, 'image')})."
        )


def _planted(table):
    for row in _rows(table, "precision_low"):
        yield (
            f"{_between(row, 'precision', '.0%')} of the subsets' pixels of {row.model} by {row.search} are planted ones; "
            f"of random pixels {row.uniform_precision:.0%} would be ({_count(row.found, 'subset')})."
        )


def _leakage(table):
    table = table[table.accuracy_low.notna()]
    for audit, rows in table.groupby("audit", sort=False):
        controls = rows.drop_duplicates("control").set_index("control")
        if not {"kept", "position"} <= set(controls.index):
            continue
        kept, position = controls.loc["kept"], controls.loc["position"]
        at = kept.get("threshold", np.nan)
        shown = "kept pixels" if np.isnan(at) else f"sufficient subsets at {100 * at:g}%"
        random, floors = "", {"random": "", "matched": " where these lie"}
        for name in [name for name in floors if name in controls.index][:1]:
            random = f", of as many random ones{floors[name]} on {_between(controls.loc[name], 'accuracy', '.1%')}"
        named = f"; audit {audit}" * (table.audit.nunique() > 1)
        told = [
            f"Students of the {shown} are right on {_between(kept, 'accuracy', '.1%')}, of their places alone on "
            f"{_between(position, 'accuracy', '.1%')}{random} ({_count(kept.images, 'test image')}{named})."
        ]
        if pd.notna(position.share_low):
            told.append(f"Places reach {_between(position, 'share', '.0%')} of what {shown} give above chance.")
        if "redrawn" in controls.index:
            right = _between(controls.loc["redrawn"], "accuracy", ".1%")
            told.append(f"A network trained on random sets of pixels (EVAL-X), shown the {shown}, is right on {right}.")
        if pd.notna(kept.teacher_class_on_errors_low):
            same, wrong = _between(kept, "teacher_class_on_errors", ".0%"), _count(kept.teacher_wrong_images, "image")
            full = ""
            if "full" in controls.index:
                full = f", networks of full images on {_between(controls.loc['full'], 'teacher_class_on_errors', '.0%')}"
            told.append(f"On {wrong} that the teacher has wrong, students of its {shown} give its wrong class on {same}{full}.")
        yield " ".join(told)


def _border(table):
    for row in _rows(table[(table.trained == "full") & (table.test_mask == "border")], "accuracy_low"):
        shown = f"the border's {row.fraction:.0%} of the pixels"
        yield f"Shown {shown}, {row.model} is right on {_between(row, 'accuracy', '.1%')} ({_count(row.images, 'image')})."


RELATIONS = {  # of the target of a pair to its source, of several the mean
    "another seed": "other seeds",
    "trained otherwise": "its architecture trained otherwise",
    "its ensemble": "its ensemble or members",
    "another classifier": "other classifiers",
}


def _transfer(table):
    rows = {row.relation: row for row in _rows(table, "confidence_low")}
    own = rows.pop("itself", None)
    if own is None or not rows:
        return
    others = [f"{RELATIONS[name]} {_between(row, 'confidence', '.2f')}" for name, row in rows.items()]
    yield (
        f"The pixels that a network keeps make it {_between(own, 'confidence', '.2f')} sure of its class on average, "
        f"{', '.join(others)}; as many random pixels make it {own.random_confidence:.2f} sure "
        f"({_count(own.compared, 'test image')})."
    )


def _remedies(table):
    for row in _rows(table[~table.baseline.astype(bool)], "size_ratio_low"):
        larger = _between(row, "size_ratio", ".2f")
        single = (
            f"; single networks {row.ratio_least:.2f} to {row.ratio_most:.2f} times" if row.ratio_least < row.ratio_most else ""
        )
        yield (
            f"With the remedy {row.group} subsets are {larger} times as large at {row.threshold:g} "
            f"({_count(row.matched_images, 'image')} that all have right{single})."
        )


def _adversarial(table):
    for row in _rows(table.drop_duplicates(["architecture", "threshold"]), "ratio_low"):
        larger = _between(row, "ratio", ".2f")
        yield (
            f"Adversarially trained, {row.architecture} has subsets {larger} times as large at {row.threshold:g} "
            f"({_count(row.images, 'image')})."
        )


def _wrong_class(table):
    whose = {"runner_up": "the runner-up", "other": "a class drawn at random"}
    for row in _rows(table, "found_share_low"):
        same = ""
        if row.same_class_ratio_low == row.same_class_ratio_low:
            times = _between(row, "same_class_ratio", ".2f")
            same = f" They are {times} times as many as in images that it takes for that very class."
        yield (
            f"{_between(row, 'found_share', '.0%')} of the images hold pixels, few or many, that make {row.group} "
            f"{row.threshold:.0%} sure of {whose.get(row.target, row.target)} ({_count(row.images, 'image')}).{same}"
        )


def _edges(table):
    for row in _rows(table[table.radius == 1], "difference_low"):
        difference = _between(row, "difference", ".2f")
        yield (
            f"With the neighbours of its subsets put back {row.group} is {row.confidence_neighbours:.2f} sure, with as many "
            f"random pixels {row.confidence_random:.2f}: a difference of {difference}, {_count(row.images, 'image')}."
        )


def _blanks(table):
    for group, rows in table[table.sufficient_share_low.notna()].groupby("group", sort=False):
        single = rows[~rows.fill.isin(["search", "all"])]
        if single.empty:
            continue
        kindest = single.loc[single.sufficient_share.idxmax()]
        every = rows[rows.fill == "all"]
        under_all = f", under all of them {_between(every.iloc[0], 'sufficient_share', '.0%')}" if len(every) else ""
        yield (
            f"Of the subsets of {group} {_between(kindest, 'sufficient_share', '.0%')} still suffice on {kindest.fill}, the "
            f"other fill that most survive{under_all} ({_count(kindest.images, 'image')})."
        )


def _dots(table):
    where = {"sis": "its subsets by {1} lie", "kept": "the {0:.3g}% of the pixels lie that {1} keeps"}
    found = table.set_index(["group", "subset", "shown"]).confidence
    for row in _rows(table[table.shown == "dots"], "confidence_low"):
        place = where[row.subset].format(100 * row.fraction, row.search)
        random, values = (found[row.group, row.subset, shown] for shown in ("random", "values"))
        yield (
            f"Shown nothing but dots of one colour where {place}, {row.group} is {_between(row, 'confidence', '.2f')} sure of "
            f"its class (mean over colours), at as many random places {random:.2f}, of the pixels themselves {values:.2f} "
            f"({_count(row.images, 'image')})."
        )


def _people(table):
    at = {quantity: rows.set_index("fraction").value for quantity, rows in table.groupby("quantity")}
    for row in _rows(table[table.quantity == "accuracy"], "value"):
        known = row.low == row.low  # none of one person, or where all are equal
        right = _between(row, "value", ".0%", "low", "high") if known else f"{row.value:.0%} (no interval)"
        people = f"{int(row.participants):,} {'person' if row.participants == 1 else 'people'}"
        accuracy, sure, chance = (at[name][row.fraction] for name in ("machine_accuracy", "machine_confidence", "chance"))
        yield (
            f"Shown {100 * row.fraction:.3g}% of the pixels people name {right} of these pictures rightly ({people}, "
            f"{int(row.answers):,} answers), the networks {accuracy:.0%}, with a mean confidence of {sure:.2f}; guessing gives "
            f"{chance:.0%}."
        )
        ahead = table[(table.quantity == "networks_minus_people") & (table.fraction == row.fraction)].iloc[0]
        if ahead.low == ahead.low:
            points, low, high = (f"{100 * value:+.0f}" for value in (ahead.value, ahead.low, ahead.high))
            yield f"Networks less people: {points} points ({low} to {high}, over people and pictures)."
        gain = table[(table.quantity == "kept_minus_random") & (table.fraction == row.fraction)]
        for more in gain.itertuples():
            known = f" ({100 * more.low:+.0f} to {100 * more.high:+.0f})" if more.low == more.low else " (no interval)"
            random = at["random_accuracy"][row.fraction]
            yield (
                f"Shown as many random pixels, of other images, they name {random:.0%} rightly; kept pixels give "
                f"{100 * more.value:+.0f} points{known}."
            )


def _agreement(table):
    for (candidate, reference), rows in table.groupby(["candidate", "reference"], sort=False):
        both = rows[rows.size_ratio.notna() & (rows.size_ratio > 0)]
        if len(both):
            ratio, networks = np.exp(np.log(both.size_ratio).mean()), both.model.nunique()
            of = _count(len(both), "image") if networks == 1 else f"{len(both):,} pairs of {networks} networks"
            yield (
                f"Subsets by {candidate} have {ratio:.2f} times the pixels of those by {reference} (geometric mean of {of}; no "
                "interval)."
            )


ANSWERS = {
    "sis_size_by_threshold": _sizes,
    "sis_size_correct_incorrect": _right_and_wrong,
    "pixel_rings": _rings,
    "object_share": _objects,
    "planted_recovery": _planted,
    "leakage": _leakage,
    "dots": _dots,
    "border": _border,
    "transfer_by_relation": _transfer,
    "mitigation": _remedies,
    "adversarial": _adversarial,
    "wrong_class": _wrong_class,
    "mask_edges": _edges,
    "blanks": _blanks,
    "human_accuracy": _people,
    "agreement": _agreement,
}
AT_THRESHOLD = ("sis_size_by_threshold", "sis_size_correct_incorrect", "adversarial")
