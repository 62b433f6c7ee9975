"""The page that says what was found: examples, pictures and numbers, in one file that needs nothing beside it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined
from matplotlib import colormaps
from PIL import Image

from overinterp import sis
from overinterp.data.source import Source
from overinterp.figures.sis_examples import shown_pixels
from overinterp.search.ordering import Ordering
from overinterp.verdict import judgement
from overinterp.verdict.judgement import Judgement, Number, as_text, span

TEMPLATE = Path(__file__).parent / "page.html"
STRIP = 6  # examples on the first screen
OF_CLASS = 4  # examples of a class
CLASSES_SHOWN = 20  # classes with examples
SMALL = 64  # largest side of images that are kept as PNG
NAMES = {
    "size": "pixels that suffice",
    "any_class": "sure of a class that is not there",
    "one_place": "in one place, whatever the image",
    "border": "on the border",
    "survives": "still suffice on every other fill",
}
HEADS = {"size": "size", "any_class": "any class", "one_place": "one place", "border": "border", "survives": "other fills"}
EXPLAINED = {
    "size": "Geometric mean of the share of the image that alone keeps it sure. Small by itself means nothing, and shares of "
    "images of different sizes do not compare.",
    "any_class": "Images on which few pixels make it sure of a class drawn at random, neither the image's nor the one "
    "it predicts. Few pixels show nobody what is not in the image.",
    "one_place": "Share of the subsets' pixels in that twentieth of the picture that the subsets of the other half of the images "
    "use most. Means little where objects are centred and small, as digits are.",
    "border": "Share of the subsets' pixels on the border, over that of evenly spread pixels. It can turn with the direction of "
    "the search: backwards from the whole image it is higher.",
    "survives": "Subsets that suffice, too, when removed pixels are black, white, noise, the image blurred, or another image. "
    "Few: the size is one of this blank, not of the image.",
}


@dataclass(frozen=True)
class Shown:
    """What the pictures are made of.

    Attributes:
        source: The test images.
        names: Of the classes.
        own: Subsets of the predicted class.
        other: Of another class; None where none was searched.
        threshold: Confidence.
    """

    source: Source
    names: list[str]
    own: Ordering
    other: Ordering | None
    threshold: float

    def example(self, number: int) -> dict:
        """An image with its subsets, as the template reads it."""
        image = self.source.read(np.array([number]))[0]
        row = {"number": number, "image": picture(image), "label": self.names[self.source.labels[number]], "subsets": []}
        for ordering in (self.own, self.other):
            if ordering is None or number not in ordering.index:
                continue
            ordering = ordering.select([number])
            subsets = sis.find_sis(ordering, self.threshold)
            if subsets.status[0] == sis.FOUND:
                mask = sis.masks(ordering, subsets)[0]
                target = int(ordering.target[0])
                said = self.names[target] if target < len(self.names) else "an output of no class here"
                size = int(subsets.size[0])
                found = {"class": said, "pixels": size, "share": as_text("size", size / ordering.pixels)}
                row["subsets"].append({**found, "image": picture(shown_pixels(image, mask))})
        return row


def picture(image: np.ndarray) -> str:
    """An image uint8 (H, W, C) as a data URI: small ones exact, larger ones as JPEG."""
    image = np.broadcast_to(image, (*image.shape[:2], 3))
    buffer = io.BytesIO()
    small = max(image.shape[:2]) <= SMALL
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "PNG" if small else "JPEG", **({} if small else {"quality": 85}))
    return f"data:image/{'png' if small else 'jpeg'};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def place_map(places: np.ndarray) -> str:
    """Where subsets lie: the mean over images of (images, cells, cells) shares, the largest white, as a data URI."""
    mean = np.nanmean(places, 0)
    return picture((colormaps["cividis"](mean / max(mean.max(), 1e-9))[..., :3] * 255).astype(np.uint8))


def different(table: pd.DataFrame, places: np.ndarray, count: int = STRIP) -> list[int]:
    """Numbers of images whose subsets differ: the smallest subset first, then each time the one farthest from all chosen.

    Distance: of where the subsets lie (places, unit length), and a further one between images of different classes. Images with
    subsets towards another class come before those without. Ties: the lower number.
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
        about: study, model, search, threshold, small, split, data (where the images are from).
        judged: Of the classifier.
        references: Numbers of other classifiers by how they are called.
        classes: As of `judgement.classes`.
        table: Measures of the images.
        places: Of the images, as of `measures.of_images`.
        shown: What pictures are made of.
    """
    number = []
    for name, one in judged.numbers.items():
        columns = [("this classifier", one), *((title, found[name]) for title, found in references.items())]
        top = max([1e-9, *(np.nanmax([n.value, n.high, n.limit or 0]) for _, n in columns if not np.isnan(n.value))])
        top = {"size": top, "border": max(top, 2.0)}.get(name, 1.0)
        number.append(
            {
                "name": name, "title": NAMES[name], "explained": EXPLAINED[name], "limit": one.limit,
                "fault": one.above_limit and judged.state == judgement.FAULT,
                "limit_text": "" if one.limit is None else as_text(name, one.limit),
                "limit_at": None if one.limit is None else 100 * one.limit / top,
                "columns": [_column(title, n, top) for title, n in columns],
            }
        )  # fmt: skip
    labels = table.label.to_numpy()
    for place, row in enumerate(classes):
        row["texts"] = {name: "–" if row[name] is None else as_text(name, row[name]) for name in HEADS}
        row["shown"] = place < CLASSES_SHOWN
        if row["shown"]:
            own = labels == row["label"]
            there = ~np.isnan(places[:, 0, 0])
            row["map"] = place_map(places[own & there]) if (own & there).any() else None
            row["others_map"] = place_map(places[~own & there]) if (~own & there).any() else None
            worst = table[own & table["size"].notna()].sort_values(["size", "index"])["index"].head(OF_CLASS)
            row["examples"] = [shown.example(number) for number in worst.tolist()]
        row["sentence"] = _finding(row["finding"])
    environment = Environment(undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        about=about,
        judged=judged,
        accuracy=f"{100 * judged.accuracy[0]:.1f} % ({100 * judged.accuracy[1]:.0f} to {100 * judged.accuracy[2]:.0f})",
        numbers=number,
        references=list(references),
        examples=[shown.example(number) for number in different(table, places)],
        classes=classes,
        heads=HEADS,
        level=f"{100 * judgement.LEVEL:.1f} %",
        fewest=judgement.FEWEST_USABLE,
        classes_shown=CLASSES_SHOWN,
        plural=lambda count, word: f"{count} {word}" + ("" if count == 1 else "s"),
    )
    return page.replace(" %", "&nbsp;%")


def _column(title: str, number: Number, top: float) -> dict:
    at = {end: None if np.isnan(value) else min(100.0, 100 * value / top) for end, value in
          (("at", number.value), ("low", number.low), ("high", number.high))}  # fmt: skip
    return {"title": title, "text": as_text(number.name, number.value), "span": span(number), "images": number.images, **at}


def _finding(finding: dict | None) -> str:
    if finding is None:
        return ""
    said = f"{HEADS[finding['measure']]}: {finding['direction']} than the other classes"
    p = f"p = {finding['p']:.2g}" if finding["p"] >= 0.001 else "p < 0.001"
    kept = "held" if finding["survived"] else "did not hold"
    return f"{said}; on the other half of the images it {kept} ({p})"
