"""Does the tool find what was planted, and nothing where nothing was? Power and false alarms over kinds, strengths and seeds.

    python tests/benchmarks/planted_power.py config > power.yaml          # 40 studies of drawn shapes
    snakemake --cores 2 all --configfile power.yaml                       # three quarters of an hour of two cores
    python tests/benchmarks/planted_power.py table results power.csv power.png

The table has a row a study: what the verdict says, its numbers, how much of the subsets lies on planted pixels, and what the
leakage audit says of positions. `pixel` is a patch of one pixel. Strength 0 is each kind's own null.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

import numpy as np
import pandas as pd
import yaml

from overinterp.artifacts.files import read_json
from overinterp.artifacts.tables import read_table, write_table
from overinterp.figures import style

KINDS = {"patch": 4, "pixel": 1, "border": 4, "corner": 4, "tint": 4}  # side of the square, where it is one
STRENGTHS, SEEDS = (0, 0.5, 0.8, 1), (0, 1)
POSITION = 0.5  # share of the kept pixels' accuracy above chance that position reaches, from which "it is the position" is said
LABELS = {
    "precision": "planted share of\nthe subsets' pixels",
    "one_place": "share in one place",
    "position": "share that position\nreaches",
}


def study(kind: str, strength: float, seed: int) -> dict:
    """One study of a config."""
    planted = {"kind": "patch" if kind == "pixel" else kind, "size": KINDS[kind], "strength": strength, "seed": seed}
    model = f"small_cnn-full-{seed}"
    judged = [{"models": [model], "split": "test", "images": 100}]
    masks = [{"models": [model], "split": split, "images_per_shard": 4000} for split in ("test", "train")]
    return {
        "name": f"{kind}_{100 * strength:.0f}_{seed}",
        "data": {
            "dataset": "planted",
            "train_images": 4000,
            "test_images": 400,
            "seed": seed,
            "planted": planted | {"place": [12, 12]},
        },
        "architectures": ["small_cnn"],
        "seeds": [seed],
        "training": {"epochs": 30, "batch_size": 64, "learning_rate": 0.1},
        "conditions": [{"name": "full"}],
        "audits": [
            {
                "name": "audit",
                "masks_from": {"model": model, "search": "gradient"},
                "fraction": 0.05,
                "controls": ["kept", "position"],
            }
        ],
        "searches": [
            {"name": "refined", "method": "refined", "runs": judged},
            {"name": "other", "method": "refined", "target": "other", "runs": judged},
            {"name": "gradient", "method": "gradient", "pixels_per_step": 8, "runs": masks},
        ],
        "analysis": {"search": "refined", "mask_search": "gradient", "fractions": [0.05]},
        "tables": ["planted_recovery", "leakage"],
        "figures": [],
    }


def config() -> dict:
    """All studies."""
    return {"device": "cpu", "studies": [study(*which) for which in _all()]}


def _all():
    return [(kind, strength, seed) for kind in KINDS for strength in STRENGTHS for seed in SEEDS]


def table(results: Path) -> pd.DataFrame:
    """One row a finished study."""
    rows = []
    for kind, strength, seed in _all():
        folder = results / f"{kind}_{100 * strength:.0f}_{seed}"
        if not (folder / "verdict.json").is_file():
            continue
        verdict = read_json(folder / "verdict.json")
        row = {
            "kind": kind,
            "strength": strength,
            "seed": seed,
            "accuracy": verdict["accuracy"]["value"],
            "state": verdict["state"],
        }
        row |= {"reason": verdict["reasons"][0], "usable": verdict["usable"], "empty": verdict["empty"]}
        for name in ("size", "any_class", "one_place", "border"):
            number = verdict["numbers"][name]
            row |= {
                name: number["value"],
                f"{name}_low": number["low"],
                f"{name}_high": number["high"],
                f"{name}_above": number["above_limit"],
            }
        found = read_table(folder / "tables/planted_recovery.csv").set_index("search").loc["refined"]
        row |= {
            name: found[name] for name in ("precision", "precision_low", "precision_high", "touch_share", "uniform_precision")
        }
        audit = read_table(folder / "tables/leakage.csv").set_index("control")
        row |= {"kept": audit.accuracy["kept"], "position_accuracy": audit.accuracy["position"]}
        row |= {f"position{end}": audit.loc["position", f"share{end}"] for end in ("", "_low", "_high")}
        row["says_position"] = bool(row["position_low"] > POSITION)
        rows.append(row)
    return pd.DataFrame(rows)


def draw(found: pd.DataFrame, png: Path) -> None:
    """Three numbers against the strength of the plant, one line a kind, one point a seed."""
    figure, axes = style.new_figure(11, 3, sharex=True)
    for axis, (column, label) in zip(axes, LABELS.items(), strict=True):
        for number, (kind, part) in enumerate(found.groupby("kind", sort=False)):
            if column == "precision" and kind == "tint":
                continue  # every pixel is planted
            place = part.strength + 0.012 * (number - 2)
            colour, marker = style.COLOURS[number], "osD^v"[number]
            axis.plot(place.groupby(part.strength).first(), part.groupby("strength")[column].mean(), color=colour, linewidth=0.8)
            for row, x in zip(part.itertuples(), place, strict=True):
                ends = [getattr(row, f"{column}_low"), getattr(row, f"{column}_high")]
                axis.plot([x, x], ends, color=colour, linewidth=0.8)
            axis.plot(place, part[column], marker, color=colour, markersize=3, label=kind)
        axis.set(ylim=(-0.1, 1.15), yticks=(0, 0.5, 1), ylabel=label)
    axes[1].axhline(0.5, color="grey", linewidth=0.8, linestyle=":")
    axes[2].axhline(POSITION, color="grey", linewidth=0.8, linestyle=":")
    said = "bars: 95 % (one place: 98.3 %), cut above 1.15\nlines: means of two seeds; dotted: the limit\n"
    said += "a tint covers every pixel and has no first panel"
    axes[2].set(xlabel=f"strength: how often the pattern tells the class\n{said}", xticks=STRENGTHS)
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, handletextpad=0, columnspacing=0.8)
    style.save(figure, png.with_suffix(".pdf"), png)


def main(arguments=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("config")
    made = commands.add_parser("table")
    for name in ("results", "csv", "png"):
        made.add_argument(name, type=Path)
    given = parser.parse_args(arguments)
    if given.command == "config":
        print(yaml.safe_dump(config(), sort_keys=False))
        return
    found = table(given.results)
    write_table(given.csv, found)
    draw(found, given.png)
    shown = [
        "kind",
        "strength",
        "seed",
        "accuracy",
        "state",
        "one_place",
        "border",
        "any_class",
        "precision",
        "position",
        "says_position",
    ]
    with pd.option_context("display.width", 200, "display.max_columns", None, "display.max_rows", None):
        print(found[shown].to_string(index=False, float_format=lambda value: f"{value:.2f}", na_rep=str(np.nan)))


if __name__ == "__main__":
    main()
