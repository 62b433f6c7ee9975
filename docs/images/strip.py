"""The strip at the head of README: images, the pixels that keep a network 99 % sure, and what students of kept pixels reach.

    PYTHONPATH=workflow/scripts python docs/images/strip.py results/cifar10_verdict resnet20_epochs_200 docs/images/strip.png

Shown are the first images of different classes of CIFAR-10 that the network has right at 0.99, by the search `refined`; bars and
intervals are of docs/results/cifar10_lengths: accuracy.csv of that network on whole images, leakage.csv, audit `of_brought`, and
what random pixels give by controls.csv.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.figures import style
from overinterp.figures.leakage import LOOKS
from overinterp.statistics import wilson

SHOWN = 5


def main(results: Path, model: str, out: Path) -> None:
    """Draw it."""
    info = load_data_info(results / "data/data.json")
    source = open_split(results / "data/test.csv", info)
    ordering = load_orderings(sorted((results / f"orderings/{model}/refined/test").glob("*.npz")))
    found = sis.find_sis(ordering, 0.99)
    masks, rows = sis.masks(ordering, found), []
    for row in np.flatnonzero((found.status == sis.FOUND) & (ordering.label == ordering.predicted)):
        if ordering.label[row] not in ordering.label[rows] and len(rows) < SHOWN:
            rows.append(row)
    figure, _ = style.new_figure(4.4)
    figure.clf()
    figure.set_size_inches(17 / 2.54, 4.4 / 2.54)
    axes = figure.subplot_mosaic([[f"i{n}" for n in range(SHOWN)] + ["bars"] * 3, [f"s{n}" for n in range(SHOWN)] + ["bars"] * 3])
    for place, row in enumerate(rows):
        image, name = source.read(ordering.index[[row]])[0], info["class_names"][ordering.label[row]]
        axes[f"i{place}"].imshow(image, interpolation="nearest")
        axes[f"s{place}"].imshow(
            np.where(masks[row][..., None], image, [214, 230, 240]).astype(np.uint8), interpolation="nearest"
        )
        axes[f"i{place}"].set_title(name, fontsize=7, pad=2)
        axes[f"s{place}"].set_xlabel(f"{found.size[row]} pixels:\n“{name}”, 99 %", fontsize=6.5, labelpad=2)
        for kind in "is":
            axes[f"{kind}{place}"].set(xticks=[], yticks=[])
            axes[f"{kind}{place}"].spines[:].set_visible(False)
    lengths = Path("docs/results/cifar10_lengths")
    students, controls = pd.read_csv(lengths / "leakage.csv"), pd.read_csv(lengths / "controls.csv")
    students = students[students.audit == "of_brought"]
    bars = [(students, "kept", "kept pixels"), (students, "position", "their places"), (controls, "random", "random pixels")]
    bars = [(table[table.control == control].iloc[0], LOOKS[control], name) for table, control, name in bars]
    accuracy = pd.read_csv(lengths / "accuracy.csv")
    whole = accuracy[(accuracy.model == "resnet20_brought") & (accuracy.test_mask == "all")].iloc[0]
    ends = dict(zip(("accuracy_low", "accuracy_high"), wilson(whole.accuracy, whole.images, 0.95), strict=True))
    bars.insert(0, (pd.Series({"accuracy": whole.accuracy, **ends}), "0.6", "whole images, that network itself"))
    for place, (row, colour, name) in enumerate(bars):
        error = [[100 * (row.accuracy - row.accuracy_low)], [100 * (row.accuracy_high - row.accuracy)]]
        axes["bars"].barh(place, 100 * row.accuracy, xerr=error, color=colour, height=0.3, error_kw={"elinewidth": 0.8})
        axes["bars"].text(0.5, place - 0.37, f"{name}: {row.accuracy:.0%}", fontsize=6.5, va="center", bbox=style.BEHIND)
    axes["bars"].axvline(10, color="grey", linewidth=0.8, linestyle=":")
    axes["bars"].set(yticks=[], ylim=(3.3, -0.6), xlim=(0, 90))
    axes["bars"].set_xlabel(
        "right on test images (%); lower three: students that\nsee 5 % of the pixels alone; dotted: chance", fontsize=6.5
    )
    style.save(figure, out.with_suffix(".pdf"), out)
    out.with_suffix(".pdf").unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
