"""What has to hold on a GPU, as numbers with their limits; and how fast it is against the plain recipe on the same card.

    python -m tests.gpu.checks                 # what `make gpu-check` does: a table, and results/benchmarks/gpu.json
    python -m tests.gpu.checks --device cpu    # the same code without a GPU, for those who change it

Networks have random weights of a fixed seed: float32 arithmetic does not depend on how they were trained. bfloat16 is asked of
a network that has learned its pictures as well, whose candidates lie further apart. Some minutes of one card. pytest runs the
checks of this file, too, where there is a GPU.
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import multiprocessing
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import numpy as np
import plain
import torch

from overinterp.classifier import BFloat16, Normalised, fold, freeze, no_tf32
from overinterp.data.source import ArraySource
from overinterp.models.registry import build
from overinterp.search.engine import RESCORED, not_worse
from overinterp.search.images import search_images
from overinterp.search.scoring import candidate_scores, gradient_scores, log_odds
from overinterp.training import Trainer
from overinterp.views.feed import feed

MEAN, STD, BLANK = [0.5] * 3, [0.25] * 3, [0.5] * 3
STEPS = 12  # of a path, at which another device is asked what it would have picked


@dataclass(frozen=True)
class Found:
    """One number.

    Attributes:
        name: What was measured.
        value: Found.
        limit: That it has to reach, or must not exceed.
        least: Whether it has to reach it.
    """

    name: str
    value: float
    limit: float
    least: bool

    @property
    def holds(self) -> bool:
        return self.value >= self.limit if self.least else self.value <= self.limit


def classifier(device: str, seed: int = 0, architecture: str = "resnet20", learned: bool = False) -> torch.nn.Module:
    """A network with random weights, or one that has learned its pictures, ready for search."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build(architecture, 3, 10)
        if learned:
            network.load_state_dict(_learned())
        network = fold(freeze(network), torch.randn(4, 3, 32, 32))
    return freeze(Normalised(network, MEAN, STD, (3, 32, 32))).to(device, memory_format=torch.channels_last)


