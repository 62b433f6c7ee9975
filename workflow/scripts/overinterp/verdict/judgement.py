"""From measures to one of three states, a sentence, and classes in order.

Limits are fixed beforehand in the config; a fault is shown where a whole interval lies beyond its limit. All intervals of
`JUDGED` hold together at 95 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.data.classes import called
from overinterp.significance import holm, larger
from overinterp.statistics import FEWEST_IMAGES, interval, share_of

FAULT, NONE_FOUND, CANNOT_SAY = "fault shown", "none found", "cannot say"
PLANTED, NULL = "a planted shortcut", "wrong labels learnt by heart"  # what a classifier is shown beside
JUDGED = ("any_class", "one_place", "border")
SHARES = ("any_class", "survives")  # of images: 0 or 1 for each
LEVEL = 1 - 0.05 / len(JUDGED)
FEWEST_USABLE = 20  # images with a subset, below which nothing is said
CLASS_MEASURES = ("size", "any_class", "border", "survives")  # one place is chosen on the other half, so it is none of these
FEWEST_OF_CLASS = 4  # images of a class in each half, below which nothing is said of it
NOTABLE = 0.025  # p in the first half, of more than in the other classes or of less, up to which the second is looked at


@dataclass(frozen=True)
class Number:
    """One number of the first screen.

    Attributes:
        name: Of the measure.
        value: Share of images, share of pixels, or for 'border' times the uniform share; NaN where it was not measured.
        low: Of its interval, `LEVEL`; NaN of fewer than eight images.
        high: Likewise.
        images: That it is of.
        limit: Above which it is a fault; None where it is not judged.
    """

    name: str
    value: float
    low: float
    high: float
    images: int
    limit: float | None = None

    @property
    def above_limit(self) -> bool:
        """Whether its whole interval lies above the limit: a fault, where anything can be said at all."""
        return self.limit is not None and self.low > self.limit

    def plain(self) -> dict:
        """As JSON can hold it."""
        return {**{key: _finite(value) for key, value in asdict(self).items()}, "above_limit": self.above_limit}

    @property
    def clear(self) -> bool:
        """Whether its interval lies within the limit."""
        return self.limit is not None and self.high <= self.limit


@dataclass(frozen=True)
class Judgement:
    """What is said of one classifier.

    Attributes:
        state: `FAULT`, `NONE_FOUND` or `CANNOT_SAY`.
        reasons: Sentences, the first the most important one.
        numbers: By name.
        accuracy: (value, low, high) on the full test images.
        chance: Of a guess.
        images: Searched.
        usable: Of these, with a subset, and sure of the full image.
        empty: Of these, whose class the blank alone is sure of: they need no pixel, and no subset of theirs is judged.
    """

    state: str
    reasons: list[str]
    numbers: dict[str, Number]
    accuracy: tuple[float, float, float]
    chance: float
    images: int
    usable: int
    empty: int

    def plain(self) -> dict:
        """As JSON can hold it: no NaN."""
        found = asdict(self)
        found["numbers"] = {name: number.plain() for name, number in self.numbers.items()}
        return found | {"accuracy": dict(zip(("value", "low", "high"), map(_finite, self.accuracy), strict=True))}


def _finite(value):
    return None if isinstance(value, float) and np.isnan(value) else value


def missing(name: str) -> Number:
    """A number that was not measured."""
    return Number(name, np.nan, np.nan, np.nan, 0)


def numbers(table: pd.DataFrame, limits: dict) -> dict[str, Number]:
    """The numbers of the first screen, from measures of the images of one classifier."""
    border = table.border / table.border_uniform
    log_size = np.log(table["size"])
    columns = {"any_class": table.any_class, "one_place": table.one_place, "border": border, "survives": table.survives}
    columns["object"] = table.object
    found = {}
    for name, values in {"size": log_size, **columns}.items():
        if name in SHARES:
            three = share_of(int(values.sum()), int(values.notna().sum()), LEVEL)
        else:
            three = interval(values.to_numpy(float), level=LEVEL)
        three = np.exp(three) if name == "size" else three
        found[name] = Number(name, *map(float, three), images=int(values.notna().sum()), limit=limits.get(name))
    return found


def judge(
    table: pd.DataFrame, right: int, tested: int, chance: float, limits: dict, small: float, names: Sequence[str]
) -> Judgement:
    """Judge one classifier. Images whose class the blank alone is sure of need no pixel; how many, is said.

    They are left out of size, place, border and fills; whether few pixels make it sure of another class is asked of them, too.

    Args:
        table: Measures of its images.
        right: Full test images classified rightly.
        tested: Test images.
        chance: Of a guess.
        limits: By name of `JUDGED`.
        small: Largest share of pixels that counts as few, for the sentences.
        names: Of the study's classes, and of further outputs of the classifier.
    """
    found = numbers(table, limits)
    accuracy = share_of(right, tested, 0.95)
    empty, usable = table.status == sis.EMPTY, int(table["size"].notna().sum())
    known = {"images": len(table), "usable": usable, "empty": int(empty.sum())}
    if tested < FEWEST_IMAGES:
        state, reasons = CANNOT_SAY, [f"Too few test images: found {tested}, {FEWEST_IMAGES} are needed."]
    elif not accuracy[1] > chance:
        why = f"it is right on {100 * accuracy[0]:.1f} % of {tested} test images, not clearly above chance, {100 * chance:.1f} %"
        state, reasons = CANNOT_SAY, [f"The classifier is too weak: {why}."]
    elif usable < FEWEST_USABLE:
        why = f"{usable} of {len(table)} searched images have a subset and are classified surely; {FEWEST_USABLE} are needed"
        state, reasons = CANNOT_SAY, [f"Too few images: {why}."]
    else:
        asked = bool(table.other_status.notna().any())
        state, reasons = _state(found, small, _unseen(table, limits, small), LEFT_OUT if asked else MENDED)
    if empty.any():
        which = ", ".join(dict.fromkeys(called(number, names) for number in sorted(set(table.predicted[empty]))))
        share = f"{known['empty']} of {len(table)} searched images"
        reasons.append(
            f"Left out: {share}, of which the blank alone makes it sure of the class ({which}), so that they need no pixel. "
            "They are left out of where subsets lie; whether any class will do was asked of them, too. "
            "With another colour of removed pixels (data.blank) they may need some."
        )
    return Judgement(state, reasons, found, accuracy, chance, **known)


def _unseen(table: pd.DataFrame, limits: dict, small: float) -> list[str]:
    """Which faults could not show with subsets as large as these, whatever the classifier does, and why."""
    place = (table.one_place_uniform / table["size"]).clip(upper=1).mean()
    large = (table["size"].dropna() > small).mean()
    found = []
    if place <= limits["one_place"] < 1:  # a limit of 1 asks nothing
        found.append(
            f"one place: at most {as_text('one_place', place)} of the subsets' pixels could lie in a twentieth of the picture, "
            f"and the limit is {as_text('one_place', limits['one_place'])}"
        )
    if limits["any_class"] < 1 and large > 0.5:
        found.append(
            f"any class: {as_text('any_class', large)} of the subsets of its own class are more than {100 * small:.0f} % of the "
            "pixels, so that so few could hardly be found for another"
        )
    return found


def _state(found: dict[str, Number], small: float, unseen: list[str], mended: dict) -> tuple[str, list[str]]:
    """The state that numbers of enough images amount to, and why; ``unseen``: see `_unseen`; ``mended``: why one is missing."""
    faults = [name for name in JUDGED if found[name].above_limit]
    if faults:
        return FAULT, [sentence(found[name], small) for name in faults]
    missing = [name for name in JUDGED if np.isnan(found[name].value)]
    if missing:
        return CANNOT_SAY, [f"Not measured: {QUESTIONS[name]}{mended.get(name, '')}." for name in missing]
    few = [found[name] for name in JUDGED if np.isnan(found[name].low)]
    if few:
        return CANNOT_SAY, [
            f"Too few images: {QUESTIONS[n.name]} was asked of {n.images}, {FEWEST_IMAGES} are needed." for n in few
        ]
    reaching = [found[name] for name in JUDGED if not found[name].clear]
    if reaching:
        return CANNOT_SAY, [
            f"{sentence(n, small)} That reaches the limit, {as_text(n.name, n.limit)}: more images may tell." for n in reaching
        ]
    if unseen:
        return CANNOT_SAY, [f"The search leaves too much to show {why}. One in smaller steps may tell." for why in unseen]
    return NONE_FOUND, ["None of the three kinds of fault that are looked for here shows; other kinds are not looked for."]


MENDED = {"any_class": " (add a search with target: other, of the same method, steps and objective)"}
LEFT_OUT = {
    "any_class": ": of each image the class drawn is its own, or the blank alone is sure of it (another data.blank may tell)"
}
QUESTIONS = {"any_class": "whether any class will do", "one_place": "where subsets lie", "border": "where subsets lie"}


def as_text(name: str, value: float) -> str:
    """A number with its unit."""
    if np.isnan(value):
        return "–"
    if name == "border":
        return f"{value:.1f} times"
    if 0 < value < 0.001:
        return f"{100 * value:.2g} %"
    return f"{100 * value:.0f} %" if value >= 0.1 or value == 0 else f"{100 * value:.1f} %"


def span(number: Number) -> str:
    """Its interval in words; empty where it has none."""
    if np.isnan(number.low):
        return ""
    if number.low == number.high:  # where all images have one value, the bootstrap has nothing to draw
        return "every image alike"
    return f"{as_text(number.name, number.low)} to {as_text(number.name, number.high)}".replace(" times", "").replace(
        " % to", " to"
    )


def sentence(number: Number, small: float) -> str:
    """What a number of the three says, in words."""
    of, value = f"{number.images} images", as_text(number.name, number.value)
    if number.low < number.high:
        of += f"; {100 * LEVEL:.1f} % interval {span(number)}"
    elif number.low == number.high:
        of += f"; {span(number)}"
    if number.name == "any_class":
        few = f"{100 * small:.0f} % of the pixels or fewer"
        return f"On {value} of the images {few} make it sure of a class that the image does not show ({of})."
    if number.name == "one_place":
        return f"{value} of its subsets' pixels lie in the twentieth of the picture that other images' subsets use most ({of})."
    return f"Its subsets lie on the border {value} as often as evenly spread pixels would ({of})."


def classes(table: pd.DataFrame, names: Sequence[str]) -> list[dict]:
    """Classes, smallest subsets first, those without a subset last; what sets each apart is found in one half of its images.

    In the first half the measure by which a class is most surely not as the other classes is looked for (p at most `NOTABLE`, see
    `overinterp.significance.larger`); the same measure and direction are then tested in the second half, Holm-adjusted over the
    classes that stood out.

    Returns:
        Plain values: class_name, label, images, correct, usable, size, any_class, size_ratio (of so many images: ratios),
        one_place, border, survives, object, edges, asked (images, by name of `SHARES`), and finding: None, or measure,
        direction ('more', 'less'), p (adjusted) and survived.
    """
    values = table.assign(border=table.border / table.border_uniform, log_size=np.log(table["size"]))
    found, tests = [], {}
    for label, name in enumerate(names):
        own = values[values.label == label]
        if not len(own):
            continue
        row = {"class_name": name, "label": label, "images": len(own), "correct": int(own.correct.sum())}
        row |= {"usable": int(own["size"].notna().sum()), "size": float(np.exp(own.log_size.mean()))}
        means = own[["any_class", "one_place", "border", "survives", "object", "edges"]].mean()
        row |= {"size_ratio": float(np.exp(np.log(own.size_ratio).mean())), "ratios": int(own.size_ratio.notna().sum())}
        row |= {**means.astype(float).to_dict(), "asked": {name: int(own[name].notna().sum()) for name in SHARES}}
        found.append({key: _finite(value) for key, value in row.items()} | {"finding": None})
        test = _apart(own, values[values.label != label])
        if test is not None:
            tests[len(found) - 1] = test
    adjusted = holm(np.array([p for _, _, p in tests.values()]))
    for place, (measure, direction, _), p in zip(tests, tests.values(), adjusted, strict=True):
        found[place]["finding"] = {"measure": measure, "direction": direction, "p": float(p), "survived": bool(p < 0.05)}
    return sorted(found, key=lambda row: (row["size"] is None, row["size"], row["label"]))


def _apart(own: pd.DataFrame, others: pd.DataFrame) -> tuple[str, str, float] | None:
    """Measure, direction, and p in the second half; None where nothing stands out in the first, or too few images are there."""
    best = None
    for measure in CLASS_MEASURES:
        column = "log_size" if measure == "size" else measure
        halves = [[part.loc[part.half == half, column].dropna() for part in (own, others)] for half in (0, 1)]
        if min(len(part) for half in halves for part in half) < FEWEST_OF_CLASS:
            continue
        for direction, sign in (("more", 1), ("less", -1)):
            p = larger(*halves[0][::sign])
            if p <= NOTABLE and (best is None or p < best[0]):
                best = (p, measure, direction, halves[1][::sign])
    if best is None:
        return None
    _, measure, direction, second = best
    return measure, direction, larger(*second)


def references(stored: dict, judged: str = "", null: pd.DataFrame | None = None) -> dict[str, dict[str, Number]]:
    """Numbers of other classifiers to hold one against, by how they are called.

    Args:
        stored: Of classifiers of the demo, as ``references.json`` holds them.
        judged: The one that is judged, as ``about`` there says it: it is not held against itself.
        null: Measures of a network of the same study that learnt wrong labels, which takes the place of the stored one.
    """
    others = {title: known for title, known in stored.items() if known["about"] != judged}
    found = {title: {name: _number(values) for name, values in known["numbers"].items()} for title, known in others.items()}
    return found if null is None else found | {NULL: numbers(null, {})}


def chance(labels: np.ndarray, classes: int) -> float:
    """What always saying the commonest class has right of images with these labels (N,), at least what guessing has."""
    return max(1 / classes, float(np.bincount(labels).max() / len(labels)))


def _number(values: dict) -> Number:
    given = {key: np.nan if value is None and key != "limit" else value for key, value in values.items() if key != "above_limit"}
    return Number(**given)
