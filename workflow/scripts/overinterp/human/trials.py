"""Trials of a study with people: which subsets they are shown, and in what order.

Protocol: Carter et al., NeurIPS 2021: images that every network classifies rightly and with confidence, as many of
each class; subsets drawn across the networks; batches of increasing subset size, shuffled within.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from overinterp.search.ordering import Ordering


@dataclass(frozen=True)
class Trial:
    """One picture shown to a person.

    Attributes:
        trial: Number in the order shown, 0 first.
        batch: Number of the batch, 0 the smallest subsets.
        fraction: Share of the pixels kept.
        index: Number of the image in the test split.
        label: Its class.
        network: Whose subset is shown.
    """

    trial: int
    batch: int
    fraction: float
    index: int
    label: int
    network: str


def qualified(orderings: dict[str, Ordering], confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Images that every network classifies rightly, with at least this confidence.

    Args:
        orderings: Of each network; images that one of them lacks do not qualify.
        confidence: In (0, 1).

    Returns:
        Their numbers in the split, rising, and their classes.

    Raises:
        ValueError: A search was towards another class than the predicted one.
    """
    common, label = None, {}
    for name, ordering in orderings.items():
        if (ordering.target != ordering.predicted).any():
            raise ValueError(f"human trials: the search of {name} is not towards the predicted class")
        good = ordering.correct & (ordering.confidence[:, 0] >= confidence)
        common = set(ordering.index[good].tolist()) & (common if common is not None else set(ordering.index[good].tolist()))
        label |= dict(zip(ordering.index.tolist(), ordering.label.tolist(), strict=True))
    index = np.array(sorted(common), np.int64)
    return index, np.array([label[i] for i in index.tolist()], np.int64)


def choose_trials(orderings: dict[str, Ordering], class_names: list[str], settings: dict) -> list[Trial]:
    """Choose images, networks and order.

    Args:
        orderings: Of each network.
        class_names: One name a class.
        settings: The config's ``human`` block: fractions, images_per_class, confidence, seed.

    Returns:
        One trial for each image and fraction. Each batch shows the same images; the networks take turns over
        them, so that each draws as many subsets of a batch as the others, give or take one.

    Raises:
        ValueError: Too few images of a class qualify; the message says how many do.
    """
    rng = np.random.default_rng(settings["seed"])
    index, label = qualified(orderings, settings["confidence"])
    wanted = settings["images_per_class"]
    counts = np.bincount(label, minlength=len(class_names))
    if counts.min() < wanted:
        listing = ", ".join(f"{name}: {count}" for name, count in zip(class_names, counts, strict=True))
        raise ValueError(
            f"human.images_per_class: found {listing} images that all of {', '.join(orderings)} classify rightly with "
            f"confidence {settings['confidence']}, expected at least {wanted} of each; lower one of the two"
        )
    chosen = np.concatenate([rng.choice(index[label == c], wanted, replace=False) for c in range(len(class_names))])
    class_of = dict(zip(index.tolist(), label.tolist(), strict=True))
    networks, trials = list(orderings), []
    for batch, fraction in enumerate(sorted(settings["fractions"])):
        turns = rng.permutation(np.arange(len(chosen)) % len(networks))
        for place in rng.permutation(len(chosen)):
            image = int(chosen[place])
            trials.append(Trial(len(trials), batch, fraction, image, class_of[image], networks[turns[place]]))
    return trials


def draw_trial(images: np.ndarray, ordering: Ordering, trial: Trial, blank, scale: int) -> np.ndarray:
    """The picture of a trial: kept pixels in their colour, removed ones blank, enlarged without smoothing.

    Args:
        images: uint8 (N, H, W, C), the test split.
        ordering: Of the trial's network.
        trial: Which image and fraction.
        blank: One value in [0, 1] a channel.
        scale: Side of one pixel.

    Returns:
        uint8 (H * scale, W * scale, C).
    """
    row = int(np.flatnonzero(ordering.index == trial.index)[0])
    kept = ordering.take(slice(row, row + 1)).kept_fraction(trial.fraction)[0]
    fill = np.round(255 * np.asarray(blank)).astype(np.uint8)
    picture = np.where(kept[..., None], images[trial.index], fill)
    return picture.repeat(scale, 0).repeat(scale, 1)