@cache
def _learned() -> dict:
    """Weights of a ResNet20 that tells its 128 pictures apart, whose classes are drawn by lot; trained on the CPU."""
    fixed = {"epochs": 30, "batch_size": 32, "learning_rate": 0.05, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine"}
    settings = {**fixed, "crop_padding": 0, "flip": False, "precision": "float32"}
    shown = feed(pictures(128), lambda images, numbers: images, "cpu")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build("resnet20", 3, 10)
        Trainer(network, shown, BLANK, MEAN, STD, settings, device="cpu").run()
    return network.state_dict()


def pictures(count: int, side: int = 32, seed: int = 0) -> ArraySource:
    """Smooth random images: neighbouring pixels are alike, as in photographs."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.random((count, 3, 4, 4), dtype=np.float32))
    smooth = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear").clamp(0, 1)
    return ArraySource((255 * smooth).byte().permute(0, 2, 3, 1).numpy(), np.arange(count) % 10)


def ordering(device: str, method: str, count: int, batch_size: int | None = None, learned: bool = False, quick: bool = False):
    """A search of a few pictures on a device."""
    network = classifier(device, learned=learned)
    settings = {"method": method, "pixels_per_step": 8, "objective": "log_odds", "target": "predicted", "batch_size": batch_size}
    low = BFloat16(network, device) if quick else None
    return search_images(network, pictures(count), range(count), BLANK, settings, device=device, quick=low)


def picks_within_noise(found, learned: bool = False) -> float:
    """Share of steps at which the CPU would have picked the same pixel, or one whose score is within float32 noise of it."""
    network, source = classifier("cpu", learned=learned), pictures(len(found))
    images = torch.from_numpy(source.read(found.index)).permute(0, 3, 1, 2).float().div(255).flatten(2)
    blank, target, same = torch.tensor(BLANK).reshape(1, 3, 1), torch.from_numpy(found.target), []
    for removed in np.linspace(0, found.pixels, STEPS, endpoint=False).astype(int):
        gone = torch.from_numpy(~found.kept_after(np.full(len(found), removed)).reshape(len(found), -1))
        counts = torch.full((len(found),), found.pixels - removed)
        total = int(counts.sum())
        _, scores, noise = candidate_scores(network, images, gone, ~gone, counts, total, target, blank, (32, 32), "log_odds", 128)
        picked = torch.from_numpy(found.order[:, removed].astype(np.int64))[:, None]
        gap = scores.amax(1) - scores.gather(1, picked)[:, 0]
        same += (gap <= 2 * noise.gather(1, scores.argmax(1, keepdim=True))[:, 0]).tolist()
    return float(np.mean(same))


def same_search(device: str) -> list[Found]:
    """An exact search picks what the CPU would pick, step by step along the device's own path."""
    return [
        Found("exact search: steps within the CPU's float32 noise", picks_within_noise(ordering(device, "exact", 2)), 0.95, True)
    ]


def recorded(device: str) -> list[Found]:
    """The log-odds that every search records are those of the CPU for the same masks."""
    network, source, rows = classifier("cpu"), pictures(8), []
    images = torch.from_numpy(source.read(np.arange(8))).permute(0, 3, 1, 2).float().div(255)
    for method in ("gradient", "refined"):
        found, worst = ordering(device, method, 8), 0.0
        columns = np.linspace(0, found.removed.shape[1] - 1, STEPS).astype(int)
        for column in columns:
            kept = torch.from_numpy(found.kept_after(found.removed[:, column]))[:, None]
            with torch.no_grad():
                own = log_odds(network(torch.where(kept, images, 0.5)), torch.from_numpy(found.target))
            worst = max(worst, float((own - torch.from_numpy(found.log_odds[:, column])).abs().max()))
        rows.append(Found(f"{method} search: recorded log-odds, largest difference from the CPU's", worst, 2e-3, False))
    return rows


def grouping(device: str) -> list[Found]:
    """An image's search hardly depends on which images are searched beside it."""
    together = ordering(device, "gradient", 8)
    network, settings = (
        classifier(device),
        {"method": "gradient", "pixels_per_step": 8, "objective": "log_odds", "target": "predicted"},
    )
    alone = search_images(network, pictures(8), [5], BLANK, settings, device=device)
    share = float((alone.order[0] == together.order[5]).mean())
    return [Found("gradient search: pixels at the same place in the order, alone and among eight", share, 0.95, True)]


def float32(device: str) -> list[Found]:
    """Products and convolutions are done in float32, not in TF32, once a classifier is loaded; and TF32 would be seen."""
    no_tf32()
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(512, 512, generator=generator).to(device) for _ in range(2))
    x, kernel = (
        torch.randn(4, 64, 32, 32, generator=generator).to(device),
        torch.randn(64, 64, 3, 3, generator=generator).to(device),
    )

    def error() -> float:
        products = ((a @ b, a.double() @ b.double()), (torch.conv2d(x, kernel), torch.conv2d(x.double(), kernel.double())))
        return max(float((low.double() - high).abs().max() / high.abs().max()) for low, high in products)

    rows = [Found("products and convolutions: error against float64", error(), 2e-5, False)]
    if device.startswith("cuda") and torch.cuda.get_device_capability()[0] >= 8:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        rows.append(Found("the same with TF32 allowed, to see that it would show", error(), 1e-4, True))
        no_tf32()
    return rows


def bfloat16(device: str) -> list[Found]:
    """Trying candidates in bfloat16 leaves float32's pick among those tried again about as often as on a CPU.

    How often that is hangs on how far a network's candidates lie apart: docs/METHODS.md.
    """
    rows = []
    for learned, which in ((False, "random weights"), (True, "a trained network")):
        here, cpu = (_tried_again(where, learned) for where in (device, "cpu"))
        name = f"bfloat16, {which}: steps at which float32's pick is tried again (limit: the CPU's share less 0.15)"
        rows.append(Found(name, here, cpu - 0.15, True))
    if device.startswith("cuda"):  # on a CPU minutes
        found = picks_within_noise(ordering(device, "exact", 2, learned=True, quick=True), learned=True)
        name = "exact search with bfloat16, a trained network: steps within the CPU's float32 noise"
        rows.append(Found(name, found, 0.2, True))
    return rows


