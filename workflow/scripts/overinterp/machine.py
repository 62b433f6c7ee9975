"""How fast this machine does what jobs do: each kind of work for a few seconds, on drawn images and networks without training.

Every core measures at the same time, as jobs will run: cores share memory and clock. ``python -m overinterp.machine`` is one of
these processes; it reads what to measure from standard input, and is started by `seconds_a_pass`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from torch import nn

from overinterp import classifier, job
from overinterp.data.source import ArraySource
from overinterp.evaluation import batch_rows
from overinterp.models import registry
from overinterp.search.images import search_images
from overinterp.search.passes import in_passes
from overinterp.training import Trainer
from overinterp.views.feed import feed
from overinterp.views.view import make_view

SECONDS = 2.0  # of each kind of work
WARM = 3  # reports of a search that do not count, where it makes more: the first passes compile, and fill caches
SCRIPTS = Path(__file__).parents[1]


class Done(Exception):
    """Enough has been measured."""


def build(kind: dict) -> nn.Module:
    """A network as drawn.

    Args:
        kind: source ('trained', 'torchvision' or 'timm'), name, channels, classes.
    """
    if kind["source"] == "torchvision":
        return torchvision.models.get_model(kind["name"], weights=None)
    if kind["source"] == "timm":
        return timm.create_model(kind["name"], pretrained=False)
    return registry.build(kind["name"], kind["channels"], kind["classes"])


def training(kind: dict, settings: dict, source: ArraySource, device: str) -> float:
    """Seconds a pass of one image; forward and backward are three."""
    plain = make_view({"mask": "all", "paint": "values"}, kind["blank"], source.shape[:2], device)
    settings = {**settings, "epochs": 1_000_000, "batch_size": min(settings["batch_size"], len(source))}
    shades = [0.5] * kind["channels"]
    trainer = Trainer(build(kind).to(device), feed(source, plain, device), kind["blank"], shades, shades, settings, device=device)
    began = []

    def on_epoch(trainer):
        began.append(time.monotonic())
        if began[-1] - began[0] >= SECONDS:
            raise Done

    with suppress(Done):
        trainer.run(on_epoch)
    return (began[-1] - began[0]) / ((len(began) - 1) * len(source) * 3)


def frozen(kind: dict, source: ArraySource, device: str) -> nn.Module:
    """A network made ready for searches."""
    height, width, channels = source.shape
    network = classifier.fold(classifier.freeze(build(kind)), torch.rand(2, channels, height, width))
    shades = [0.5] * channels
    ready = classifier.Normalised(network, shades, shades, (channels, height, width))
    return classifier.freeze(ready).to(device, memory_format=torch.channels_last)


def evaluation(kind: dict, source: ArraySource, device: str) -> float:
    """Seconds a forward pass of one image."""
    rows, network = batch_rows(source.shape), frozen(kind, source, device)
    images = torch.rand(rows, source.shape[2], *source.shape[:2], device=device)
    in_passes(network, images, rows)
    began, count = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        in_passes(network, images, rows)[0, 0].item()
        count += rows
    return (time.monotonic() - began) / count


def search(kind: dict, settings: dict, source: ArraySource, device: str) -> float:
    """Seconds a forward pass of one image, as `Schedule.forwards` counts them; what the search does beside passes included."""
    prepared, quick = classifier.for_search(frozen(kind, source, device), settings, source.shape, device)
    seen = [(time.monotonic(), 0)]

    def on_step(standing):
        seen.append((time.monotonic(), standing.forwards))
        if len(seen) >= 5 and seen[-1][0] - seen[WARM][0] >= SECONDS and seen[-1][1] > seen[WARM][1]:
            raise Done

    with suppress(Done):
        given = {"device": device, "quick": quick, "classes": 2, "on_step": on_step}
        search_images(prepared, source, range(len(source)), kind["blank"], settings, **given)
    first = seen[min(WARM, len(seen) - 2)]
    if first[1] == seen[-1][1]:  # nothing was passed since: a search of few passes has ended
        first = seen[0]
    return (seen[-1][0] - first[0]) / (seen[-1][1] - first[1])


def drawn(kind: dict, count: int) -> ArraySource:
    """Images of noise."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, *kind["size"], kind["channels"])).astype(np.uint8)
    return ArraySource(pixels, np.arange(count) % kind["classes"])


def measure(wanted: dict) -> float:
    """Seconds a pass of one kind of work.

    Args:
        wanted: kind (source, name, channels, classes, size, blank), work ('training', 'evaluation' or 'search'), settings, device
            and images (that a search of a group has, or an epoch).
    """
    source, kind, device = drawn(wanted["kind"], wanted["images"]), wanted["kind"], wanted["device"]
    if wanted["work"] == "evaluation":
        return evaluation(kind, source, device)
    return (training if wanted["work"] == "training" else search)(kind, wanted["settings"], source, device)


def seconds_a_pass(wanted: list[dict], processes: int) -> list[float]:
    """Measure each kind of work, in so many processes at the same time; the mean over these.

    Raises:
        RuntimeError: A process failed.
    """
    command = [sys.executable, "-m", "overinterp.machine"]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": SCRIPTS}
    started = [subprocess.Popen(command, **streams) for _ in range(processes)]
    for one in started:
        one.stdin.write(json.dumps(wanted))
        one.stdin.close()
    said = [one.stdout.read() for one in started]
    if any([one.wait() for one in started]):
        raise RuntimeError(f"measuring failed: {said}")
    return np.mean([json.loads(text) for text in said], axis=0).tolist()


def seconds_a_start() -> float:
    """Seconds before a job begins its work: Python imports torch. Snakemake itself takes less, which is left out."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import search_orderings"], cwd=SCRIPTS, check=True)
    return time.monotonic() - began


if __name__ == "__main__":
    torch.set_num_threads(1)
    job.keep_memory()
    print(json.dumps([measure(one) for one in json.load(sys.stdin)]))
