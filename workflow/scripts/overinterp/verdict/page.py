"""The page that says what was found: examples, pictures and numbers, in one file that needs nothing beside it.

And a page of pictures for each class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib import colormaps
from PIL import Image

from overinterp import sis
from overinterp.data.classes import called
from overinterp.data.source import Source
from overinterp.embedded import MOST_BYTES, templates, webp
from overinterp.figures.sis_examples import shown_pixels
from overinterp.search.ordering import Ordering
from overinterp.verdict import judgement
from overinterp.verdict.judgement import Judgement, Number, as_text, span

STRIP = 6  # examples on the first screen
OF_CLASS = 4  # examples of a class
ON_CLASS_PAGE = 24  # examples of a class on its own page
CLASSES_SHOWN = 20  # classes with examples
OF_CLASS_PAGE = 5_000_000  # bytes of a class's own page; of photographs a page has fewer examples where it would be larger
SMALL = 64  # largest side of images that are kept as they are; kept pixels of larger ones are drawn larger
LARGEST = 320  # side of a picture: larger images are made smaller
NAMES = {
    "size": "pixels that suffice",
    "any_class": "sure of a class that is not there",
    "one_place": "in one place, whatever the image",
    "border": "on the border",
    "survives": "still suffice on every other fill",
    "object": "on the object",
}
HEADS = {"size": "size", "any_class": "any class", "one_place": "one place", "border": "border", "survives": "other fills"}
HEADS |= {"object": "object"}
EXPLAINED = {
    "size": "Geometric mean of the share of the image that alone keeps it sure. Small by itself means nothing, and shares of "
    "images of different sizes do not compare.",
    "any_class": "Images on which FEW make it sure of a class drawn at random, neither the image's nor the one "
    "it predicts. Few pixels show nobody what is not in the image.",
    "one_place": "Share of the subsets' pixels in that twentieth of the picture that the subsets of the other half of the images "
    "use most. Means little where objects are centred and small, as digits are.",
    "border": "Share of the subsets' pixels on the border, over that of evenly spread pixels. It can turn with the direction of "
    "the search: backwards from the whole image it is higher.",
    "survives": "Subsets that suffice, too, when removed pixels are black, white, noise, the image blurred, or another image. "
    "Few: the size is one of this blank, not of the image.",
    "object": "Share of the subsets' pixels inside the boxes of the objects.",
}


@dataclass(frozen=True)
class Shown:
    """What the pictures are made of.

    Attributes:
        source: The test images.
        names: Of the classes, and of further outputs of the classifier.
        own: Subsets of the predicted class.
        other: Of another class; None where none was searched.
        threshold: Confidence.
    """

    source: Source
    names: list[str]
    own: Ordering
    other: Ordering | None
    threshold: float

    @property
    def large(self) -> bool:
        """Whether images are photographs rather than small ones of which every pixel is seen."""
        return max(self.source.shape[:2]) > SMALL

    def example(self, number: int) -> dict:
        """An image with its subsets, as the template reads it."""
        image = self.source.read(np.array([number]))[0]
        row = {"number": number, "image": picture(image), "label": self.names[self.source.labels[number]], "subsets": []}
        for ordering in (self.own, self.other):
            if ordering is None or number not in ordering.index:
                continue
            ordering = ordering.select([number])
            subsets = sis.find_sis(ordering, self.threshold)
            target = called(int(ordering.target[0]), self.names)
            if subsets.status[0] == sis.FOUND:
                size, mask = int(subsets.size[0]), sis.masks(ordering, subsets)[0]
                found = {"class": target, "pixels": size, "share": as_text("size", size / ordering.pixels)}
                row["subsets"].append({**found, "image": picture(subset_picture(image, mask), exact=True)})
            elif subsets.status[0] == sis.NONE:
                row["subsets"].append({"class": target, "pixels": 0})
        return row


def picture(image: np.ndarray, exact: bool = False) -> str:
    """An image uint8 (H, W, C) as a data URI, at most `LARGEST` pixels a side: without loss if small.

    A large one that should be ``exact`` is, unless it has so many pixels to tell that a picture with losses takes less.
    """
    drawn = Image.fromarray(np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3))))
    small = max(drawn.size) <= SMALL
    drawn.thumbnail((LARGEST, LARGEST), Image.Resampling.NEAREST if small or exact else Image.Resampling.LANCZOS)
    found = [webp(drawn, lossless=True)] if small or exact else []
    found += [] if small else [webp(drawn, quality=80)]
    return min(found, key=len)


def subset_picture(image: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3): kept pixels in their colour, the others pale blue.

    Of images larger than `SMALL` each kept pixel is drawn as a square, of 3 pixels a side, of 5 from a side of 256 on: single
    ones would not be seen. Where squares meet, a kept pixel has its own colour.
    """
    side = max(kept.shape)
    half = 0 if side <= SMALL else 1 if side < 256 else 2
    shown = shown_pixels(image, kept)
    rows, columns = np.nonzero(kept)
    colours = shown[rows, columns]
    for down in range(-half, half + 1):
        for right in range(-half, half + 1):
            there = (rows + down).clip(0, kept.shape[0] - 1), (columns + right).clip(0, kept.shape[1] - 1)
            shown[there] = colours
    shown[rows, columns] = colours
    return shown


