"""Speed of the search engine and of training, as ratios inside one run: `make bench`.

Both sides of a ratio are timed alternately, A B A B, and medians compared, because machines are noisy and shared. The
plain recipe runs in a process of its own, with the system's own memory settings. The networks have random weights: speed
does not depend on them. Sizes of subsets do, and are asked where `frontier_photographs.py` has its networks and photographs.
Prints a table and writes results/benchmarks/bench.jsonl.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import platform
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))
sys.path.insert(0, str(Path(__file__).parent))

import frontier_photographs as frontier
import numpy as np
import plain
import timm
import torch
import torchvision

from overinterp import job
from overinterp.classifier import BFloat16, Normalised, compiled, fold, freeze
from overinterp.data.source import ArraySource
from overinterp.models.registry import build
from overinterp.search.engine import Search
from overinterp.search.passes import rows_of_passes
from overinterp.search.scoring import candidate_scores, gradient_scores
from overinterp.search.stages import preset
from overinterp.training import Trainer
from overinterp.views.feed import feed

ROUNDS = 5
FLOPS = {"resnet20": 2 * 40.6e6, "resnet18": 2 * 555e6}  # a forward pass
BLANK = torch.full((1, 3, 1), 0.5)
SHAPE = (32, 32)
SIDES = {"squeezenet1_0": 224, "resnet50": 224, "vit_small": 224, "inception_v3": 299}  # networks for large images
MEAN, STD = [0.5, 0.5, 0.5], [0.25, 0.25, 0.25]


def rates(*sides, rounds: int = ROUNDS) -> list[float]:
    """Median rate of each side, run in turn: a function that does some work and returns how much, and the time if it knows."""
    for side in sides:
        side()  # warm up
    found = [[] for _ in sides]
    for _ in range(rounds):
        for side, mine in zip(sides, found, strict=True):
            began = time.perf_counter()
            done = side()
            work, seconds = done if isinstance(done, tuple) else (done, time.perf_counter() - began)
            mine.append(work / seconds)
    return [statistics.median(mine) for mine in found]


def matrix_multiply() -> float:
    """Floating-point operations of one product of two 2048 x 2048 float32 matrices."""
    a = torch.ones(2048, 2048)
    a @ a
    return 2 * 2048**3


class Plain:
    """The plain recipe in a process of its own; each call of `exact` or `gradient` times one piece of its work.

    Args:
        architecture: Of the network.
    """

    def serve(self):
        """What the process runs."""
        return _serve

    def __init__(self, architecture: str):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=self.serve(), args=(other, architecture))
        self.process.start()
        atexit.register(self.close)  # not a daemon, whose children a DataLoader's workers could not be
        other.close()  # so that a process that dies ends the wait

    def side(self, *work):
        """A side for `rates`: do the work over there."""

        def run():
            self.pipe.send(work)
            return self.pipe.recv()

        return run

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def _serve(pipe, architecture: str) -> None:
    network, blank, side = networks(architecture)[0], BLANK.numpy(), SIDES.get(architecture, 32)
    while True:
        kind, count, together = pipe.recv()
        if kind == "threads":
            torch.set_num_threads(count)
            pipe.send((1, 1.0))
            continue
        if kind == "peak":
            pipe.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, 1.0))
            continue
        if kind == "train":
            images, labels = pictures(count)
            began = time.perf_counter()
            plain.train_epoch(network.network, images, labels, MEAN, STD)
            pipe.send((count, time.perf_counter() - began))
            continue
        images, gone = problem(together if kind == "gradient" else 1, side)
        targets = np.zeros(len(images), np.int64)
        began = time.perf_counter()
        if kind == "exact":
            plain.exact_step(network, images[0], gone[0], 0, blank[0], count)
        else:
            for _ in range(0, count, together):
                plain.gradient_step(network, images, gone, targets, blank)
        pipe.send((count, time.perf_counter() - began))


def problem(count: int, side: int = 32):
    """Random images (count, 3, side * side) and the same half of each one's pixels gone (count, side * side)."""
    rng = np.random.default_rng(0)
    pixels = side * side
    return rng.random((count, 3, pixels), dtype=np.float32), np.repeat((np.arange(pixels) % 2 == 0)[None], count, axis=0)


def untrained(architecture: str):
    """A network with random weights."""
    if architecture == "vit_small":
        return timm.create_model("vit_small_patch16_224", pretrained=False).eval()
    if architecture in SIDES:
        options = {"init_weights": False} if architecture == "inception_v3" else {}
        return torchvision.models.get_model(architecture, weights=None, **options).eval()
    return build(architecture, 3, 10).eval()


