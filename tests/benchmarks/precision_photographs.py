"""Searches of photographs by slopes in TF32 and in bfloat16: do they pick what float32 picks, are subsets as small, is it faster?

    snakemake --cores 2 results/photographs/data/data.json results/photographs/models/{squeezenet,mobilenet}/check.json \\
        --configfile docs/results/photographs/config.yaml
    python tests/benchmarks/precision_photographs.py results/photographs docs/results/photographs 282 16 cuda

From image 282 on, the first 16 test images of which every classifier of the study is 90 % sure. Along the path of `gradient`
(float32, 100 pixels a step), at 24 steps: the share of its picks that a precision picks as well, beside float32's own in passes
of other shape. Then `ranked` with all of its passes in a precision, its sizes at 0.9 read off passes in float32, and what
it recorded itself. And images a second, medians of 7. Writes precision.csv, a line a number. TF32 is of GPUs; a CPU does float32.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from frontier_photographs import THRESHOLD, arguments, chosen, searched  # which makes overinterp importable

from overinterp import classifier, job, sis
from overinterp.search.ordering import Ordering
from overinterp.search.scoring import gradient_scores, log_odds, pick
from overinterp.search.stages import preset
from overinterp.statistics import interval

PRECISIONS = ("float32", "tf32", "bfloat16")
REMOVED, STEPS, ROWS = 100, 24, 256  # pixels a step; steps asked; rows of a pass


def in_precision(network, precision: str, device: str):
    """The network as it is passed in a precision; TF32 is a setting of torch's."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    return classifier.BFloat16(network, device) if precision == "bfloat16" else network


def in_float32(network, images, blank, found: Ordering) -> np.ndarray:
    """Log-odds (N, S + 1) of an ordering's columns, by the network in float32."""
    shown = in_precision(network, "float32", images.device.type)
    target, columns = torch.from_numpy(found.target).to(images.device), []
    for column in range(found.removed.shape[1]):
        kept = torch.from_numpy(found.kept_after(found.removed[:, column]))[:, None].to(images.device)
        with torch.no_grad():
            columns.append(log_odds(shown(torch.where(kept, images, blank)), target))
    return torch.stack(columns, 1).cpu().numpy()


def shared_picks(network, images, blank, found: Ordering, precision: str, rows: int) -> np.ndarray:
    """Shares (N, `STEPS`) of a float32 search's picks that passes of so many rows in a precision pick as well."""
    shown, device, shares = in_precision(network, precision, images.device.type), images.device, []
    flat, target = images.flatten(2), torch.from_numpy(found.target).to(device)
    remove = torch.full((len(images),), REMOVED, device=device)
    for column in np.linspace(0, found.removed.shape[1] - 3, STEPS).astype(int):
        start = found.removed[:, column]
        gone = torch.from_numpy(~found.kept_after(start).reshape(len(found), -1)).to(device)
        own = torch.from_numpy(np.stack([o[s : s + REMOVED] for o, s in zip(found.order.astype(np.int64), start, strict=True)]))
        _, scores, noise = gradient_scores(shown, flat, gone, ~gone, target, blank.flatten(2), (found.height, found.width), rows)
        picked = torch.zeros_like(gone).scatter_(1, pick(scores, noise, remove, REMOVED)[0], True)
        shares.append(picked.gather(1, own.to(device)).double().mean(1).cpu().numpy())
    return np.stack(shares, 1)


def rates(network, images, precision: str) -> tuple[float, float]:
    """Images a second forwards, and with the gradient in the image."""
    shown, batch = in_precision(network, precision, images.device.type), images.repeat(-(-ROWS // len(images)), 1, 1, 1)[:ROWS]

    def once(slopes: bool) -> float:
        began = time.perf_counter()
        given = batch.clone().requires_grad_(slopes)
        with torch.set_grad_enabled(slopes):
            total = shown(given).logsumexp(1).sum()
        if slopes:
            torch.autograd.grad(total, given)
        if images.is_cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - began

    found = []
    for slopes in (False, True):
        once(slopes)
        found.append(ROWS / statistics.median(once(slopes) for _ in range(7)))
    return tuple(found)


def main(results: Path, out: Path, first: int, count: int, device: str) -> None:
    """Ask each classifier of the study, and write what was found."""
    device, rows = job.device(device), []
    networks, _, _, images, blank = chosen(results, first, count)
    networks = {name: network.to(device) for name, network in networks.items()}
    images, blank = images.to(device), blank.to(device)
    machine = torch.cuda.get_device_name() if device.startswith("cuda") else "CPU"

    def tell(model, precision, what, values, digits):
        value, low, high = values if isinstance(values, tuple) else (values, np.nan, np.nan)
        shown = [round(float(number), digits) for number in (value, low, high)]
        columns = ("machine", "model", "precision", "measure", "value", "low", "high", "images")
        rows.append(dict(zip(columns, (machine, model, precision, what, *shown, count), strict=True)))
        print(model, precision, what, *shown, flush=True)
        pd.DataFrame(rows).to_csv(out / "precision.csv", index=False)

    for model, network in networks.items():
        for precision in PRECISIONS:
            forward, slopes = rates(network, images, precision)
            tell(model, precision, "forward passes a second", forward, 0)
            tell(model, precision, "image-steps a second", slopes, 0)
    for model, network in networks.items():
        path, sizes = _searched(network, images, blank, "float32", "gradient"), {}
        for name, precision, size in (("float32, 4 rows a pass", "float32", 4), *((p, p, ROWS) for p in PRECISIONS[1:])):
            shares = shared_picks(network, images, blank, path, precision, size)
            tell(model, name, "gradient: share of float32's picks", interval(shares.mean(1)), 4)
        for precision in PRECISIONS:
            found = _searched(network, images, blank, precision, "ranked")
            odds = in_float32(network, images, blank, found)
            sizes[precision] = sis.find_sis(replace(found, log_odds=odds), THRESHOLD).size
            tell(model, precision, "ranked: pixels at 0.9, geometric mean", tuple(np.exp(interval(np.log(sizes[precision])))), 1)
            apart = np.log(sizes[precision] / sizes["float32"])
            tell(model, precision, "ranked: times float32's pixels", tuple(np.exp(interval(apart))), 3)
            tell(model, precision, "ranked: log-odds recorded, largest difference", abs(odds - found.log_odds).max(), 4)


def _searched(network, images, blank, precision: str, method: str) -> Ordering:
    schedule = preset(method, images[0, 0].numel(), REMOVED)
    return searched(in_precision(network, precision, images.device.type), images, blank, schedule, ROWS)


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("device", nargs="?", default="cpu")
    job.keep_memory()
    main(**vars(parser.parse_args()))