def _tried_again(device: str, learned: bool, count: int = 4) -> float:
    """Share of steps of the CPU's gradient search at which bfloat16 on a device counts float32's pick among the best."""
    network, found, same = classifier("cpu", learned=learned), ordering("cpu", "gradient", count, learned=learned), []
    images = torch.from_numpy(pictures(count).read(found.index)).permute(0, 3, 1, 2).float().div(255).flatten(2)
    blank, target = torch.tensor(BLANK).reshape(1, 3, 1), torch.from_numpy(found.target)
    quick = BFloat16(classifier(device, learned=learned), device)
    for removed in np.linspace(0, found.pixels, STEPS, endpoint=False).astype(int):
        gone = torch.from_numpy(~found.kept_after(np.full(count, removed)).reshape(count, -1))
        counts = torch.full((count,), found.pixels - removed)

        def scores(network, where, gone=gone, counts=counts):
            masks, total = gone.to(where), int(counts.sum())
            given = images.to(where), masks, ~masks, counts.to(where), total, target.to(where), blank.to(where)
            return [found.cpu() for found in candidate_scores(network, *given, (32, 32), "log_odds", 128)[1:]]

        own, noise = scores(network, "cpu")
        rough = scores(quick, device)[0]
        if not rough[~gone].isfinite().all():  # else all would be tried again
            return 0.0
        again, _ = not_worse(rough, RESCORED)
        gap = own.amax(1) - torch.where(again, own, -torch.inf).amax(1)
        same += (gap <= noise.gather(1, own.argmax(1, keepdim=True))[:, 0]).tolist()
    return float(np.mean(same))


class OneByOne(Trainer):
    """A training whose kernels are launched one by one."""

    def _recorded(self):
        return self.network


def trained(device: str, deterministic: bool, recorded: bool = True) -> dict:
    """Weights of a network after two epochs of eight batches and a smaller one."""
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = False
    try:
        torch.manual_seed(0)
        network = build("resnet20", 3, 10).to(device)
        fixed = {"epochs": 2, "batch_size": 64, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "schedule": "cosine"}
        settings = {**fixed, "crop_padding": 4, "flip": True, "precision": "float32"}
        source = pictures(520)
        shown = feed(source, lambda images, numbers: images, device)
        (Trainer if recorded else OneByOne)(network, shown, BLANK, MEAN, STD, settings, device=device).run()
        return {name: value.detach().cpu() for name, value in network.state_dict().items()}
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.benchmark = before[1]


def training(device: str) -> list[Found]:
    """With deterministic algorithms a training gives the same weights twice; without, how far apart they are is only told."""

    def apart(first, second) -> float:
        return max(float((first[name].double() - second[name].double()).abs().max()) for name in first)

    rows = []
    for deterministic, limit in ((True, 0.0), (False, np.inf)):
        how = "deterministic algorithms" if deterministic else "as it is run"
        found = apart(trained(device, deterministic), trained(device, deterministic))
        rows.append(Found(f"training twice, {how}: largest difference of a weight", found, limit, False))
    found = apart(trained(device, True), trained(device, True, recorded=False))
    return [*rows, Found("training recorded as graphs and not: largest difference of a weight", found, 0.0, False)]


def memory(device: str) -> list[Found]:
    """A search whose passes do not fit halves them, and goes on picking what the CPU would pick."""
    if not device.startswith("cuda"):
        return []
    gc.collect()  # graphs of trainings keep their memory
    torch.cuda.empty_cache()
    before = torch.cuda.memory_stats().get("num_ooms", 0)
    allowed = torch.cuda.memory_reserved() + 2.5e8  # bytes; the first steps' 2,048 candidates in one pass need more
    torch.cuda.set_per_process_memory_fraction(allowed / torch.cuda.get_device_properties(0).total_memory)
    try:
        found = ordering(device, "exact", 2, batch_size=65_536)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    return [
        Found("exact search short of memory: passes that did not fit", torch.cuda.memory_stats()["num_ooms"] - before, 1, True),
        Found("exact search short of memory: steps within the CPU's float32 noise", picks_within_noise(found), 0.95, True),
    ]


