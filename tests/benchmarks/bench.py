"""Speed of the search engine, as ratios inside one run: `make bench`.

Both sides of a ratio are timed alternately, A B A B, and medians compared, because machines are noisy and shared. The
networks have random weights: speed does not depend on them. Prints a table and writes results/benchmarks/bench.jsonl.
"""

from __future__ import annotations

import json
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

ROUNDS = 5
FLOPS = {"resnet20": 2 * 40.6e6, "resnet18": 2 * 555e6}  # a forward pass
BLANK = torch.full((1, 3, 1), 0.5)
SHAPE = (32, 32)


def rates(*sides, rounds: int = ROUNDS) -> list[float]:
    """Median rate of each side, a function that does some work and returns how much; run in turn."""
    for side in sides:
        side()  # warm up
    found = [[] for _ in sides]
    for _ in range(rounds):
        for side, mine in zip(sides, found, strict=True):
            began = time.perf_counter()
            work = side()
            mine.append(work / (time.perf_counter() - began))
    return [statistics.median(mine) for mine in found]


def matrix_multiply() -> float:
    """Floating-point operations of one product of two 2048 x 2048 float32 matrices."""
    a = torch.ones(2048, 2048)
    a @ a
    return 2 * 2048**3


def networks(architecture: str):
    """The same network plain, ready for search, and compiled."""
    torch.manual_seed(0)
    mean, std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    own = build(architecture, 3, 10).eval()
    frozen = build(architecture, 3, 10)
    frozen.load_state_dict(own.state_dict())
    folded = fold(freeze(frozen), torch.randn(4, 3, 32, 32))
    ready = freeze(Normalised(folded, mean, std, (3, 32, 32))).to(memory_format=torch.channels_last)
    return Normalised(own, mean, std, (3, 32, 32)).eval(), ready, compiled(ready)


def exact(architecture: str, report) -> None:
    """Candidates a second in the middle of an exact search: half of the pixels gone."""
    slow, ready, fast = networks(architecture)
    work = 512 if architecture == "resnet20" else 128
    rng = np.random.default_rng(0)
    images = rng.random((1, 3, 1024), dtype=np.float32)
    gone = rng.permuted(np.arange(1024) % 2 == 0)
    tried = torch.from_numpy(~gone & (np.cumsum(~gone) <= work))[None]
    x, target = torch.from_numpy(images), torch.zeros(1, dtype=torch.int64)

    def engine(network):
        def run():
            counts = torch.full((1,), work)
            mask = torch.from_numpy(gone)[None]
            candidate_scores(network, x, mask, tried, counts, work, target, BLANK, SHAPE, "log_odds", 128)
            return work

        return run

    def recipe():
        plain.exact_step(slow, images[0], gone, 0, BLANK[0].numpy(), work)
        return work

    half = compiled(BFloat16(ready, "cpu"))
    base, eager, quick, low, machine = rates(recipe, engine(ready), engine(fast), engine(half), matrix_multiply)
    goal = {"resnet20": 1.7, "resnet18": 1.3}[architecture]
    report(f"exact {architecture}", eager / base, goal, f"plain recipe's candidates/s ({base:.0f})")
    report(f"exact {architecture}, compiled", quick / base, goal, f"plain recipe's candidates/s ({base:.0f})")
    goal = {"resnet20": 3.5, "resnet18": 2.3}[architecture]
    report(f"exact {architecture}, bfloat16, compiled", low / base, goal, f"plain recipe's candidates/s ({base:.0f})")
    share = eager * FLOPS[architecture] / machine
    report(f"exact {architecture}, arithmetic", share, 0.7, f"matrix-multiply FLOP/s ({machine / 1e9:.0f} G)")


def gradient(report) -> None:
    """Image-steps a second of the gradient search."""
    slow, ready, fast = networks("resnet20")
    rng = np.random.default_rng(0)
    images = rng.random((128, 3, 1024), dtype=np.float32)
    gone = rng.random((128, 1024)) < 0.5
    targets = np.zeros(128, np.int64)
    x, mask, target = torch.from_numpy(images), torch.from_numpy(gone), torch.from_numpy(targets)

    def engine(network):
        def run():
            gradient_scores(network, x, mask, ~mask, target, BLANK, SHAPE, "log_odds", 16)
            return 128

        return run

    def recipe():
        for i in range(0, 128, 16):
            for j in range(i, i + 16):  # one image at a time
                plain.gradient_step(slow, images[j : j + 1], gone[j : j + 1], targets[j : j + 1], BLANK.numpy())
        return 128

    def batched():
        plain.gradient_step(slow, images, gone, targets, BLANK.numpy())
        return 128

    base, together, eager, quick = rates(recipe, batched, engine(ready), engine(fast))
    report("gradient resnet20", eager / together, 2.3, f"plain recipe's image-steps/s, batches of 128 ({together:.0f})")
    report("gradient resnet20, compiled", quick / together, 2.3, f"plain recipe's image-steps/s, batches of 128 ({together:.0f})")
    report("gradient resnet20, one by one", eager / base, 2.3, f"plain recipe's image-steps/s, one image at a time ({base:.0f})")


def whole(report) -> None:
    """Seconds an image of the refined search, against the plain recipe's exact search, extrapolated from 1,024 passes."""
    slow, ready, _ = networks("resnet20")
    rng = np.random.default_rng(0)
    images = rng.random((8, 3, 32, 32), dtype=np.float32)
    blank = BLANK[..., None]

    def recipe():
        plain.exact_step(slow, images[0].reshape(3, 1024), np.zeros(1024, bool), 0, BLANK[0].numpy())
        return 1024 / (1024 * 1025 / 2)  # images

    def refined():
        target = torch.zeros(8, dtype=torch.int64)
        Search(ready, torch.from_numpy(images), target, blank, preset("refined", 1024, 8)).run()
        return 8

    base, ours = rates(recipe, refined, rounds=3)
    report("refined resnet20, whole search", ours / base, 100, f"plain recipe's exact search ({1 / base:.0f} s an image)")
    print(f"refined: {1 / ours:.2f} s an image")


def main() -> None:
    """Measure everything."""
    out = Path("results/benchmarks/bench.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    machine = f"{_processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    with out.open("w") as file:

        def report(name, ratio, target, unit):
            print(f"{name:36s} {ratio:8.2f}  target {target:6.2f}  x {unit}", flush=True)
            line = {"name": name, "ratio": round(ratio, 3), "target": target, "unit": unit, "machine": machine}
            file.write(json.dumps(line) + "\n")

        print(machine)
        exact("resnet20", report)
        exact("resnet18", report)
        gradient(report)
        whole(report)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    )
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    job.keep_memory()
    main()
