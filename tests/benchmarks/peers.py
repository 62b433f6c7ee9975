"""Our searches beside what others use for the same question, in one run: same images, network, threshold and blank.

    pip install -r requirements-peers.txt        # for this script alone
    python tests/benchmarks/peers.py resnet20.pt cifar10.npz docs/results/peers

The network is that of make_reference.py, whose exact orderings are beside the others on its images, or one of its kin
(`--architecture`), without them; the images are all of the file on whose whole it is as sure as the threshold asks. Every mask
is scored again by the network itself, and others' forward passes are counted at the network (a backward pass counts as one;
ours are what their schedules say). Others: delta debugging (ddmin over pixels, which ends 1-minimal), once by rows and then in
random orders until it has cost as much as `refined`, of which the smallest counts; rankings by integrated gradients, by
occlusion and at random, of each the shortest prefix that suffices; and forward selection: from the blank on the best of all
pixels is added, `MOST` at most. Every subset is shown as dots, too (see `overinterp.dots`; the mean over their colours). Writes
a CSV and a figure, named after the architecture, and prints the tables of docs/METHODS.md.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from captum.attr import IntegratedGradients, Occlusion
from make_reference import MEAN, OF, OUT, brought

from overinterp import job, sis
from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.tables import write_table
from overinterp.data.source import ArraySource
from overinterp.dots import colours, jittered
from overinterp.figures import style
from overinterp.pixels import blank_tensor, to_float
from overinterp.search.images import search_images
from overinterp.search.stages import preset
from overinterp.statistics import interval, ratio_of_groups

with warnings.catch_warnings(action="ignore"):  # of pkg_resources, which it asks for
    import picire

THRESHOLDS = (0.9, 0.99)
STEPS = 50  # of integrated gradients
ROWS = 128  # of a pass
MOST = 24  # pixels that forward selection adds
NAMES = {
    "exact": "exact (BackSelect)",
    "refined": "refined (ours)",
    "gradient_1": "gradient, 1 pixel a step",
    "gradient_8": "gradient, 8 pixels a step",
    "ddmin": "delta debugging",
    "ddmin_again": "delta debugging, best of several",
    "forward": "forward selection, from the blank",
    "integrated_gradients": "integrated gradients",
    "occlusion": "occlusion",
    "random": "random order",
}


OURS = ("exact", "refined", "gradient_1", "gradient_8")  # searches that this workflow has


class Counted(torch.nn.Module):
    """A network that counts images forwards, and backwards."""

    def __init__(self, network):
        super().__init__()
        self.network, self.passes = network, 0

    def forward(self, x):
        """Logits."""
        self.passes += len(x) * (2 if x.requires_grad and torch.is_grad_enabled() else 1)
        return self.network(x)


def ddmin(confident, order: np.ndarray) -> np.ndarray:
    """The pixels that ddmin keeps, of all, which it cuts into parts in this order."""

    def test(config, config_id):
        mask = np.zeros((1, len(order)), bool)
        mask[0, config] = True
        return picire.Outcome.FAIL if confident(mask)[0] else picire.Outcome.PASS

    mask = np.zeros(len(order), bool)
    mask[picire.DD(test)(order.tolist())] = True
    return mask


def grown(confidence, pixels: int):
    """Forward selection: of all pixels the best is added, `MOST` times; yields each mask and the confidence there."""
    kept = np.zeros(pixels, bool)
    for _ in range(MOST):
        tried = np.flatnonzero(~kept)
        masks = np.tile(kept, (len(tried), 1))
        masks[np.arange(len(tried)), tried] = True
        found = confidence(masks)
        kept[tried[found.argmax()]] = True
        yield kept.copy(), found.max()


def prefix(ranking: np.ndarray, confident) -> np.ndarray | None:
    """The shortest prefix of a ranking (best pixel first) that suffices, looked for a pass of rows at a time."""
    place = ranking.argsort()
    for first in range(1, len(ranking) + 1, ROWS):
        sizes = np.arange(first, min(first + ROWS, len(ranking) + 1))
        reached = confident(place[None] < sizes[:, None])
        if reached.any():
            return place < sizes[reached.argmax()]
    return None


def main(weights: str, file: str, folder: Path, count: int, architecture: str) -> None:
    """Compare, write and print."""
    job.keep_memory()
    with np.load(file) as data:
        images, labels = data["test_x"][:count], data["test_y"][:count].astype(np.int64)
    network, blank = Counted(brought(weights, architecture)), blank_tensor(MEAN, "cpu")
    x = to_float(images, "cpu")
    pixels = x.shape[2] * x.shape[3]
    with torch.no_grad():
        target = network(x).argmax(1)

    def confidence(image: int, masks: np.ndarray, paint: torch.Tensor | None = None) -> np.ndarray:
        kept = torch.from_numpy(masks).reshape(-1, 1, *x.shape[2:])
        with torch.no_grad():
            shown = torch.where(kept, x[image] if paint is None else paint, blank).split(ROWS)
            return torch.cat([network(part).double().softmax(1)[:, target[image]] for part in shown]).numpy()

    def of_dots(image: int, mask: np.ndarray) -> float:
        return np.mean([confidence(image, mask[None], blank_tensor(colour, "cpu"))[0] for colour in colours(MEAN).values()])

    sure = [confidence(image, np.ones((1, pixels), bool))[0] for image in range(len(x))]
    numbers, rows = [image for image in range(len(x)) if sure[image] >= min(THRESHOLDS)], []

    def tell(method: str, image: int, threshold: float, mask: np.ndarray | None, passes: float) -> None:
        row = {"method": method, "image": image, "threshold": threshold, "passes": passes}
        if mask is not None:
            without = np.tile(mask, (int(mask.sum()), 1))
            without[np.arange(len(without)), np.flatnonzero(mask)] = False
            spare = int((confidence(image, without) >= threshold).sum()) if len(without) else 0
            row |= {"size_pixels": int(mask.sum()), "confidence": confidence(image, mask[None])[0], "spare_pixels": spare}
            near = jittered(mask.reshape(1, *x.shape[2:]), np.array([image]), 0).ravel()
            where = {"dots": mask, "jittered_dots": near, "random_dots": np.random.default_rng(image).permutation(mask)}
            row |= {name: of_dots(image, dots) for name, dots in where.items()}
        rows.append(row)

    source = ArraySource(images, labels)
    searches = {"exact": ("exact", 1), "refined": ("refined", 1), "gradient_1": ("gradient", 1), "gradient_8": ("gradient", 8)}
    if architecture != OF:
        del searches["exact"]
    for name, (method, step) in searches.items():
        settings = {"method": method, "pixels_per_step": step, "objective": "log_odds", "target": "predicted"}
        if method == "exact":
            found = load_orderings([OUT]).take(slice(count))
        else:
            found = search_images(network, source, numbers, list(MEAN), settings)
        passes = preset(method, pixels, step).forwards(pixels)
        for threshold in THRESHOLDS:
            subsets = sis.find_sis(found, threshold)
            masks = sis.masks(found, subsets).reshape(-1, pixels)
            for row in np.flatnonzero(subsets.full_at_threshold):
                mask = masks[row] if subsets.status[row] == sis.FOUND else None
                tell(name, int(found.index[row]), threshold, mask, passes)
        print(name, flush=True)
    rng = np.random.default_rng(0)
    for image in numbers:
        one, base = x[image : image + 1], blank.expand_as(x[image : image + 1]).contiguous()
        aim, rankings = int(target[image]), {}
        network.passes = 0
        slopes = IntegratedGradients(network).attribute(
            one.requires_grad_(), base, target=aim, n_steps=STEPS, internal_batch_size=STEPS
        )
        rankings["integrated_gradients"] = slopes.detach().sum((0, 1)).flatten(), network.passes
        one = one.detach()
        network.passes = 0
        with torch.no_grad():
            change = Occlusion(network).attribute(one, (3, 3, 3), (3, 1, 1), base, target=aim, perturbations_per_eval=ROWS)
        rankings["occlusion"] = change.sum((0, 1)).flatten(), network.passes
        rankings["random"] = torch.from_numpy(rng.random(pixels)), 0
        asked = [level for level in THRESHOLDS if sure[image] >= level]
        network.passes, path = 0, []
        for mask, value in grown(lambda masks, image=image: confidence(image, masks), pixels):
            path.append((value, mask, network.passes))
            if value >= max(asked):
                break
        for threshold in asked:
            _, mask, spent = next((step for step in path if step[0] >= threshold), (0, None, path[-1][2]))
            tell("forward", image, threshold, mask, spent)

            def confident(masks, image=image, threshold=threshold):
                return confidence(image, masks) >= threshold

            network.passes, orders = 0, np.random.default_rng(image)
            mask = smallest = ddmin(confident, np.arange(pixels))
            once = network.passes
            while network.passes < preset("refined", pixels, 1).forwards(pixels):
                smallest = min(smallest, ddmin(confident, orders.permutation(pixels)), key=np.sum)
            tell("ddmin_again", image, threshold, smallest, network.passes)
            tell("ddmin", image, threshold, mask, once)
            for name, (scores, spent) in rankings.items():
                network.passes = 0
                mask = prefix(scores.numpy().argsort()[::-1], confident)
                tell(name, image, threshold, mask, spent + network.passes)
        print(f"image {image}", flush=True)
    table = pd.DataFrame(rows)
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / f"{architecture}.csv", table)
    print(summary(table), places(table), sep="\n\n")
    asked = table.groupby("method").image.transform("nunique")
    figure = draw(table[asked == asked.max()], NAMES, OURS, pixels)
    figure.savefig(folder / f"{architecture}.png", dpi=300, metadata={"Software": None})


def summary(table: pd.DataFrame) -> str:
    """The table of the docs."""
    lines = ["| method | passes an image | images | pixels at 0.9: geometric mean (range) | times `refined`'s, same images "]
    lines[0] += "| images | at 0.99 | times `refined`'s | any one could be spared, 0.9 |"
    lines.append("| --- " * lines[0].count(" |") + "|")
    for method, name in ((method, NAMES[method]) for method in NAMES if method in set(table.method)):
        cells = []
        for threshold in THRESHOLDS:
            at = table[table.threshold == threshold].pivot(index="image", columns="method", values="size_pixels")
            at = at.reindex(columns=[*{method, "refined"}]).dropna()
            sizes, ours = at[method], at["refined"]
            times, low, high = ratio_of_groups(sizes.to_numpy()[None], ours.to_numpy()[None])
            cells += [f"{len(sizes)}", f"{np.exp(np.log(sizes).mean()):.1f} ({sizes.min():.0f} to {sizes.max():.0f})"]
            cells.append(f"{times:.2f} ({low:.2f} to {high:.2f})")
        at = table[(table.method == method) & (table.threshold == THRESHOLDS[0])]
        spare = f"{at.spare_pixels.sum() / at.size_pixels.sum():.0%}"
        lines.append(f"| {name} | {at.passes.mean():,.0f} | {' | '.join(cells)} | {spare} |")
    return "\n".join(lines)


def places(table: pd.DataFrame) -> str:
    """A table of how sure the network is of its class where it sees dots of one colour for these subsets."""
    lines = ["| method | images | dots of one colour there | each moved by one pixel | at random places |", "| --- " * 5 + "|"]
    at = table[(table.threshold == THRESHOLDS[0]) & table.dots.notna()]
    for method in (method for method in NAMES if method in set(at.method)):
        part = at[at.method == method]
        told = (interval(part[name].to_numpy()) for name in ("dots", "jittered_dots", "random_dots"))
        cells = [NAMES[method], f"{len(part)}", *("{:.2f} ({:.2f} to {:.2f})".format(*one) for one in told)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(table: pd.DataFrame, names: dict[str, str], ours: tuple[str, ...], pixels: int):
    """At the first threshold a row a method, a dot an image, the geometric mean as a bar; the cost stands beside the name."""
    at = table[(table.threshold == THRESHOLDS[0]) & table.size_pixels.notna()]
    means = np.exp(np.log(at.size_pixels).groupby(at.method).mean()).sort_values()
    figure, axis = style.new_figure(0.75 * len(means) + 1.8)
    for place, (method, mean) in enumerate(means.items()):
        colour = style.COLOURS[0 if method in ours else 3]
        sizes = at[at.method == method].size_pixels
        axis.plot(sizes, np.full(len(sizes), place), "o", color=colour, markersize=3.5, alpha=0.45, markeredgewidth=0)
        axis.plot([mean, mean], [place - 0.32, place + 0.32], color=colour, linewidth=1.8)
    labels = [f"{names[method]}\n{at[at.method == method].passes.mean():,.0f} passes" for method in means.index]
    axis.set(yticks=range(len(means)), yticklabels=labels, ylim=(len(means) - 0.5, -0.5), xscale="log")
    said = f"pixels of {pixels:,} that suffice at {THRESHOLDS[0]} (log scale)\n{at.image.nunique()} images; bar: geometric mean"
    axis.set_xlabel(f"{said}\nblue: searches of this repository", loc="right")
    low, high = axis.get_xlim()
    ticks = [digit * 10**power for power in range(6) for digit in (1, 3) if low <= digit * 10**power <= high]
    axis.set_xticks(ticks, [f"{tick}" if tick < 1000 else f"{tick // 1000}k" for tick in ticks])
    axis.minorticks_off()
    axis.tick_params(axis="y", length=0)
    return figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("weights", "images", "folder"):
        parser.add_argument(name)
    parser.add_argument("--count", type=int, default=100, help="images, the first of the file")
    parser.add_argument("--architecture", choices=("resnet20", "resnet32", "resnet44"), default=OF)
    given = parser.parse_args()
    main(given.weights, given.images, Path(given.folder), given.count, given.architecture)
