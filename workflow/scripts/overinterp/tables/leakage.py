"""Leakage audit: what students make of a teacher's kept pixels, of where they are, and of controls."""

from __future__ import annotations

import numpy as np
import pandas as pd

from overinterp import audit
from overinterp.artifacts.predictions import load_predictions
from overinterp.inputs import Inputs, Table

CAPTION = (
    "Students trained and tested on the same number of pixels (at a threshold, on sufficient subsets, of several sizes), some "
    "on full images (all of the training images), and a linear probe of the mask bits. Share: "
    "of the accuracy above chance that the kept pixels give, what this control reaches; position reaches a share of it, which is "
    "not to say that it explains it. redrawn: a network of random sets of pixels (EVAL-X), shown the kept ones. "
    "teacher_class_on_errors: how often the teacher's class is given where the teacher is wrong."
)
KEYS = ["audit", "architecture", "teacher", "search", "target", "fraction", "threshold", "teacher_epochs"]


def make(inputs: Inputs) -> Table:
    """One row an audit, architecture and control, over the students that differ in their seed alone; the last of each the probe.

    pixels: That the teacher's masks of the test images keep, on average.

    The probe's row is of three, each fitted to the answer that its column tells; students are all taught labels.

    Settings: students (see `overinterp.plan.audits.described`).

    Raises:
        ValueError: No image has a subset at an audit's threshold.
    """
    students = pd.DataFrame(inputs.settings["students"]).rename(columns={"name": "audit"})
    parts = {path.stem: path for path in inputs.parts}
    searches = {(s.row["model"], s.row["search"], s.row["split"]): s for s in inputs.searches}
    chance = 1 / len(inputs.data["class_names"])
    rows = []
    for keys, group in students.groupby(KEYS, sort=False, dropna=False):
        named = dict(zip(KEYS, keys, strict=True))
        tested, seen = (searches[named["teacher"], named["search"], split].shards() for split in ("test", "train"))
        view = {key: named[key] for key in ("fraction", "threshold") if pd.notna(named[key])}
        masks, index, labels, teacher, target = audit.first_masks(tested, view)
        seen_masks, _, *classes = audit.first_masks(seen, view, audit.MOST_MASKS)
        for split, found in (("test", masks), ("training", seen_masks)):
            if not len(found):
                wanted = f"expected some; lower the threshold, or search more images of {named['teacher']}"
                raise ValueError(
                    f"audit {named['audit']}: found no {split} image with a subset at {named['threshold']}, {wanted}"
                )
        named["pixels"] = masks.sum(1).mean()
        asked = {
            control: np.stack([predicted(parts[row.model], row, index) for row in part.itertuples()])
            for control, part in group.groupby("control", sort=False)
        }
        known = (asked.get("kept", np.full((1, len(index)), -1)), labels, teacher, target)
        for control, said in asked.items():
            numbers = audit.summary(said, *known, chance)
            rows.append({**named, "control": control, "networks": len(said), "chance": chance, **numbers})
        found = {}  # a probe for each question: label, teacher's class, class searched towards
        for name, answer in zip(("", "teacher_class", "target_class"), classes, strict=True):
            numbers = audit.summary(audit.probe(seen_masks, answer, masks)[None], *known, chance)
            found |= {key: value for key, value in numbers.items() if key.startswith(name)}
        rows.append({**named, "control": "probe", "networks": 0, "chance": chance, **found, "probe_masks": len(seen_masks)})
    table = pd.DataFrame(rows)
    shown = [
        *(key for key in KEYS if key not in ("fraction", "threshold") or table[key].notna().any()),
        "pixels",
        "control",
        "networks",
        "images",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "share",
        "share_low",
        "share_high",
        "teacher_class",
    ]
    shown += ["teacher_wrong_images", "teacher_class_on_errors", "teacher_class_on_errors_low", "teacher_class_on_errors_high"]
    return Table(table, table[shown], CAPTION)


def predicted(path, student, index: np.ndarray) -> np.ndarray:
    """(images,) classes that a student gives to what its control leaves of these images; -1 where it was not asked."""
    view = {"split": "test", "test_mask": student.test_mask, "test_paint": student.test_paint}
    sizes = {"test_fraction": student.test_fraction, "test_threshold": student.test_threshold}
    view |= {key: value for key, value in sizes.items() if pd.notna(value)}
    choosers = [(student.teacher, student.search), ("", "")]
    (found,) = (one for one in load_predictions(path, **view) if (one.view["masks_model"], one.view["masks_search"]) in choosers)
    said = dict(zip(found.numbers.tolist(), found.predicted.tolist(), strict=True))
    return np.array([said.get(number, -1) for number in index.tolist()])