def search_rates(device: str) -> list[Found]:
    """Our search against the plain recipe on the same device; ratios of medians, in turn. Targets are the CPU's."""
    ready, source = classifier(device), pictures(256)
    own = copy.deepcopy(build("resnet20", 3, 10)).eval().to(device)
    images = torch.from_numpy(source.read(np.arange(256))).permute(0, 3, 1, 2).float().div(255).flatten(2).to(device)
    gone = (torch.arange(1024, device=device) % 2 == 0).expand(256, -1)
    target, blank = torch.zeros(256, dtype=torch.int64, device=device), torch.tensor(BLANK, device=device).reshape(1, 3, 1)
    arrays = images.cpu().numpy(), gone.cpu().numpy()

    def exact():
        counts = torch.full((8,), 512, device=device)
        candidate_scores(ready, images[:8], gone[:8], ~gone[:8], counts, 4096, target[:8], blank, (32, 32), "log_odds", 1024)
        return 4096

    def gradient():
        gradient_scores(ready, images, gone, ~gone, target, blank, (32, 32), 256)
        return 256

    def plain_exact():
        plain.exact_step(own, arrays[0][0], arrays[1][0], 0, blank[0].cpu().numpy(), 512, device)
        return 512

    def plain_gradient():
        plain.gradient_step(own, arrays[0][:128], arrays[1][:128], np.zeros(128, np.int64), blank.cpu().numpy(), device)
        return 128

    def refined():
        count = 64 if device.startswith("cuda") else 1
        ordering(device, "refined", count)
        return count

    def matmul():
        size = 4096 if device.startswith("cuda") else 1024
        a = torch.ones(size, size, device=device)
        a @ a
        return 2 * size**3

    medians = _medians(device, exact, plain_exact, gradient, plain_gradient, matmul)
    share = medians[0] * 2 * 40.6e6 / medians[4]
    # without a limit, for it has not been timed on a GPU
    of_a_whole_search = 1024 * 1025 / 2  # candidates of an image
    (rate,) = _medians(device, refined, rounds=1)
    return [
        Found("exact search, candidates/s against the plain recipe", medians[0] / medians[1], 1.7, True),
        Found("gradient search, image-steps/s against the plain recipe", medians[2] / medians[3], 2.3, True),
        Found("exact search, arithmetic as a share of matrix products", share, 0, True),
        Found("`refined`, images/s against the plain recipe's exact search", rate * of_a_whole_search / medians[1], 0, True),
    ]


def training_rates(device: str) -> list[Found]:
    """Our training against the plain recipe on the same device, and recorded against launched one by one."""
    recorded, one_by_one, recipe = _trainings(device)
    return [
        Found("training, images/s against the plain recipe", recorded / recipe, 1.5, True),
        Found("training recorded as graphs, images/s against launched one by one", recorded / one_by_one, 1.0, True),
    ]


def _trainings(device: str, count: int = 12_800) -> list[float]:
    """Images a second of a ResNet20's last epoch of three in float32: recorded, launched one by one, and by the plain recipe."""
    source, found = pictures(count), []
    fixed = {"epochs": 3, "batch_size": plain.BATCH, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4}
    settings = {**fixed, "schedule": "cosine", "crop_padding": 4, "flip": True, "precision": "float32"}
    for kind in (Trainer, OneByOne):
        shown, marks = feed(source, lambda shown, numbers: shown, device), []
        trainer = kind(build("resnet20", 3, 10).to(device), shown, BLANK, MEAN, STD, settings, device=device)
        trainer.run(lambda _, marks=marks: marks.append(time.perf_counter()))
        found.append(count / (marks[-1] - marks[-2]))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return [*found, fresh.submit(_recipe, device, count).result()]


def _recipe(device: str, count: int) -> float:
    """Images a second of the plain recipe's second epoch. Its workers are forked, and would inherit a process's CUDA graphs."""
    network, source = build("resnet20", 3, 10).to(device), pictures(count)
    for _ in range(2):
        began = time.perf_counter()
        plain.train_epoch(network, source.read(np.arange(count)), source.labels, MEAN, STD, device)
        rate = count / (time.perf_counter() - began)
    return rate


def _medians(device: str, *sides, rounds: int = 7) -> list[float]:
    def timed(side):
        began = time.perf_counter()
        work = side()
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        return work / (time.perf_counter() - began)

    for side in sides:
        timed(side)
    found = [[timed(side) for side in sides] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*found, strict=True)]


CHECKS = (same_search, recorded, grouping, float32, bfloat16, training, memory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    device = parser.parse_args().device
    if device.startswith("cuda") and not torch.cuda.is_available():
        print("make gpu-check: found no CUDA device, expected one; nothing was checked")
        return 1
    machine = torch.cuda.get_device_name() if device.startswith("cuda") else "CPU"
    print(f"| {machine}, torch {torch.__version__} | found | limit | |\n| --- | --- | --- | --- |")
    rows = []
    out = Path("results/benchmarks/gpu.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    for check in (*CHECKS, search_rates, training_rates):
        for found in check(device):
            rows.append({**asdict(found), "holds": found.holds, "limit": None if np.isinf(found.limit) else found.limit})
            out.write_text(json.dumps({"machine": machine, "torch": torch.__version__, "checks": rows}, indent=2) + "\n")
            sign = "≥" if found.least else "≤"
            print(
                f"| {found.name} | {found.value:.4g} | {sign} {found.limit:g} | {'' if found.holds else 'MISSED'} |", flush=True
            )
    return int(not all(row["holds"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
