"""Speed of the search engine and of training, as ratios inside one run: `make bench`.

Both sides of a ratio are timed alternately, A B A B, and medians compared, because machines are noisy and shared. The
plain recipe runs in a process of its own, with the system's own memory settings. The networks have random weights: speed
does not depend on them. Prints a table and writes results/benchmarks/bench.jsonl.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import platform
import statistics
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "workflow/scripts")]

import numpy as np  # noqa: E402
import plain  # noqa: E402
import torch  # noqa: E402

from overinterp import job  # noqa: E402
from overinterp.classifier import BFloat16, Normalised, compiled, fold, freeze  # noqa: E402
from overinterp.models.registry import build  # noqa: E402
from overinterp.search.engine import Search  # noqa: E402
from overinterp.search.scoring import candidate_scores, gradient_scores  # noqa: E402
from overinterp.search.stages import preset  # noqa: E402
from overinterp.training import Trainer  # noqa: E402
from overinterp.views import make_view  # noqa: E402

ROUNDS = 5
FLOPS = {"resnet20": 2 * 40.6e6, "resnet18": 2 * 555e6}  # a forward pass
BLANK = torch.full((1, 3, 1), 0.5)
SHAPE = (32, 32)
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

    def __init__(self, architecture: str):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=_serve, args=(other, architecture))
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
    network, _, _ = networks(architecture)
    blank = BLANK.numpy()
    while True:
        kind, count, together = pipe.recv()
        if kind == "train":
            images, labels = pictures(count)
            began = time.perf_counter()
            plain.train_epoch(network.network, images, labels, MEAN, STD)
            pipe.send((count, time.perf_counter() - began))
            continue
        images, gone = problem(together if kind == "gradient" else 1)
        targets = np.zeros(len(images), np.int64)
        began = time.perf_counter()
        if kind == "exact":
            plain.exact_step(network, images[0], gone[0], 0, blank[0], count)
        else:
            for _ in range(0, count, together):
                plain.gradient_step(network, images, gone, targets, blank)
        pipe.send((count, time.perf_counter() - began))


def problem(count: int):
    """Random images (count, 3, 1024) and the same half of each one's pixels gone (count, 1024)."""
    rng = np.random.default_rng(0)
    return rng.random((count, 3, 1024), dtype=np.float32), np.repeat((np.arange(1024) % 2 == 0)[None], count, axis=0)


def networks(architecture: str):
    """The same network plain, ready for search, and compiled."""
    torch.manual_seed(0)
    own = build(architecture, 3, 10).eval()
    frozen = build(architecture, 3, 10)
    frozen.load_state_dict(own.state_dict())
    folded = fold(freeze(frozen), torch.randn(4, 3, 32, 32))
    ready = freeze(Normalised(folded, MEAN, STD, (3, 32, 32))).to(memory_format=torch.channels_last)
    return Normalised(own, MEAN, STD, (3, 32, 32)).eval(), ready, compiled(ready)


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
            gradient_scores(network, images, gone, ~gone, target, BLANK, SHAPE, "log_odds", 16)
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


def whole(report) -> None:
    """Seconds an image of the refined search, against the plain recipe's exact search, extrapolated from 512 candidates."""
    _, ready, fast = networks("resnet20")
    images = torch.from_numpy(problem(8)[0].reshape(8, 3, *SHAPE))

    def engine(network):
        def run():
            target = torch.zeros(8, dtype=torch.int64)
            Search(network, images, target, BLANK[..., None], preset("refined", 1024, 8)).run()
            return 8

        return run

    recipe = Plain("resnet20")
    base, eager, quick = rates(recipe.side("exact", 512, 1), engine(ready), engine(fast), rounds=3)
    recipe.close()
    base /= preset("exact", 1024).forwards(1024)  # images a second
    unit = f"plain recipe's exact search ({1 / base:.0f} s an image)"
    report(f"refined resnet20 ({1 / eager:.1f} s an image)", eager / base, 100, unit)
    report(f"refined resnet20, compiled ({1 / quick:.1f} s an image)", quick / base, 100, unit)


def pictures(count: int):
    """Random images uint8 (count, 32, 32, 3) and labels (count,)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, *SHAPE, 3), dtype=np.uint8), rng.integers(0, 10, count)


def training(report) -> None:
    """Images a second of training a ResNet20, an epoch of 2,560 images."""
    images, labels = pictures(2560)
    fixed = {"epochs": 1, "batch_size": 128, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine"}

    def ours(precision):
        def run():
            settings = {**fixed, "crop_padding": 4, "flip": True, "precision": precision}
            Trainer(build("resnet20", 3, 10), images, labels, make_view("full", MEAN, None), MEAN, STD, settings).run()
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
    machine = f"{_processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    with out.open("w") as file:

        def report(name, ratio, target, unit):
            print(f"{name:66s} {ratio:8.2f}  target {target:6.2f}  x {unit}", flush=True)
            line = {"name": name, "ratio": round(ratio, 3), "target": target, "unit": unit, "machine": machine}
            file.write(json.dumps(line) + "\n")

        print(machine)
        exact("resnet20", report)
        exact("resnet18", report)
        gradient(report)
        whole(report)
        training(report)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    )
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    job.keep_memory()
    main()
