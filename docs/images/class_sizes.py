"""How many pixels each class takes, in images that a network takes for it and in images that do not show it.

    python docs/images/class_sizes.py one/tables/verdict_images.csv another/tables/verdict_images.csv class_sizes.png

Of the tables `verdict_images` of studies of CIFAR-10: subsets of the class predicted where the network is as sure of the whole
image, and subsets of a class drawn at random that is neither predicted nor the image's. A mark a subset, the geometric mean as a
bar where a class has two at least.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow/scripts"))

import numpy as np
import pandas as pd

from overinterp.figures import style

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
KINDS = {"in images taken for it": (style.COLOURS[0], "o", -0.18), "in images that do not show it": (style.COLOURS[1], "s", 0.18)}


def sizes(table: pd.DataFrame) -> pd.DataFrame:
    """One row a subset: kind, class and pixels."""
    own = table[(table.status == "found") & table.full_at_threshold]
    other = table[(table.other_status == "found") & (table.other_class != table.label)]
    parts = [own.predicted, own.size_pixels], [other.other_class, other.other_size_pixels]
    rows = [pd.DataFrame({"kind": kind, "class": of, "pixels": pixels}) for kind, (of, pixels) in zip(KINDS, parts, strict=True)]
    return pd.concat(rows, ignore_index=True)


def main(*files: str, to: str) -> None:
    """Draw a panel a table, classes in the order of the first one's sizes."""
    tables = [pd.read_csv(file) for file in files]
    found = [sizes(table) for table in tables]
    order = np.log(found[0].pixels).groupby(found[0]["class"]).mean().sort_values().index.tolist()
    figure, axes = style.new_figure(8.2, 1, len(files), sharey=True, squeeze=False)
    for axis, table, rows in zip(axes[0], tables, found, strict=True):
        for (kind, of), part in rows.groupby(["kind", "class"]):
            colour, marker, aside = KINDS[kind]
            place, middle = order.index(of) + aside, np.exp(np.log(part.pixels).mean())
            axis.plot(part.pixels, np.full(len(part), place), marker, color=colour, markersize=3, alpha=0.35, markeredgewidth=0)
            if len(part) > 1:
                axis.plot([middle, middle], [place - 0.17, place + 0.17], color=colour, linewidth=2)
        counts = [f"{(rows.kind == kind).sum()}" for kind in KINDS]
        name = table.model.iloc[0].partition("_")[0].replace("resnet", "ResNet")
        axis.set_title(f"{name}\n{' and '.join(counts)} subsets", fontsize=7)
        axis.set(xscale="log", xlim=(0.8, 110), yticks=range(len(order)), yticklabels=[CLASSES[of] for of in order])
        axis.set_ylim(len(order) - 0.5, -0.5)
        axis.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
        axis.minorticks_off()
        axis.grid(axis="x", linewidth=0.4, color="0.9")
        axis.tick_params(axis="y", length=0)
    figure.supxlabel("pixels of 1,024 that make it 90 % sure of the class (log scale)", fontsize=7)
    for kind, (colour, marker, _) in KINDS.items():
        axes[0][0].plot([], [], marker, color=colour, markersize=4, label=kind)
    figure.legend(loc="outside upper center", ncols=2, handletextpad=0.2, columnspacing=0.8)
    figure.savefig(to, dpi=300, metadata={"Software": None})


if __name__ == "__main__":
    *given, out = sys.argv[1:]
    main(*given, to=out)
