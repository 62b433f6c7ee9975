"""Trials of a study with people: which pictures they are shown, and in what order.

Protocol: Carter et al., NeurIPS 2021: images that every network classifies rightly and with confidence, as many of
each class; subsets drawn across the networks; batches of increasing subset size, shuffled within. Ours: practice before,
full images to see who pays attention, pictures shown twice to see who agrees with himself, and where asked for random pixels of
other images, to see what so few pixels tell anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from overinterp.data.classes import called
from overinterp.search.ordering import Ordering
from overinterp.views import masks

OF_PEOPLE = 2  # beside the study's seed: random pixels that no network was trained (0) or tested on (1)


@dataclass(frozen=True)
class Trial:
    """One picture shown to a person.

    Attributes:
        kind: 'main', a subset that counts; 'random', as many random pixels of another image; 'practice', before them; 'full',
            a full image as a check of attention; 'repeat', a picture of the same batch again.
        batch: Number of the batch, 0 the smallest subsets; -1 in practice.
        fraction: Share of the pixels kept.
        index: Number of the image in the test split.
        label: Its class.
        network: Whose subset is shown, or who is asked about random pixels.
    """

    kind: str
    batch: int
    fraction: float
    index: int
    label: int
    network: str


def all_right(orderings: dict[str, Ordering]) -> pd.DataFrame:
    """Images that every network classifies rightly.

    Args:
        orderings: Of each network; images that one of them lacks are left out.

    Returns:
        index (number in the split, rising), label, and confidence, the least of any network's in the full image.

    Raises:
        ValueError: A search was towards another class than the predicted one.
    """
    found = []
    for name, ordering in orderings.items():
        if (ordering.target != ordering.predicted).any():
            raise ValueError(f"human trials: the search of {name} is not towards the predicted class")
        rows = {"index": ordering.index, "label": ordering.label, "confidence": ordering.confidence[:, 0]}
        found.append(pd.DataFrame(rows)[ordering.correct])
    images = (
        pd.concat(found)
        .groupby("index", sort=True)
        .agg(label=("label", "first"), confidence=("confidence", "min"), networks=("label", "size"))
    )
    return images[images.networks == len(orderings)].drop(columns="networks").reset_index()


def choose_trials(orderings: dict[str, Ordering], class_names: list[str], settings: dict) -> list[Trial]:
    """Choose images, networks and order.

    Args:
        orderings: Of each network.
        class_names: One name a class.
        settings: The config's ``human`` block: fractions, classes, exclude, images_per_class, random_per_class, confidence,
            practice, full_images, repeats, seed.

    Returns:
        Trials in the order shown. Practice comes first, at the largest fraction. Then a batch for each fraction, smallest
        first, all of the same images; the networks take turns over them, so that each draws as many subsets of a batch as
        the others, give or take one. What is shown again was first shown in the first half of its batch, and comes in
        the second. Practice and full images are none of the batches' images and none of each other's, so that nobody
        sees a full image before or after a subset of it; the networks are as confident of them, or where too few such images
        are left they are the surest ones, for people shall be able to tell them.

    Raises:
        ValueError: A class or an image to be left out is unknown, or too few images qualify; the message says how many do.
    """
    rng = np.random.default_rng(settings["seed"])
    classes = _classes(settings.get("classes"), class_names)
    images = all_right(orderings)
    images = images.iloc[rng.permutation(len(images))]  # of which the first count: one that is left out makes way for the next
    images = images[images.label.isin(classes) & ~images["index"].isin(_left_out(settings.get("exclude", []), orderings))]
    sure = images[images.confidence >= settings["confidence"]]
    wanted = settings["images_per_class"] + settings["random_per_class"]
    counts = [int((sure.label == c).sum()) for c in classes]
    if min(counts) < wanted:
        listing = ", ".join(f"{class_names[c]}: {count}" for c, count in zip(classes, counts, strict=True))
        raise ValueError(
            f"human.images_per_class: found {listing} images that all of {', '.join(orderings)} classify rightly with "
            f"confidence {settings['confidence']}, expected at least {wanted} of each (with random_per_class); lower one of these"
        )
    drawn = np.stack([sure["index"][sure.label == c][:wanted] for c in classes])
    chosen, at_random = (part.ravel() for part in np.split(drawn, [settings["images_per_class"]], axis=1))
    fractions, networks = sorted(settings["fractions"]), list(orderings)
    if settings["repeats"] > len(chosen) // 2:
        raise ValueError(f"human.repeats: found {settings['repeats']}, expected at most {len(chosen) // 2}, half of a batch")
    spare = images[~images["index"].isin(drawn.ravel())]
    beside = settings["practice"] + settings["full_images"] * len(fractions)
    if len(spare) < beside:
        raise ValueError(
            f"human.practice and human.full_images: found {len(spare)} images beside the chosen ones that all networks "
            f"classify rightly, expected at least {beside}"
        )
    class_of = dict(zip(images["index"].tolist(), images.label.tolist(), strict=True))
    spare = spare.assign(confidence=spare.confidence.clip(upper=settings["confidence"]))
    others = spare.sort_values("confidence", ascending=False, kind="stable")["index"].tolist()[:beside]  # least sure: practice

    def trial(kind, batch, fraction, image, turn):
        return Trial(kind, batch, fraction, int(image), class_of[int(image)], networks[turn % len(networks)])

    trials = [trial("practice", -1, fractions[-1], others.pop(), turn) for turn in range(settings["practice"])]
    for batch, fraction in enumerate(fractions):
        turns = rng.permutation(len(chosen))
        main = [trial("main", batch, fraction, chosen[place], turns[place]) for place in rng.permutation(len(chosen))]
        early, late = main[: len(main) // 2], main[len(main) // 2 :]
        again = [early[place] for place in rng.choice(len(early), settings["repeats"], replace=False)]
        late += [Trial("repeat", *_but_kind(first)) for first in again]
        shown = early + [late[place] for place in rng.permutation(len(late))]
        among = [trial("random", batch, fraction, image, turn + batch) for turn, image in enumerate(at_random)]
        among += [trial("full", batch, 1.0, others.pop(), turn) for turn in range(settings["full_images"])]
        for one in among:
            shown.insert(int(rng.integers(len(shown) + 1)), one)
        trials += shown
    return trials


def _but_kind(trial: Trial) -> tuple:
    return trial.batch, trial.fraction, trial.index, trial.label, trial.network


def _classes(names: list[str] | None, class_names: list[str]) -> list[int]:
    """Numbers of the classes named, all without names."""
    unknown = [name for name in names or [] if name not in class_names]
    if unknown:
        raise ValueError(f"human.classes: found {unknown[0]!r}, expected some of {', '.join(class_names)}")
    return [number for number, name in enumerate(class_names) if names is None or name in names]


def _left_out(numbers: list[int], orderings: dict[str, Ordering]) -> list[int]:
    """Numbers of the images that nobody shall see."""
    searched = np.concatenate([ordering.index for ordering in orderings.values()])
    if len(unknown := np.setdiff1d(numbers, searched)):
        raise ValueError(f"human.exclude: found {unknown[0]}, expected numbers of test images that were searched")
    return numbers


def choices(class_names: list[str], settings: dict) -> list[str]:
    """What people choose from: the names of the classes shown."""
    return [class_names[number] for number in _classes(settings.get("classes"), class_names)]


def kept_pixels_of(trials: list[Trial], orderings: dict[str, Ordering], seed: int) -> np.ndarray:
    """Pixels that each trial keeps: those its network's order removes last, or random ones, of which a larger batch keeps more.

    Returns:
        bool (trials, H, W).
    """
    kept = []
    for trial in trials:
        if trial.kind == "random":
            ordering = orderings[trial.network]
            drawn = masks.random((ordering.height, ordering.width), {"fraction": trial.fraction}, None, [seed, OF_PEOPLE])
            kept.append(drawn([trial.index])[0])
        else:
            kept.append(orderings[trial.network].select([trial.index]).kept_fraction(trial.fraction)[0])
    return np.stack(kept)


def answer_key(trials: list[Trial], machine: list[tuple[int, float]], class_names: list[str]) -> pd.DataFrame:
    """The answer key: one row a trial, in the order shown.

    Args:
        trials: In that order.
        machine: Class that the trial's network gives the picture, and its probability.
        class_names: One name a class.

    Returns:
        trial (its number), kind, batch, fraction, index, label (a name), network, machine_choice (a name, or
        that it is an output of none of these classes), machine_confidence.
    """
    rows = [
        {
            "trial": number,
            "kind": trial.kind,
            "batch": trial.batch,
            "fraction": trial.fraction,
            "index": trial.index,
            "label": class_names[trial.label],
            "network": trial.network,
            "machine_choice": called(choice, class_names),
            "machine_confidence": confidence,
        }
        for number, (trial, (choice, confidence)) in enumerate(zip(trials, machine, strict=True))
    ]
    return pd.DataFrame(rows)


def draw_picture(image: np.ndarray, kept: np.ndarray, blank, scale: int) -> np.ndarray:
    """The picture of a trial: kept pixels in their colour, removed ones blank, enlarged without smoothing.

    Args:
        image: uint8 (H, W, C).
        kept: bool (H, W).
        blank: One value in [0, 1] a channel.
        scale: Side of one pixel.

    Returns:
        uint8 (H * scale, W * scale, C).
    """
    fill = np.round(255 * np.asarray(blank)).astype(np.uint8)
    return np.where(kept[..., None], image, fill).repeat(scale, 0).repeat(scale, 1)
