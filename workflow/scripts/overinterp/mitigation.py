"""Remedies against overinterpretation, compared on what they cost and what they bring, on the same images.

A larger subset can mean a better classifier or just a less confident one. So sizes are compared on images that all compared
classifiers have right at the threshold, and once more after each classifier's confidence has been calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from overinterp import calibration, sis
from overinterp.search.ordering import Ordering
from overinterp.statistics import holm, interval, paired_test


@dataclass
class Classifier:
    """What is known of one classifier.

    Attributes:
        row: The columns that describe it.
        logits: (N, K), of all test images.
        labels: (N,).
        corrupted_logits: (M, K), or None where there are no corrupted images.
        corrupted_labels: (M,), likewise.
        ordering: Of some test images.
        path: (n, S + 1, K), logits of the ordering's columns.
    """

    row: dict
    logits: np.ndarray
    labels: np.ndarray
    corrupted_logits: np.ndarray | None
    corrupted_labels: np.ndarray | None
    ordering: Ordering
    path: np.ndarray
    temperature: float = field(init=False)

    def __post_init__(self):
        """The temperature is fitted on the second half of the test images; what is reported is of the first."""
        half = len(self.labels) // 2
        self.temperature = calibration.fit_temperature(self.logits[half:], self.labels[half:])

    def metrics(self) -> dict:
        """Accuracy on all images; calibration error on the first half of the test images, before and after."""
        half = len(self.labels) // 2
        first, labels = self.logits[:half], self.labels[:half]
        found = {
            "test_images": len(self.labels),
            "accuracy": (self.logits.argmax(1) == self.labels).mean(),
            "temperature": self.temperature,
            "calibration_images": half,
            "calibration_error": calibration.calibration_error(first, labels),
            "calibration_error_scaled": calibration.calibration_error(first / self.temperature, labels),
            "corrupted_images": 0,
            "corrupted_accuracy": np.nan,
            "corrupted_calibration_error": np.nan,
        }
        if self.corrupted_logits is not None:
            right = self.corrupted_logits.argmax(1) == self.corrupted_labels
            found |= {
                "corrupted_images": len(right),
                "corrupted_accuracy": right.mean(),
                "corrupted_calibration_error": calibration.calibration_error(self.corrupted_logits, self.corrupted_labels),
            }
        return found

    def sizes(self, threshold: float, scaled: bool) -> pd.Series:
        """Size of the subset by number of the image; NaN unless the classifier is right, reaches the threshold and has one."""
        ordering = self.ordering
        if scaled:
            ordering = calibration.at_temperature(ordering, self.path, self.temperature)
        subsets = sis.find_sis(ordering, threshold)
        usable = ordering.correct & subsets.full_at_threshold & (subsets.status == sis.FOUND)
        return pd.Series(np.where(usable, subsets.size, np.nan), index=ordering.index)


def compare(groups: dict[str, list[Classifier]], baseline: str, threshold: float) -> pd.DataFrame:
    """Compare groups of classifiers, each against the baseline.

    Args:
        groups: Classifiers that differ in seed alone, by their group's name.
        baseline: Name of the group that the others are compared with.
        threshold: Confidence of the subsets.

    Returns:
        One row a group: mean metrics; and for sizes as they are and with calibrated confidence (``_scaled``): searched and
        matched_images, mean_size_pixels over networks and matched images with its 95 % interval, size_ratio to the baseline
        (geometric mean over images of each image's mean over networks, with a 95 % interval) and its Holm-adjusted p.
    """
    rows = {
        name: {
            **{key: found[0].row[key] for key in ("kind", "architecture", "condition")},
            "group": name,
            "baseline": name == baseline,
            "networks": len(found),
            "threshold": threshold,
            **pd.DataFrame([classifier.metrics() for classifier in found]).mean().to_dict(),
        }
        for name, found in groups.items()
    }
    for scaled in (False, True):
        ending = "_scaled" if scaled else ""
        sizes = {name: pd.concat([c.sizes(threshold, scaled) for c in found], axis=1) for name, found in groups.items()}
        together = pd.concat(sizes, axis=1, join="inner")
        matched = together.dropna()
        means = {name: matched[name].mean(axis=1).to_numpy() for name in groups}
        p_values = [np.nan if name == baseline else paired_test(means[name], means[baseline]) for name in groups]
        for (name, row), adjusted in zip(rows.items(), holm(np.array(p_values)), strict=True):
            mean, low, high = interval(matched[name].to_numpy().T) if len(matched) else (np.nan,) * 3
            ratio = [float(np.exp(value)) for value in interval(np.log(means[name] / means[baseline]))]
            row |= {
                "searched_images": len(together),
                f"matched_images{ending}": len(matched),
                f"mean_size_pixels{ending}": mean,
                f"mean_size_low{ending}": low,
                f"mean_size_high{ending}": high,
                f"size_ratio{ending}": ratio[0],
                f"size_ratio_low{ending}": ratio[1],
                f"size_ratio_high{ending}": ratio[2],
                f"p_holm{ending}": adjusted,
            }
    return pd.DataFrame(rows.values())