def place_map(mean: np.ndarray, most: float) -> str:
    """Where subsets lie, mean shares (cells, cells), as a data URI: ``most`` and above is the brightest colour."""
    return picture((colormaps["cividis"](mean / max(most, 1e-9))[..., :3] * 255).astype(np.uint8))


def different(table: pd.DataFrame, places: np.ndarray, count: int = STRIP) -> list[int]:
    """Numbers of images whose subsets differ: the smallest subset first, then each time the one farthest from all chosen.

    Distance: of where the subsets lie (places, unit length), and a further one between images of different classes. Where enough
    images were searched towards another class (neither their own nor the blank's), only these are chosen from. Ties: the lower
    number.
    """
    rows = np.flatnonzero(table["size"].notna())
    with_other = rows[table.any_class.notna().to_numpy()[rows]]
    rows = with_other if len(with_other) >= count else rows
    if not len(rows):
        return []
    rows = rows[np.argsort(table["index"].to_numpy()[rows], kind="stable")]
    flat = places[rows].reshape(len(rows), -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    labels = table.label.to_numpy()[rows]
    chosen = [int(np.argmin(table["size"].to_numpy()[rows]))]
    while len(chosen) < min(count, len(rows)):
        apart = [np.linalg.norm(flat - flat[one], axis=1) + (labels != labels[one]) for one in chosen]
        nearest = np.min(apart, axis=0)
        nearest[chosen] = -1
        chosen.append(int(nearest.argmax()))
    return table["index"].to_numpy()[rows[chosen]].tolist()


def render(
    about: dict,
    judged: Judgement,
    references: dict[str, dict[str, Number]],
    classes: list[dict],
    table: pd.DataFrame,
    places: np.ndarray,
    shown: Shown,
) -> str:
    """The page.

    Args:
        about: study, model, null (its name or None), search, method, step (pixels that its last steps remove), threshold, small,
            tables (of the study), tested (images), side, data (where the images are from), blank (its colour, and of what class
            an image of nothing else makes it how sure).
        judged: Of the classifier.
        references: Numbers of other classifiers by how they are called.
        classes: As of `judgement.classes`.
        table: Measures of the images.
        places: Of the images, as of `measures.of_images`.
        shown: What pictures are made of.
    """
    number = []
    for name, one in judged.numbers.items():
        if name == "object" and not one.images:
            continue
        beside = ((title, found.get(name, judgement.missing(name))) for title, found in references.items())
        columns = [("this classifier", one), *beside]
        top = max([1e-9, *(np.nanmax([n.value, n.high, n.limit or 0]) for _, n in columns if not np.isnan(n.value))])
        top = {"size": top, "border": max(top, 2.0)}.get(name, 1.0)
        number.append(
            {
                "name": name, "title": NAMES[name], "explained": EXPLAINED[name], "limit": one.limit,
                "limit_text": "" if one.limit is None else as_text(name, one.limit),
                "top_text": as_text(name, top),
                "limit_at": None if one.limit is None else 100 * one.limit / top,
                "columns": [_column(title, n, top, one.limit) for title, n in columns],
            }
        )  # fmt: skip
    measured = [entry["name"] for entry in number]
    _with_pictures(classes[:CLASSES_SHOWN], table, places, shown, OF_CLASS)
    for row in classes:
        row["texts"] = {name: _of_class(row, name) for name in measured}
        row["sentence"] = _finding(row["finding"])
    said = {
        "about": about,
        "few": f"few pixels, at most {100 * about['small']:g} % of them,",
        "judged": judged,
        "accuracy": _accuracy(*(100 * value for value in judged.accuracy)),
        "numbers": number,
        "references": list(references),
        "examples": [shown.example(number) for number in different(table, places)],
        "classes": classes,
        "heads": {name: HEADS[name] for name in measured},
        "titles": {name: NAMES[name] for name in measured},
        "level": f"{100 * judgement.LEVEL:.1f} %",
        "fewest": judgement.FEWEST_USABLE,
        "classes_shown": CLASSES_SHOWN,
        "places": _around_objects(table),
        "large": shown.large,
    }
    return _fitting(lambda most: _template("page.html").render(**said, most=most), OF_CLASS, MOST_BYTES)


def _accuracy(share: float, low: float, high: float) -> str:
    return f"{share:.1f} %" + (f" (95 % interval {low:.0f} to {high:.0f})" if low == low else "")


def class_page(about: dict, row: dict, table: pd.DataFrame, places: np.ndarray, shown: Shown) -> str:
    """Pictures of one class, smallest subsets first; ``row`` as of `judgement.classes`, the others as in `render`."""
    _with_pictures([row], table, places, shown, ON_CLASS_PAGE)
    said = {"about": about, "row": row, "large": shown.large}
    return _fitting(lambda most: _template("class.html").render(**said, most=most), ON_CLASS_PAGE, OF_CLASS_PAGE)


def _fitting(write: Callable[[int], str], most: int, size: int) -> str:
    """The page that ``write`` makes with at most so many examples of a class: the largest of at most so many bytes."""
    page = write(most).replace(" %", "&nbsp;%")
    return page if len(page.encode()) <= size or not most else _fitting(write, most - 1, size)


def _template(name: str):
    """A template, which can tell how many."""
    environment = templates()
    environment.globals["plural"] = lambda count, word: f"{count} {word}" + ("" if count == 1 else "s")
    return environment.get_template(name)


def _with_pictures(classes: list[dict], table: pd.DataFrame, places: np.ndarray, shown: Shown, count: int) -> None:
    """Add to rows of classes so many examples each, the smallest subsets first, and where subsets lie; changed in place.

    The map of a class and that of all others are on one scale.
    """
    labels, there = table.label.to_numpy(), ~np.isnan(places[:, 0, 0])
    for row in classes:
        own = labels == row["label"]
        means = [np.nanmean(places[which & there], 0) if (which & there).any() else None for which in (own, ~own)]
        most = max((mean.max() for mean in means if mean is not None), default=0)
        row["map"], row["others_map"] = (None if mean is None else place_map(mean, most) for mean in means)
        worst = table[own & table["size"].notna()].sort_values(["size", "index"])["index"].head(count)
        row["examples"] = [shown.example(number) for number in worst.tolist()]


def _around_objects(table: pd.DataFrame) -> str:
    """What else is inside the objects' boxes, in words; empty where there are none."""
    there = table.object.notna()
    if not there.any():
        return ""
    boxes, elsewhere = table.object_uniform[there].mean(), table.object_elsewhere[there].mean()
    said = f"Not judged. The boxes are {100 * boxes:.0f} % of these images"
    if np.isnan(elsewhere):
        return f"{said}."
    return f"{said}; of the pixels of other images' subsets, laid on these, {100 * elsewhere:.0f} % lie inside."


def _column(title: str, number: Number, top: float, limit: float | None) -> dict:
    at = {end: None if np.isnan(value) else min(100.0, 100 * value / top) for end, value in
          (("at", number.value), ("low", number.low), ("high", number.high))}  # fmt: skip
    said = {"title": title, "text": as_text(number.name, number.value), "span": span(number), "images": number.images}
    return {**said, "over": number.low > limit if limit is not None else False, **at}


def _of_class(row: dict, name: str) -> str:
    """A number of a class, of shares of images the counts: of so few a per cent would say too much."""
    if row[name] is None:
        return "–"
    if name in judgement.SHARES:
        return f"{round(row[name] * row['asked'][name])} of {row['asked'][name]}"
    return as_text(name, row[name])


def _finding(finding: dict | None) -> str:
    if finding is None:
        return ""
    said = f"{HEADS[finding['measure']]}: {finding['direction']} than the other classes"
    p = f"p = {finding['p']:.2g}" if finding["p"] >= 0.001 else "p < 0.001"
    kept = "held" if finding["survived"] else "did not hold"
    return f"{said}; on the other half of the images it {kept} ({p})"
