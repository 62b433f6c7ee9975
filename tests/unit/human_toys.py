"""A small study with people, and simulated people of known accuracy. They are for tests alone: no rule can reach them."""

import numpy as np
import pandas as pd

from overinterp.artifacts.trials import save_trials

CLASSES = ["cat", "dog", "ship", "</script><b>frog"]
SETTINGS = {
    "networks": ["a", "b"],
    "fractions": [0.1, 0.5],
    "images_per_class": 3,
    "random_per_class": 0,
    "confidence": 0.99,
    "practice": 2,
    "full_images": 2,
    "repeats": 2,
    "pass_share": 0.75,
    "seed": 0,
    "scale": 8,
    "title": "What is it?",
    "consent": "First paragraph.\n\nSecond <i>paragraph</i>.",
    "instructions": "Choose.",
    "debrief": "It was about networks.",
}


def key(per_class=3, fractions=(0.1, 0.5), practice=2, full_images=2, repeats=2):
    """An answer key: batches of every class, with a full image and a repeat as asked for; machines are always right."""
    rows = [("practice", -1, fractions[-1], 1000 + number, number % len(CLASSES)) for number in range(practice)]
    for batch, fraction in enumerate(fractions):
        main = [("main", batch, fraction, number, number % len(CLASSES)) for number in range(per_class * len(CLASSES))]
        rows += main
        rows += [("full", batch, 1.0, 2000 + 10 * batch + number, number % len(CLASSES)) for number in range(full_images)]
        rows += [("repeat", *row[1:]) for row in main[:repeats]]
    table = pd.DataFrame(rows, columns=["kind", "batch", "fraction", "index", "label"])
    table["label"] = [CLASSES[label] for label in table.label]
    table.insert(0, "trial", range(len(table)))
    return table.assign(network="a", machine_choice=table.label, machine_confidence=0.99)


def export(folder, table=None, choices=CLASSES):
    """A study on disk, its pictures noise."""
    table = key() if table is None else table
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (4, 4, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1) for _ in range(len(table))]
    about = {"study": "toy", "origin": "noise", "networks": ["a", "b"], "settings": SETTINGS, "choices": choices}
    save_trials(folder, about, table, pictures)
    return folder


def simulated(table, accuracy, person, rng, study_id="toy"):
    """A rater who is right with a given probability at each fraction, else says one of the other classes at random."""
    rows = []
    for row in table.itertuples():
        right = rng.random() < accuracy[row.fraction]
        others = [name for name in CLASSES if name != row.label]
        choice = row.label if right else others[rng.integers(len(others))]
        time = str(int(rng.integers(400, 4000)))
        rows.append((study_id, person, str(row.trial), choice, time, "1", "2026-01-01T00:00:00Z", "480"))
    columns = ["study_id", "participant", "trial", "choice", "response_ms", "views", "answered_at", "picture_px"]
    return pd.DataFrame(rows, columns=columns)