def networks(architecture: str):
    """The same network plain, ready for search, and compiled."""
    torch.manual_seed(0)
    side = SIDES.get(architecture, 32)
    own, frozen = untrained(architecture), untrained(architecture)
    frozen.load_state_dict(own.state_dict())
    folded = fold(freeze(frozen), torch.randn(4, 3, side, side))
    ready = freeze(Normalised(folded, MEAN, STD, (3, side, side))).to(memory_format=torch.channels_last)
    return Normalised(own, MEAN, STD, (3, side, side)).eval(), ready, compiled(ready)


def exact(architecture: str, report) -> None:
    """Candidates a second in the middle of an exact search: half of the pixels gone."""
    _, ready, fast = networks(architecture)
    half = compiled(BFloat16(ready, "cpu"))
    work = 512 if architecture == "resnet20" else 128
    images, gone = (torch.from_numpy(array) for array in problem(1))
    tried = ~gone & ((~gone).cumsum(1) <= work)
    target, counts = torch.zeros(1, dtype=torch.int64), torch.full((1,), work)

    def engine(network):
        def run():
            candidate_scores(network, images, gone, tried, counts, work, target, BLANK, SHAPE, "log_odds", 128)
            return work

        return run

    recipe = Plain(architecture)
    sides = [engine(network) for network in (ready, fast, half)]
    base, eager, quick, low, machine = rates(recipe.side("exact", work, 1), *sides, matrix_multiply)
    recipe.close()
    unit = f"plain recipe's candidates/s ({base:.0f})"
    report(f"exact {architecture}", eager / base, {"resnet20": 1.7, "resnet18": 1.3}[architecture], unit)
    report(f"exact {architecture}, compiled", quick / base, {"resnet20": 1.7, "resnet18": 1.3}[architecture], unit)
    report(f"exact {architecture}, bfloat16, compiled", low / base, {"resnet20": 3.5, "resnet18": 2.3}[architecture], unit)
    share = eager * FLOPS[architecture] / machine
    report(f"exact {architecture}, arithmetic", share, 0.7, f"matrix-multiply FLOP/s ({machine / 1e9:.0f} G)")


def gradient(report) -> None:
    """Image-steps a second of the gradient search."""
    _, ready, fast = networks("resnet20")
    images, gone = (torch.from_numpy(array) for array in problem(128))
    target = torch.zeros(128, dtype=torch.int64)

    def engine(network):
        def run():
            gradient_scores(network, images, gone, ~gone, target, BLANK, SHAPE, 16)
            return 128

        return run

    recipe = Plain("resnet20")
    one, batch = recipe.side("gradient", 32, 1), recipe.side("gradient", 128, 128)
    alone, together, eager, quick = rates(one, batch, engine(ready), engine(fast))
    recipe.close()
    for name, rate in (("", eager), (", compiled", quick)):
        for base, words in ((alone, "one image at a time"), (together, "batches of 128")):
            unit = f"plain recipe's image-steps/s, {words} ({base:.0f})"
            report(f"gradient resnet20{name}, against {words}", rate / base, 2.3, unit)


def photographs(architecture: str, report) -> None:
    """Image-steps a second of the gradient search on large images, on one thread and on two, and the memory that it takes."""
    _, ready, fast = networks(architecture)
    side = SIDES[architecture]
    rows = rows_of_passes(side * side)[1]
    images, gone = (torch.from_numpy(array) for array in problem(rows, side))
    target = torch.zeros(rows, dtype=torch.int64)

    def engine(network):
        def run():
            gradient_scores(network, images, gone, ~gone, target, BLANK, (side, side), rows)
            return rows

        return run

    recipe, ours = Plain(architecture), Ours(architecture)
    sides = {"": engine(ready)} | ({", compiled": engine(fast)} if architecture == "squeezenet1_0" else {})
    for threads in (1, 2):
        torch.set_num_threads(threads)
        recipe.side("threads", threads, 1)()
        base, *found = rates(recipe.side("gradient", rows, rows), *sides.values(), rounds=3)
        for name, rate in zip(sides, found, strict=True):
            unit = f"plain recipe's image-steps/s, {rows} images at a time ({base:.1f}), {threads} thread(s)"
            report(f"gradient {architecture} {side}x{side}{name}, {threads} thread(s)", rate / base, 2.0, unit)
    ours.side(rows)()
    peaks = [process.side("peak", 0, 0)()[0] for process in (recipe, ours)]
    report(
        f"gradient {architecture} {side}x{side}, peak memory",
        peaks[1] / peaks[0],
        1.0,
        f"plain recipe's peak ({peaks[0] / 2**20:.0f} MiB)",
    )
    recipe.close()
    ours.close()


class Ours(Plain):
    """The engine's gradient steps in a process of its own, for its peak memory."""

    def serve(self):
        """What the process runs."""
        return _serve_ours


