"""What a config will cost: ``python -m overinterp.bill config/imagenet.yaml``, which is what `make plan` runs. Needs no images.

Arithmetic is counted on networks without weights. Hours of named GPUs are estimates: the arithmetic divided by a device's
published rate, times the share of that rate that such work reaches. Hours of this machine are measured, each kind of work for a
few seconds (`overinterp.machine`). Prints a table, and writes the same to ``results/plan.json``.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
import yaml
from torch.utils.flop_counter import FlopCounterMode

from overinterp import machine, perturbations
from overinterp.artifacts.files import write_json
from overinterp.models import registry
from overinterp.plan import images, jobs, outputs, reads, verdict
from overinterp.plan.read import read
from overinterp.plan.sentences import ConfigError
from overinterp.plan.study import Study
from overinterp.search.ordering import kept_pixels
from overinterp.search.stages import forwards, preset
from overinterp.views.feed import HELD_BYTES

# Floating point operations a second, dense, as their makers publish them (SXM).
RATES = {"H100": {"float32": 67e12, "bfloat16": 989e12}, "A100": {"float32": 19.5e12, "bfloat16": 312e12}}
# float32: what searches of ResNet20 and VGG16 reach of an H100's rate (0.18 to 0.21; docs/METHODS.md). bfloat16: a guess, after
# published trainings of ResNet50, which reach some 80 TFLOP/s of an H100; VGG16 at 32x32 reached 50 here.
EFFICIENCY = {"float32": 0.2, "bfloat16": 0.08}
# Seconds that a step of a small training takes on an H100 at least, for its launches. Recorded as graphs 2.9 to 4 ms (batches of
# 128 and 256 of ResNet20); launched one by one, as where processes share a batch and in attacks, 9.7 and 10.
STEP, STEP_SHARED = 0.004, 0.01
TRAINING, EVALUATION = "training", "evaluation"  # kinds of work; others are searches, by their name
MEMORY = 4000  # MB that jobs ask for in rules/*.smk, trainings apart, which reckon theirs
MEASURED = {"cpu": 2e10, "cuda": 5e12}  # operations of a measured batch: about a second of one core, and enough for a GPU


def forward(study: Study, model: str, size: tuple[int, int]) -> int | None:
    """Floating point operations of one image's forward pass; None of a classifier that only its owner can build."""
    kinds = [_kind(study, name) for name in study.members([model])]
    return None if None in kinds else sum(_counted(*kind, _channels(study), size)[0] for kind in kinds)


def _size(study: Study) -> tuple[int, int] | None:
    """Height and width of the images: as the config says or, without weights and network, the first classifier's source."""
    entry, source = study.brought.get(images.pattern(study), {"from": None}), None
    if entry["from"] == "torchvision" and entry["model"] in torchvision.models.list_models(module=torchvision.models):
        known, named = torchvision.models.get_model_weights(entry["model"]), entry.get("weights")
        chosen = known[named] if isinstance(named, str) and named in known.__members__ else known.DEFAULT
        source = {"crop": chosen.transforms().crop_size[0]}
    if entry["from"] == "timm" and (config := timm.get_pretrained_cfg(entry["model"])):
        source = {"crop": list(config.input_size[1:])}
    return images.size(study, source)


def _kind(study: Study, name: str) -> tuple[str, str] | None:
    """Where a network can be had without its owner, and by which name."""
    if name in study.networks:
        return "trained", study.networks[name].architecture
    entry = study.brought[name]
    return (entry["from"], entry["model"]) if entry["from"] in ("torchvision", "timm", "trained") else None


