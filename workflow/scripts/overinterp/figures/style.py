"""One style for all figures: column width, colours that colour-blind people tell apart, files equal to the byte."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from overinterp.artifacts.files import replacing

WIDTH = 8.5 / 2.54  # inches; one column of a page
# seaborn's palette "colorblind"; written out, for importing seaborn takes each job two seconds
COLOURS = ["#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9"]
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}  # numbers, so that lines stop at them
GREY = "0.7"  # of what is of too few images for an interval
DPI = 300  # of a PNG
SETTINGS = {
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "path.simplify": False,
}
WORDS = {
    "small_cnn": "CNN",
    "small_resnet": "ResNet",
    "resnet20": "ResNet20",
    "resnet32": "ResNet32",
    "resnet44": "ResNet44",
    "resnet18": "ResNet18",
    "vgg16": "VGG16",
    "full": "full images",
    "input_dropout": "input dropout",
    "shuffled": "shuffled labels",
}

NULLS = {"shuffled": "--", "none": ":"}  # lines of networks taught shuffled labels, and of untrained ones


def new_figure(height: float, rows: int = 1, columns: int = 1, **options):
    """A figure of column width and its axes, in the project's style.

    Args:
        height: In centimetres.
        rows: Of axes.
        columns: Of axes.
        **options: For ``matplotlib.pyplot.subplots``.
    """
    matplotlib.rcdefaults()
    plt.rcParams.update(SETTINGS)
    return plt.subplots(rows, columns, figsize=(WIDTH, height / 2.54), **options)


def text_panel(message: str) -> Figure:
    """A figure that says in words why there is nothing to draw."""
    figure, axis = new_figure(2.5)
    axis.set_axis_off()
    axis.text(0.5, 0.5, message, ha="center", va="center")
    return figure


def words(name: str) -> str:
    """A name in words: known ones by their usual word, others with spaces for underscores."""
    return WORDS.get(name, name.replace("_", " "))


def group_name(model: dict) -> str:
    """The group whose networks differ in seed alone: an architecture and condition, a brought classifier, or an ensemble.

    Args:
        model: The columns kind, group, architecture and condition, as tables have them.
    """
    if model["kind"] == "network":
        return f"{words(model['architecture'])}, {words(model['condition'])}"
    return words(model["group"])


def rows_of_groups(axis, table, under: str = "") -> list[str]:
    """Make the y axis one of groups, from the top down, named in two lines; the groups in that order.

    Args:
        axis: Axes.
        table: With the columns that `group_name` reads.
        under: What is said under a name, with columns of the group's first row, such as "n = {images}".
    """
    firsts = table.drop_duplicates("group")
    rows = [row for _, row in firsts.iterrows()]
    names = ["\n".join([*group_name(row).split(", ", 1), under.format_map(row)]).rstrip() for row in rows]
    axis.set(yticks=range(len(names)), yticklabels=names, ylim=(len(names) - 0.5, -0.5))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    return firsts.group.tolist()


def greyed(colour: str, low: float) -> str:
    """The colour, or grey where an interval has no ends: tables give none of fewer than eight images."""
    return colour if low == low else GREY


def beside(axis, place: float, text: str, **options) -> None:
    """Write a few words, such as a row's count, at the right of the axes."""
    options = {"va": "center", "fontsize": 6.5, "color": "0.3", **options}
    axis.text(1.02, place, text, transform=axis.get_yaxis_transform(), **options)


def heat_map(axis, shares, columns: list[str], rows: list[str], written: bool = True) -> None:
    """Draw a matrix of shares in per cent, each in its cell, black from the middle on, where white has too little contrast.

    Args:
        axis: Axes.
        shares: (rows, columns), 0 to 1.
        columns: Their names.
        rows: Their names, from the top.
        written: False where so many numbers would not be legible.
    """
    import seaborn as sns  # two seconds, for the few figures that have one

    sns.heatmap(
        100 * shares, vmin=0, vmax=100, cmap="cividis", annot=written, fmt=".0f", annot_kws={"size": 6.5}, cbar=False,
        xticklabels=columns, yticklabels=rows, ax=axis,
    )  # fmt: skip
    for text in axis.texts:
        text.set_color("black" if float(text.get_text()) >= 50 else "white")
    axis.set(xlabel="", ylabel="")
    axis.tick_params(length=0, labelsize=6.5)
    axis.tick_params(axis="y", rotation=0)


def network_name(model: dict) -> str:
    """A group's name and, of a network trained here, its seed."""
    return f"{group_name(model)}, {int(model['seed'])}" if model["kind"] == "network" else group_name(model)


def threshold_ticks(axis, thresholds) -> None:
    """Ticks of confidence thresholds on an x axis of log-odds."""
    thresholds = np.unique(thresholds)
    axis.set_xticks(np.log(thresholds / (1 - thresholds)), [f"{threshold:g}" for threshold in thresholds])


def span(counts) -> str:
    """The least and the most of some counts, such as "90–360", or the one that all are."""
    return "–".join(str(count) for count in sorted({min(counts), max(counts)}))


def images_in_words(networks: int, counts) -> str:
    """How many images each of some networks was shown, such as "3 seeds × 360 images"."""
    return f"{networks} seeds × {span(counts)} images" if networks > 1 else f"{span(counts)} images"


def save(figure: Figure, pdf: str | Path, png: str | Path) -> None:
    """Write a figure as PDF and as PNG of `DPI` dots an inch, without dates or versions in them."""
    with replacing(pdf) as temporary:
        figure.savefig(temporary, metadata={"CreationDate": None, "Producer": None, "Creator": None})
    with replacing(png) as temporary:
        figure.savefig(temporary, dpi=DPI, metadata={"Software": None})
    plt.close(figure)


def short(text: str) -> str:
    """A long name's beginning: without a WordNet id, up to a comma, and no more than 13 letters."""
    text = re.sub(r"^n\d{8}[_ ]", "", text).split(",")[0].replace("_", " ")
    return text if len(text) <= 13 else text[:12].rstrip() + "…"
