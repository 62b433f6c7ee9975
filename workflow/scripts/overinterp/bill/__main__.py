"""What a config will cost: ``python -m overinterp.bill config/imagenet.yaml``, which is what `make plan` runs. Needs no images.

Prints a table, and writes the same to ``results/plan.json``.
"""

from __future__ import annotations

import os
import sys

import torch

from overinterp.artifacts.files import write_json
from overinterp.bill.prices import EFFICIENCY, RATES, priced
from overinterp.bill.rows import STEP, total
from overinterp.plan.read import load
from overinterp.plan.sentences import ConfigError


def printed(prices: list[dict], processes: int | None = None, busy: float = 0.0) -> str:
    """What `priced` gives, as a table; and how many processes kept this machine busy before it was measured."""
    lines, devices = [], [*RATES, *(["here"] if processes else [])]
    head = ["rule", "jobs", "forward passes", *(f"{device} hours" for device in RATES), *(["here"] if processes else [])]
    head += [f"{device} longest" for device in devices] + ["MB a job", "GB stored", "files"]
    for price in prices:
        rows = price["rows"]
        count, size = price["classifiers"], "x".join(map(str, price["size"]))
        lines.append(f"study {price['study']}: images of {size}, {count} classifier{'s' * (count != 1)}")
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
    lines.append(
        "Longest: hours of the longest job of a rule (a training's on one GPU a process), without the reading of images: what a "
        "limit of time, such as `runtime` in profiles/slurm, has to allow, and half as much again."
    )
    if processes:
        lines.append(
            f"Hours here: measured now, a few seconds each kind of work, with {processes} jobs at a time, their starts included, "
            f"beside whatever else runs (a minute's load before: {busy:.1f} on {os.cpu_count()} cores)."
        )
    if any(cell == "?" for line in lines for cell in line.split()):
        lines.append("?: of classifiers that only their owner's code builds, or towards every class of images not listed yet.")
    return "\n".join(lines)


def _whole(name: str, rows: list[dict], devices: list[str]) -> dict:
    """A row of all: sums, and the time of the longest job and the memory of the largest."""
    whole = {key: total(entry[key] for entry in rows) for key in ("jobs", "passes", "bytes", "files")}
    hours = {device: total(entry["hours"][device] for entry in rows) for device in devices}
    longest = {device: [entry["longest"][device] for entry in rows] for device in devices}
    longest = {device: None if None in values else max(values) for device, values in longest.items()}
    return whole | {"rule": name, "hours": hours, "longest": longest, "memory_mb": max(entry["memory_mb"] for entry in rows)}


def _cells(entry: dict, devices: list[str]):
    yield entry["rule"]
    yield f"{entry['jobs']:,}"
    yield "?" if entry["passes"] is None else f"{entry['passes']:,}"
    for device, hours in [*((device, entry["hours"][device]) for device in devices), *entry["longest"].items()]:
        if device == "here" and hours is not None:
            yield f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"
        else:
            yield "?" if hours is None else f"{hours:,.1f}"
    yield f"{entry['memory_mb']:,}"
    yield f"{entry['bytes'] / 1e9:,.1f}"
    yield f"{entry['files']:,}"


def main(path: str) -> None:
    """Price a config, measure this machine, print the table and write ``results/plan.json``."""
    config = load(path)
    gpu = config.get("device", "cpu") == "cuda"
    processes = os.cpu_count() if not gpu else 1 if torch.cuda.is_available() else None
    busy = os.getloadavg()[0]
    prices = priced(config, processes)
    print(printed(prices, processes, busy))
    if processes is None:
        print("This machine is not measured: the config says device: cuda, and there is no CUDA device here.")
    write_json("results/plan.json", {"config": path, "jobs_at_a_time": processes, "load_before": busy, "studies": prices})


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (ConfigError, RuntimeError) as error:
        sys.exit(f"plan: {error}")
