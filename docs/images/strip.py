"""The strip at the head of README: images, pixels that keep a network 99 % sure, bare dots, and what students reach.

    PYTHONPATH=workflow/scripts python docs/images/strip.py results/cifar10_verdict resnet20_epochs_200 docs/images/strip.png

Shown is the first image of each of five classes of CIFAR-10 that the network has right and is 99 % sure of, by the search
`refined`; below, what it says of dots at the places of the last 5 % of the pixels, halfway from the blank to black: of four
colours that whose mean confidence is nearest to the mean of all four (docs/results/cifar10_verdict/dots.csv). The pictures'
numbers go to a CSV of the picture's name. Bars and intervals are of docs/results/cifar10_refined_leak/leakage.csv, audit
`of_subsets`: students of such subsets of that network, of JPEG copies of other images.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.collections import LineCollection

from overinterp import classifier, dots, sis
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.tables import write_table
from overinterp.figures import style
from overinterp.figures.leakage import LOOKS
from overinterp.figures.sis_examples import outline, shown_pixels
from overinterp.perturbations import Shown
from overinterp.pixels import blank_tensor

SHOWN = 5
FRACTION = 0.05  # of the pixels, at whose places dots are shown
BARS = {
    "full": "students of whole images",
    "kept": "students of such few pixels",
    "position": "students of nothing but their places",
    "matched": "students of random pixels in such places",
}


def main(results: Path, model: str, out: Path) -> None:
    """Draw it."""
    info = load_data_info(results / "data/data.json")
    source = open_split(results / "data/test.csv", info)
    ordering = load_orderings(sorted((results / f"orderings/{model}/refined/test").glob("*.npz")))
    found = sis.find_sis(ordering, 0.99)
    masks, rows = sis.masks(ordering, found), []
    sure = ordering.confidence[:, 0] >= 0.99
    for row in np.flatnonzero((found.status == sis.FOUND) & (ordering.label == ordering.predicted) & sure):
        if ordering.label[row] not in ordering.label[rows] and len(rows) < SHOWN:
            rows.append(row)
    part = ordering.take(np.array(rows))
    kept = part.kept_fraction(FRACTION)
    network = classifier.load(results / f"models/{model}")
    images = Shown(network, source, part.index, part.target, info["blank"], 0, "cpu")
    told = pd.read_csv("docs/results/cifar10_verdict/dots.csv").query("subset == 'kept'").set_index("shown").confidence
    middling = (told[list(dots.COLOURS)] - told["dots"]).abs().idxmin()
    paint = blank_tensor(dots.colours(info["blank"])[middling], "cpu").expand_as(images.images)
    seen = torch.where(torch.from_numpy(kept[:, None]), paint, images.blank)
    with torch.no_grad():
        likeliest = network(seen).softmax(1).max(1)
    shown = {
        "image": ordering.index[rows],
        "class_name": [info["class_names"][label] for label in ordering.label[rows]],
        "confidence_whole": ordering.confidence[rows, 0],
        "pixels": found.size[rows],
        "confidence_pixels": ordering.confidence_after(ordering.pixels - found.size[:, None])[rows, 0],
        "dots": kept.sum((1, 2)),
        "says_of_dots": [info["class_names"][label] for label in likeliest.indices],
        "confidence_in_that": likeliest.values.numpy(),
        "confidence_dots": images.confidence(kept, paint=paint),
    }
    write_table(out.with_suffix(".csv"), pd.DataFrame(shown))
    figure, _ = style.new_figure(7.6)
    figure.clf()
    figure.set_size_inches(17 / 2.54, 7.6 / 2.54)
    axes = figure.subplot_mosaic([[f"{kind}{n}" for n in range(SHOWN)] + ["bars"] * 3 for kind in "isd"])
    for place, row in enumerate(rows):
        image, name = source.read(ordering.index[[row]])[0], info["class_names"][ordering.label[row]]
        axes[f"i{place}"].imshow(image, interpolation="nearest")
        axes[f"s{place}"].imshow(shown_pixels(image, masks[row]), interpolation="nearest")
        edges = LineCollection(outline(masks[row]), colors="0.25", linewidths=0.3, capstyle="projecting")
        axes[f"s{place}"].add_collection(edges)  # white pixels are lost on pale blue
        axes[f"d{place}"].imshow(seen[place].permute(1, 2, 0).numpy(), interpolation="nearest")
        words = {
            "i": ("whole image", name, f"{100 * ordering.confidence[row, 0]:.0f}"),
            "s": (f"{found.size[row]} pixels", name, "≥ 99"),
            "d": (f"{kept[place].sum()} dots", shown["says_of_dots"][place], f"{100 * likeliest.values[place]:.0f}"),
        }
        for kind, (what, said, percent) in words.items():
            axes[f"{kind}{place}"].set_xlabel(f"{what}:\n“{said}”, {percent} %", fontsize=6.5, labelpad=2)
            axes[f"{kind}{place}"].set(xticks=[], yticks=[])
            axes[f"{kind}{place}"].spines[:].set_visible(False)
    table = pd.read_csv("docs/results/cifar10_refined_leak/leakage.csv")
    every, taught = (table[table.audit == audit].probe_masks.max() for audit in ("of_refined", "of_subsets"))
    students = table[table.audit == "of_subsets"].set_index("control")
    for place, (control, name) in enumerate(BARS.items()):
        row = students.loc[control]
        error = [[100 * (row.accuracy - row.accuracy_low)], [100 * (row.accuracy_high - row.accuracy)]]
        bar = {"color": LOOKS.get(control, "0.6"), "height": 0.3, "error_kw": {"elinewidth": 0.8}}
        axes["bars"].barh(place, 100 * row.accuracy, xerr=error, **bar)
        axes["bars"].text(0.5, place - 0.32, f"{name}: {row.accuracy:.0%}", fontsize=6.5, va="center", bbox=style.BEHIND)
    axes["bars"].axvline(10, color="grey", linewidth=0.8, linestyle=":")
    axes["bars"].set(yticks=[], ylim=(len(BARS) - 0.7, -0.5), xlim=(0, 90))
    axes["bars"].set_xlabel(
        f"right on {row.images:.0f} test images (%), taught on {taught:.0f}\n"
        f"(whole ones: {every:.0f}); bars: 95 %; dotted: chance",
        fontsize=6.5,
    )
    style.save(figure, out.with_suffix(".pdf"), out)
    out.with_suffix(".pdf").unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