@cache
def _counted(source: str, name: str, channels: int, size: tuple[int, int]) -> tuple[int, int]:
    """Operations of a forward pass, which is counted and not done, and weights."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # torchvision's, on how it would draw weights
        if source == "torchvision":
            network = torchvision.models.get_model(name, weights=None)
        elif source == "timm":
            network = timm.create_model(name, pretrained=False)
        else:
            network = registry.build(name, channels, 1000)
        network = network.eval().to("meta")  # built in memory, for some compute their widths (RegNet)
        with FlopCounterMode(display=False) as counter:
            network(torch.zeros(1, channels, *size, device="meta"))
    return counter.get_total_flops(), sum(p.numel() for p in network.parameters())


def _channels(study: Study) -> int:
    return 1 if study.settings["data"]["dataset"] == "digits" else 3


def _classes(study: Study, search: dict) -> int | None:
    """Classes of the images, for a search towards each of them; of any other search one; None where nobody knows yet."""
    return images.dataset(study).classes if search["target"] == "every" else 1


def work(study: Study, model: str, kind: str, device: str) -> list[dict] | None:
    """What to measure for a kind of work of a classifier: one entry a network that it is made of, for `overinterp.machine`.

    None of a classifier that only its owner can build.
    """
    kinds = [_kind(study, name) for name in study.members([model])]
    if None in kinds:
        return None
    channels, size, found = _channels(study), _size(study), []
    for source, name in kinds:
        cost = _counted(source, name, channels, size)[0] * (3 if kind == TRAINING else 1)
        settings = study.training(model) if kind == TRAINING else study.searches.get(kind, {})
        network = {"source": source, "name": name, "channels": channels, "size": list(size), "blank": [0.5] * channels}
        entry = {"kind": network | {"classes": 10 if source == "trained" else 1000}, "device": device}
        entry |= {"settings": settings, "images": int(np.clip(MEASURED[device] // cost, 8, 512))}
        found.append(entry | {"work": kind if kind in (TRAINING, EVALUATION) else "search"})
    return found


def bill(study: Study) -> list[dict]:
    """One row a kind of job that takes long or much: rule, jobs, passes, flops (None: unknown), memory of a job, bytes and files.

    That of trainings has precision and ``least``, the seconds on a GPU that its steps take whatever they compute, too.

    And work: passes by classifier and kind of work. ``passes`` are forward passes of one image; a backward pass counts as one
    where weights are frozen, as two where they learn. Collections and blanks count as if every image had as many subsets, and
    needed as large ones, as it can.

    Raises:
        ConfigError: The size of the images is not known.
    """
    size = _size(study)
    if size is None:
        where = ", here or of the first classifier" if study.brought else ""
        allowed = f"crop, or resize: [height, width]{where}; a crop of the pictures' own size changes nothing"
        study.fail("data.preprocessing", "no size", allowed)
    pixels, rows, cost = size[0] * size[1], [], {}
    for model in study.models:
        cost[model] = forward(study, model, size)

    def row(rule, count, passes, stored, files, memory=MEMORY):
        known = all(cost[model] is not None for model, _ in passes) and None not in passes.values()
        flops = sum(passes[model, kind] * cost[model] for model, kind in passes) if known else None
        found = {"rule": rule, "jobs": count, "passes": _sum(passes.values()), "flops": flops, "memory_mb": memory}
        rows.append(found | {"bytes": stored, "files": files, "work": passes})

    training = study.settings["training"]
    if study.networks:
        shown = 3 * study.size("train", "training")
        epochs = {  # of passes: those over adversarial images count once for every step of the attack
            n.name: study.training(n.name)["epochs"] * (1 + n.condition.get("adversarial", {}).get("steps", 0))
            for n in study.networks.values()
        }
        passes = {(name, TRAINING): shown * number for name, number in epochs.items()}
        count = len(study.networks)
        weights = sum(_counted("trained", n.architecture, _channels(study), size)[1] for n in study.networks.values())
        memory = max(jobs.training_memory(study, model) for model in study.networks)
        row("train_network", count, passes, 4 * weights, 5 * count, memory)
        rows[-1]["precision"] = training["precision"]
        batches = -(-study.size("train", "training") // training["batch_size"])
        plain = sum(study.training(name)["epochs"] for name in epochs)
        alone = STEP if training["processes"] == 1 else STEP_SHARED
        rows[-1]["least"] = batches * (plain * alone + (sum(epochs.values()) - plain) * STEP_SHARED)
        packed = {n.condition["name"]: n.condition["view"] for n in study.networks.values() if "fraction" in n.condition["view"]}
        large = study.size("train", "training") * pixels * 3 > HELD_BYTES
        if packed and large and images.dataset(study).files:
            each = sum(3 * kept_pixels(pixels, view["fraction"]) + -(-pixels // 8) for view in packed.values())
            row("(packed pixels, a cache)", 0, {}, study.size("train", "training") * each, 2 * len(packed), 0)
    for split in study.splits:
        passes, stored, count = {}, 0, 0
        for run in study.runs.values():
            if run.split != split:
                continue
            search = study.searches[run.search]
            schedule = preset(search["method"], pixels, search["pixels_per_step"])
            classes = _classes(study, search)
            done = None if classes is None else len(run.images) * forwards(search, pixels, classes)
            passes[run.model, run.search] = _sum([passes.get((run.model, run.search), 0), done])
            orders = pixels * (2 if pixels <= 65536 else 4) + 8 * schedule.steps(pixels)
            each = len(run.keep) * -(-pixels // 8) if run.keep else orders
            stored += len(run.images) * each
            count += run.shards
        if count:
            row(f"search_orderings, {split}", count, passes, stored, 3 * count)
    views = 1 + len(study.analysis["views"]) * len(study.analysis["fractions"])
    tested = sum(study.size(split, "data") for split in images.tested(study))
    passes = {(model, EVALUATION): (views + (study.own_view(model) is not None)) * tested for model in study.models}
    row("evaluate_accuracy", len(study.models), passes, 0, 3 * len(study.models))
    tables = set(outputs.tables(study))
    measured = {run.model: run.images for run in study.runs.values() if run.source in reads.tested_sizes(study)}
    evaluated = measured if tables & {"mask_edges", "blanks"} else verdict.models(study)
    each = perturbations.most_passes(pixels, mean=study.settings["data"]["blank"] != "mean")
    passes = {(model, EVALUATION): len(measured[model]) * each for model in evaluated}
    row("evaluate_subsets", len(passes), passes, 0, 2 * len(passes))
    if "redundancy" in tables:
        rounds = study.analysis["collections"]["cap"] - 1
        search = study.searches[study.analysis["search"]]
        each = rounds * forwards(search, pixels, 1)
        passes = {(model, search["name"]): len(jobs.collected(study, model)) * each for model in measured}
        row("collect_subsets", len(measured), passes, 0, 2 * len(measured))
    made = len(outputs.figures(study)) + len(outputs.tables(study))
    row("verdict", 1, {}, 10**6, 4)
    row("tables and figures", made, {}, made * 10**5, 3 * made)
    return rows


def measured(studies: list[Study], bills: list[list[dict]], device: str, processes: int) -> list[list[float | None]]:
    """Seconds of one core, or of the GPU, of each row of each bill, starts of jobs included; None where unknown."""
    kinds = {(study, *key) for study, rows in zip(studies, bills, strict=True) for entry in rows for key in entry["work"]}
    asked = {key: work(*key, device) for key in kinds}
    wanted = {json.dumps(one, sort_keys=True): one for entries in asked.values() for one in entries or ()}
    found = dict(zip(wanted, machine.seconds_a_pass(list(wanted.values()), processes), strict=True))
    start = machine.seconds_a_start()

    def of_row(study, entry):
        if None in entry["work"].values() or any(asked[study, *key] is None for key in entry["work"]):
            return None
        each = {key: sum(found[json.dumps(one, sort_keys=True)] for one in asked[study, *key]) for key in entry["work"]}
        return entry["jobs"] * start + sum(count * each[key] for key, count in entry["work"].items())

    return [[of_row(study, entry) for entry in rows] for study, rows in zip(studies, bills, strict=True)]


def priced(config: dict, processes: int | None = None) -> list[dict]:
    """The bill of every study of a config, with hours.

    Args:
        config: Parsed YAML.
        processes: Measure this machine in so many processes at once; None does not measure it.

    Returns:
        One entry a study: study, size, classifiers, rows. Those of `bill`, without flops, least and work, with hours: by device,
        'here' where measured, of all cores together; None where unknown.
    """
    studies = read(config)
    bills = [bill(study) for study in studies]
    here = measured(studies, bills, config["device"], processes) if processes else None
    found = []
    for place, (study, rows) in enumerate(zip(studies, bills, strict=True)):
        for number, entry in enumerate(rows):
            entry["hours"] = {device: _hours(entry, device) for device in RATES}
            if here:
                seconds = here[place][number]
                entry["hours"]["here"] = None if seconds is None else seconds / min(processes, max(1, entry["jobs"])) / 3600
        shown = [{key: value for key, value in entry.items() if key not in ("work", "flops", "least")} for entry in rows]
        size = _size(study)
        found.append({"study": study.name, "size": size, "classifiers": len(study.models), "rows": shown})
    return found


def printed(prices: list[dict], processes: int | None = None) -> str:
    """What `priced` gives, as a table."""
    lines, devices = [], [*RATES, *(["here"] if processes else [])]
    head = ["rule", "jobs", "forward passes", *(f"{device} hours" for device in RATES), *(["here"] if processes else [])]
    head += ["MB a job", "GB stored", "files"]
    for price in prices:
        rows = price["rows"]
        lines.append(f"study {price['study']}: images of {'x'.join(map(str, price['size']))}, {price['classifiers']} classifiers")
        table = [head, *([*_cells(entry, devices)] for entry in [*rows, _whole("in all", rows, devices)])]
        widths = [max(len(line[place]) for line in table) for place in range(len(head))]
        for line in table:
            cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
            lines.append("  " + "  ".join(cells))
    if len(prices) > 1:
        rows = [row for price in prices for row in price["rows"]]
        name, *cells = _cells(_whole(f"all {len(prices)} studies", rows, devices), devices)
        lines.append(f"{name}: " + ", ".join(f"{cell} {what}" for what, cell in zip(head[1:], cells, strict=True)))
    shares = ", ".join(f"{share:.0%} in {precision}" for precision, share in EFFICIENCY.items())
    lines.append(
        f"Hours of named GPUs are estimates: one GPU at {shares} of its published rate, {STEP:g} s at least a training step."
    )
    if processes:
        lines.append(
            f"Hours here: measured now, a few seconds each kind of work, with {processes} jobs at a time, their starts included."
        )
    lines.append("?: of classifiers that only their owner's code builds, or towards every class of images not listed yet.")
    return "\n".join(lines)


def _whole(name: str, rows: list[dict], devices: list[str]) -> dict:
    """A row of all: sums, and the memory of the largest job."""
    whole = {key: _sum(entry[key] for entry in rows) for key in ("jobs", "passes", "bytes", "files")}
    hours = {device: _sum(entry["hours"][device] for entry in rows) for device in devices}
    return whole | {"rule": name, "hours": hours, "memory_mb": max(entry["memory_mb"] for entry in rows)}


def _sum(values) -> int | float | None:
    """None where one of them is unknown."""
    values = list(values)
    return None if None in values else sum(values)


def _hours(entry: dict, device: str) -> float | None:
    precision = entry.get("precision", "float32")
    if entry["flops"] is None:
        return None
    seconds = entry["flops"] / (RATES[device][precision] * EFFICIENCY[precision])
    return max(seconds, entry.get("least", 0)) / 3600


def _cells(entry: dict, devices: list[str]):
    yield entry["rule"]
    yield f"{entry['jobs']:,}"
    yield "?" if entry["passes"] is None else f"{entry['passes']:,}"
    for device in devices:
        hours = entry["hours"][device]
        if device == "here" and hours is not None:
            yield f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"
        else:
            yield "?" if hours is None else f"{hours:,.1f}"
    yield f"{entry['memory_mb']:,}"
    yield f"{entry['bytes'] / 1e9:,.1f}"
    yield f"{entry['files']:,}"


def main(path: str) -> None:
    """Price a config, measure this machine, print the table and write ``results/plan.json``."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: found no such file, expected a config")
    config = yaml.safe_load(Path(path).read_text())
    gpu = config.get("device", "cpu") == "cuda"
    processes = os.cpu_count() if not gpu else 1 if torch.cuda.is_available() else None
    prices = priced(config, processes)
    print(printed(prices, processes))
    if processes is None:
        print("This machine is not measured: the config says device: cuda, and there is no CUDA device here.")
    write_json("results/plan.json", {"config": path, "jobs_at_a_time": processes, "studies": prices})


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (ConfigError, FileNotFoundError, RuntimeError) as error:
        sys.exit(f"plan: {error}")