def _serve_ours(pipe, architecture: str) -> None:
    side = SIDES[architecture]
    job.keep_memory()
    while True:
        kind, *_ = pipe.recv()
        if kind == "peak":
            pipe.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, 1.0))
            continue
        network = networks(architecture)[1]
        images = torch.from_numpy(problem(kind, side)[0].reshape(kind, 3, side, side))
        search = Search(
            network, images, torch.zeros(kind, dtype=torch.int64), BLANK[..., None], preset("gradient", side * side, 10_000)
        )
        search.run()
        pipe.send((kind, 1.0))


def whole(report) -> None:
    """Seconds an image of the refined search, against the plain recipe's exact search, extrapolated from 512 candidates."""
    _, ready, fast = networks("resnet20")
    images = torch.from_numpy(problem(8)[0].reshape(8, 3, *SHAPE))

    def engine(network):
        def run():
            target = torch.zeros(8, dtype=torch.int64)
            Search(network, images, target, BLANK[..., None], preset("refined", 1024)).run()
            return 8

        return run

    recipe = Plain("resnet20")
    base, eager, quick = rates(recipe.side("exact", 512, 1), engine(ready), engine(fast), rounds=3)
    recipe.close()
    base /= preset("exact", 1024).forwards(1024)  # images a second
    unit = f"plain recipe's exact search ({1 / base:.0f} s an image)"
    report(f"refined resnet20 ({1 / eager:.1f} s an image)", eager / base, 100, unit)
    report(f"refined resnet20, compiled ({1 / quick:.1f} s an image)", quick / base, 100, unit)


def subsets(report, results: Path = Path("results/photographs"), first: int = 282, count: int = 2) -> None:
    """Pixels of `ranked`'s subsets of photographs, as a share of those that the paper's search finds for no fewer passes.

    Without a study's networks and photographs it is left out.
    """
    if not list((results / "models").glob("*/check.json")):
        print(f"pixels of subsets at 224x224: left out, found no {results}, expected what frontier_photographs.py begins with")
        return
    networks, _, _, images, blank = frontier.chosen(results, first, count)
    pixels = images[0, 0].numel()
    for name, network in networks.items():
        costs, logs = [], []
        for method in ("ranked", "gradient"):
            schedule = preset(method, pixels, 100)
            costs.append(schedule.forwards(pixels))
            logs.append(np.log(frontier.sizes(network, images, blank, schedule)).mean())
        ours, theirs = np.exp(logs)
        unit = f"the paper's search's pixels ({theirs:,.0f}; {costs[0]} passes for {costs[1]}; {count} images, geometric mean)"
        report(f"ranked {name}, pixels at {frontier.THRESHOLD}", ours / theirs, 0.1, unit)


def pictures(count: int):
    """Random images uint8 (count, 32, 32, 3) and labels (count,)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, *SHAPE, 3), dtype=np.uint8), rng.integers(0, 10, count)


def training(report) -> None:
    """Images a second of training a ResNet20, an epoch of 2,560 images."""
    images, labels = pictures(2560)
    source = ArraySource(images, labels)
    fixed = {"epochs": 1, "batch_size": 128, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine"}

    def ours(precision):
        def run():
            settings = {**fixed, "crop_padding": 4, "flip": True, "precision": precision}
            Trainer(build("resnet20", 3, 10), feed(source, lambda shown, numbers: shown), MEAN, MEAN, STD, settings).run()
            return len(images)

        return run

    recipe = Plain("resnet20")
    base, full, low = rates(recipe.side("train", len(images), 1), ours("float32"), ours("bfloat16"), rounds=3)
    recipe.close()
    unit = f"images/s of a DataLoader with torchvision's transforms ({base:.0f})"
    report("training resnet20", full / base, 1.5, unit)
    report("training resnet20, bfloat16", low / base, 1.5, unit)


def main() -> None:
    """Measure everything."""
    out = Path("results/benchmarks/bench.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    threads = torch.get_num_threads()
    machine = f"{_processor()}, {threads} threads, torch {torch.__version__}"
    with out.open("w") as file:

        def report(name, ratio, target, unit):
            print(f"{name:66s} {ratio:8.2f}  target {target:6.2f}  x {unit}", flush=True)
            line = {"name": name, "ratio": round(ratio, 3), "target": target, "unit": unit, "machine": machine}
            file.write(json.dumps(line) + "\n")

        print(machine)
        exact("resnet20", report)
        exact("resnet18", report)
        gradient(report)
        for architecture in SIDES:
            photographs(architecture, report)
        torch.set_num_threads(threads)
        whole(report)
        training(report)
        subsets(report)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    )
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    job.keep_memory()
    main()
