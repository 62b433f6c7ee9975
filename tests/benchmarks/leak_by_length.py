"""What a teacher's masks tell by where they lie, against the length of its training: one picture of three runs' tables.

    python tests/benchmarks/leak_by_length.py docs/results docs/images/leak_by_length.png

The set-ups differ in more than the length, so compare points of one line: cifar10_audit (10,000 training and 2,000 test images,
small ResNets as students), cifar10_lengths (all 50,000 and 5,000, ResNet20 as students), digits_lengths (500 and 360, small CNNs,
exact search, two teachers a length; it has no table of rings). CIFAR-10's masks are by gradient steps. Hollow: one and the same
brought teacher in both runs of CIFAR-10, trained by others for 200 epochs on the lossless originals; no line leads to it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

import pandas as pd
from matplotlib.figure import Figure

from overinterp.artifacts.tables import read_table
from overinterp.figures import style

BROUGHT = 200  # epochs of the brought teacher, of which its table knows nothing
RUNS = {"digits_lengths": "digits, CNNs", "cifar10_audit": "CIFAR-10, small ResNets", "cifar10_lengths": "CIFAR-10, ResNet20s"}
PANELS = {
    "position": "share that position\nreaches (%)",
    "probe": "linear probe of\nmask bits right (%)",
    "ring": "kept pixels in the\noutermost ring (%)",
}


def points(results: Path) -> pd.DataFrame:
    """One row a run, teacher and panel: epochs, brought, value, low, high, images, and floor (chance, or an even spread)."""
    found = []
    for run in RUNS:
        audits = read_table(results / run / "leakage.csv")
        audits = audits[audits.target == "predicted"]
        for control, name in (("position", "share"), ("probe", "accuracy")):
            rows = audits[audits.control == control]
            found.append(_named(rows, run, control, name).assign(floor=rows.chance if control == "probe" else float("nan")))
        if (results / run / "pixel_rings.csv").exists():
            rings = read_table(results / run / "pixel_rings.csv").query("rings == 1 and split == 'test'")
            lengths = audits.drop_duplicates("teacher")[["teacher", "search", "teacher_epochs"]]
            rows = rings.drop(columns="teacher").merge(lengths, left_on=["model", "search"], right_on=["teacher", "search"])
            found.append(_named(rows, run, "ring", "share").assign(floor=rows.uniform_share))
    return pd.concat(found, ignore_index=True)


def _named(rows: pd.DataFrame, run: str, panel: str, name: str) -> pd.DataFrame:
    columns = {name: "value", f"{name}_low": "low", f"{name}_high": "high"}
    shown = rows[["teacher", "teacher_epochs", "images", *columns]].rename(columns=columns | {"teacher_epochs": "epochs"})
    return shown.assign(run=run, panel=panel, brought=shown.epochs.isna(), epochs=shown.epochs.fillna(BROUGHT))


def draw(table: pd.DataFrame) -> Figure:
    """A panel a quantity, a line a run through the means of its teachers, a point a teacher with its interval over images."""
    figure, axes = style.new_figure(11, len(PANELS), sharex=True)
    for axis, (panel, label) in zip(axes, PANELS.items(), strict=True):
        part = table[table.panel == panel]
        for floor in part.floor.dropna().unique():
            axis.axhline(100 * floor, color="grey", linewidth=0.8, linestyle=":")
        for number, (run, name) in enumerate(RUNS.items()):
            rows = part[part.run == run]
            own, colour, marker = rows[~rows.brought], style.COLOURS[number], "osD"[number]
            means = 100 * own.groupby("epochs").value.mean()
            count = style.span(table[table.run == run].images)
            axis.plot(means.index, means, color=colour, linewidth=1)
            if panel == "position":
                axis.plot([], [], f"{marker}-", color=colour, markersize=3.5, linewidth=1, label=f"{name} ({count} images)")
            beside = rows.groupby("epochs").cumcount() * 0.06 + 0.08 * (number - 1)  # so that no point lies on another
            for row, shift in zip(rows.itertuples(), beside, strict=True):
                errors = [[100 * (row.value - row.low)], [100 * (row.high - row.value)]]
                looks = {"color": colour, "fmt": marker, "markersize": 3.5, "elinewidth": 0.8}
                axis.errorbar(row.epochs * (1 + shift), 100 * row.value, errors, **looks, mfc="white" if row.brought else colour)
        axis.set(xscale="log", ylim=(0, 102 if panel != "ring" else 40), ylabel=label)
    epochs = sorted(set(table.epochs) - {50})  # whose number would cover that of 60
    axes[-1].set_xticks(epochs, [f"{length:g}" for length in epochs])
    axes[-1].minorticks_off()
    said = "points: teachers (digits: two a length); lines: means\nbars: 95 %; hollow: brought; dotted: chance, an even spread"
    axes[-1].set_xlabel(f"epochs that the teacher was trained for (log scale)\n{said}", loc="right")
    figure.legend(loc="outside lower left", title="students and test images", alignment="left", borderaxespad=0)
    return figure


def main(arguments=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("png", type=Path)
    given = parser.parse_args(arguments)
    figure = draw(points(given.results))
    figure.savefig(given.png, dpi=300, metadata={"Software": None})


if __name__ == "__main__":
    main()
