"""Hours of a bill: of named GPUs by their published rates, of this machine as measured."""

from __future__ import annotations

import json

import numpy as np

from overinterp import machine
from overinterp.bill.networks import channels_of, counted, origin, size_of
from overinterp.bill.rows import EVALUATION, TRAINING, bill
from overinterp.plan.read import read
from overinterp.plan.study import Study

# Floating point operations a second, dense, as their makers publish them (SXM).
RATES = {"H100": {"float32": 67e12, "bfloat16": 989e12}, "A100": {"float32": 19.5e12, "bfloat16": 312e12}}
# float32: what searches of ResNet20 and VGG16 reach of an H100's rate (0.18 to 0.21; docs/METHODS.md). bfloat16: a guess, after
# published trainings of ResNet50, which reach some 80 TFLOP/s of an H100; VGG16 at 32x32 reached 50 here.
EFFICIENCY = {"float32": 0.2, "bfloat16": 0.08}
MEASURED = {"cpu": 2e10, "cuda": 5e12}  # operations of a measured batch: about a second of one core, and enough for a GPU


def priced(config: dict, processes: int | None = None) -> list[dict]:
    """The bill of every study of a config, with hours.

    Args:
        config: Parsed YAML.
        processes: Measure this machine in so many processes at once; None does not measure it.

    Returns:
        One entry a study: study, size, classifiers, rows. Those of `bill`, without what only hours are made of, with hours: by
        device, 'here' where measured, of all cores together; None where unknown; and longest: likewise, of the longest job.
    """
    studies = read(config)
    bills = [bill(study) for study in studies]
    here = measured(studies, bills, config["device"], processes) if processes else None
    found = []
    for place, (study, rows) in enumerate(zip(studies, bills, strict=True)):
        for number, entry in enumerate(rows):
            entry["hours"] = {device: _hours(entry, device) for device in RATES}
            entry["longest"] = {device: _longest(entry, device) for device in RATES}
            if here:
                seconds, longest = here[place][number]
                entry["hours"]["here"] = None if seconds is None else seconds / min(processes, max(1, entry["jobs"])) / 3600
                entry["longest"]["here"] = None if longest is None else longest / 3600
        inner = ("work", "flops", "least", "largest", "processes")
        shown = [{key: value for key, value in entry.items() if key not in inner} for entry in rows]
        size = size_of(study)
        found.append({"study": study.name, "size": size, "classifiers": len(study.models), "rows": shown})
    return found


def measured(studies: list[Study], bills: list[list[dict]], device: str, processes: int) -> list[list[tuple]]:
    """Seconds of one core, or of the GPU, of each row of each bill and of its longest job, with starts; None where unknown."""
    kinds = {(study, *key) for study, rows in zip(studies, bills, strict=True) for entry in rows for key in entry["work"]}
    asked = {key: work(*key, device) for key in kinds}
    wanted = {json.dumps(one, sort_keys=True): one for entries in asked.values() for one in entries or ()}
    found = dict(zip(wanted, machine.seconds_a_pass(list(wanted.values()), processes), strict=True))
    start = machine.seconds_a_start()

    def of_row(study, entry):
        if None in entry["work"].values() or any(asked[study, *key] is None for key in entry["work"]):
            return None, None
        each = {key: sum(found[json.dumps(one, sort_keys=True)] for one in asked[study, *key]) for key in entry["work"]}
        shared = min(entry.get("processes", 1), processes)
        longest = max((largest["passes"] * each[key] / shared for key, largest in entry["largest"].items()), default=0)
        whole = entry["jobs"] * start + sum(count * each[key] for key, count in entry["work"].items())
        return whole, start + longest if entry["jobs"] else 0

    return [[of_row(study, entry) for entry in rows] for study, rows in zip(studies, bills, strict=True)]


def work(study: Study, model: str, kind: str, device: str) -> list[dict] | None:
    """What to measure for a kind of work of a classifier: one entry a network that it is made of, for `overinterp.machine`.

    None of a classifier that only its owner can build.
    """
    kinds = [origin(study, name) for name in study.members([model])]
    if None in kinds:
        return None
    channels, size, found = channels_of(study), size_of(study), []
    for source, name in kinds:
        cost = counted(source, name, channels, size)[0] * (3 if kind == TRAINING else 1)
        settings = study.training(model) if kind == TRAINING else study.searches.get(kind, {})
        network = {"source": source, "name": name, "channels": channels, "size": list(size), "blank": [0.5] * channels}
        entry = {"kind": network | {"classes": 10 if source == "trained" else 1000}, "device": device}
        entry |= {"settings": settings, "images": int(np.clip(MEASURED[device] // cost, 8, 512))}
        found.append(entry | {"work": kind if kind in (TRAINING, EVALUATION) else "search"})
    return found


def _hours(entry: dict, device: str) -> float | None:
    if entry["flops"] is None:
        return None
    return max(_seconds(entry["flops"], entry, device), entry.get("least", 0)) / 3600


def _longest(entry: dict, device: str) -> float | None:
    """Hours of the longest job, whose processes, each with a GPU, share the work."""
    if entry["flops"] is None:
        return None
    shared = entry.get("processes", 1)
    seconds = (max(_seconds(one["flops"], entry, device) / shared, one["least"]) for one in entry["largest"].values())
    return max(seconds, default=0) / 3600


def _seconds(flops: float, entry: dict, device: str) -> float:
    precision = entry.get("precision", "float32")
    return flops / (RATES[device][precision] * EFFICIENCY[precision])
