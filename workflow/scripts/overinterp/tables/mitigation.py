"""Remedies against overinterpretation, compared on what they cost and what they bring, on the same images.

A larger subset can mean a better classifier or just a less confident one. So sizes are compared on images that all compared
classifiers have right at the threshold, and once more after each classifier's confidence has been calibrated.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from overinterp import sis
from overinterp.artifacts.files import read_json, reading_npz
from overinterp.inputs import Inputs, Table
from overinterp.search.ordering import Ordering
from overinterp.significance import holm, paired_test
from overinterp.statistics import interval, ratio_of_groups

CAPTION = "Remedies on the images that all of them have right at the confidence `threshold`. Scaled: after temperature scaling."
SUMMARY = [
    "comparison", "threshold", "group", "networks", "accuracy", "corrupted_accuracy", "calibration_error", "matched_images",
    "mean_size_pixels", "size_ratio", "ratio_least", "ratio_most", "p_holm", "p_smallest", "matched_images_scaled",
    "mean_size_pixels_scaled",
    "size_ratio_scaled", "p_holm_scaled", "p_smallest_scaled",
]  # fmt: skip


@dataclass(frozen=True)
class Remedy:
    """What is known of one classifier.

    Attributes:
        row: The columns that describe it.
        metrics: Accuracy and calibration, as `overinterp.calibration.metrics` gives them.
        fitted: Numbers of the test images that the temperature was fitted on.
        ordering: Of some test images.
        scaled: The same with its log-odds at the classifier's temperature.
    """

    row: dict
    metrics: dict
    fitted: list
    ordering: Ordering
    scaled: Ordering

    def sizes(self, threshold: float, scaled: bool) -> pd.Series:
        """Size of the subset by number of the image; NaN unless the classifier is right, reaches the threshold and has one.

        Scaled sizes leave out the images that the temperature was fitted on.
        """
        ordering = self.scaled if scaled else self.ordering
        subsets = sis.find_sis(ordering, threshold)
        used = subsets.usable & ordering.correct
        if scaled:
            used &= ~np.isin(ordering.index, self.fitted)
        return pd.Series(np.where(used, subsets.size, np.nan), ordering.index)


def make(inputs: Inputs) -> Table:
    """One row a comparison and group.

    Settings: comparisons. Parts: of each classifier its temperature, and the scaled log-odds of its shards.
    """
    metrics = {path.stem: read_json(path) for path in inputs.parts if path.suffix == ".json"}
    found = {}
    for searched in inputs.searches:
        model, ordering = searched.row["model"], searched.load()
        paths = [path for path in inputs.parts if path.suffix == ".npz" and path.parents[2].name == model]
        fitted = metrics[model].pop("fitted")
        found[model] = Remedy(searched.row, metrics[model], fitted, ordering, _at_temperature(ordering, paths))
    parts = []
    for comparison in inputs.settings["comparisons"]:
        groups = {name: [found[model] for model in names] for name, names in comparison["groups"].items()}
        part = compare(groups, comparison["baseline"], comparison["threshold"])
        part.insert(0, "comparison", comparison["name"])
        parts.append(part)
    rows = pd.concat(parts, ignore_index=True)
    for ending in ("", "_scaled"):  # over all comparisons, which differ in their thresholds
        rows[f"p_holm{ending}"] = holm(rows[f"p{ending}"].to_numpy())
    return Table(rows, rows[SUMMARY], CAPTION)


def _at_temperature(ordering: Ordering, paths) -> Ordering:
    """The ordering with the log-odds that its scaled shards hold; shards may have fewer columns than the longest."""
    index, odds = [], []
    for path in paths:
        with reading_npz(path, "orderings at a temperature") as file:
            index.append(file["index"])
            odds.append(
                np.pad(file["log_odds"], ((0, 0), (0, ordering.removed.shape[1] - file["log_odds"].shape[1])), mode="edge")
            )
    return dataclasses.replace(ordering.select(np.concatenate(index)), log_odds=np.concatenate(odds))


def compare(groups: dict[str, list[Remedy]], baseline: str, threshold: float) -> pd.DataFrame:
    """Compare groups of classifiers, each against the baseline.

    Args:
        groups: Classifiers that differ in seed alone, by their group's name.
        baseline: Name of the group that the others are compared with.
        threshold: Confidence of the subsets.

    Returns:
        One row a group: mean metrics; and for sizes as they are and with calibrated confidence (``_scaled``): searched and
        matched_images, mean_size_pixels over networks and matched images with its 95 % interval, size_ratio to the baseline
        (`overinterp.statistics.ratio_of_groups`), p of the paired test of each image's ratio of means over networks, for these
        networks, and p_smallest, the smallest that so many images allow; ratio_least and ratio_most, where a side has several
        networks: of their geometric means over images, the group's smallest to the baseline's largest, and the reverse.
    """
    rows = {
        name: {
            **{key: found[0].row[key] for key in ("kind", "architecture", "condition")},
            "group": name,
            "baseline": name == baseline,
            "networks": len(found),
            "threshold": threshold,
            **pd.DataFrame([one.metrics for one in found]).astype(float).mean().to_dict(),
        }
        for name, found in groups.items()
    }
    for scaled in (False, True):
        ending = "_scaled" if scaled else ""
        sizes = {name: pd.concat([c.sizes(threshold, scaled) for c in found], axis=1) for name, found in groups.items()}
        together = pd.concat(sizes, axis=1, join="inner")
        matched = together.dropna()
        means = {name: matched[name].mean(axis=1).to_numpy() for name in groups}
        single = {name: np.exp(np.log(matched[name]).mean()) for name in groups}
        for name, row in rows.items():
            mean, low, high = interval(matched[name].to_numpy().T) if len(matched) else (np.nan,) * 3
            ratios = np.log(means[name] / means[baseline])
            ratio = ratio_of_groups(matched[name].to_numpy().T, matched[baseline].to_numpy().T)
            several = name != baseline and max(row["networks"], rows[baseline]["networks"]) > 1
            row |= {
                "searched_images": len(together),
                f"matched_images{ending}": len(matched),
                f"mean_size_pixels{ending}": mean,
                f"mean_size_low{ending}": low,
                f"mean_size_high{ending}": high,
                f"size_ratio{ending}": ratio[0],
                f"size_ratio_low{ending}": ratio[1],
                f"size_ratio_high{ending}": ratio[2],
                f"ratio_least{ending}": single[name].min() / single[baseline].max() if several else np.nan,
                f"ratio_most{ending}": single[name].max() / single[baseline].min() if several else np.nan,
                f"p{ending}": np.nan if name == baseline else paired_test(ratios, 0 * ratios),
                f"p_smallest{ending}": np.nan if name == baseline or not len(matched) else 2.0 ** (1 - len(matched)),
            }
    return pd.DataFrame(rows.values())
