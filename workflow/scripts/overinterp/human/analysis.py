"""What people's answers say. Intervals are for other people who see these same pictures, or where it is said other pictures."""

from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
from scipy.special import stdtrit

from overinterp.human.intervals import interval_over_both, interval_over_units
from overinterp.statistics import LEVEL

FEWEST = 3  # people for an interval of the correlation
COLUMNS = ["quantity", "fraction", "label", "choice", "value", "low", "high", "participants", "answers"]


def summary(scored: pd.DataFrame, people: pd.DataFrame, choices: list[str]) -> pd.DataFrame:
    """The table `human_accuracy`: one row a quantity, of those people who are included.

    Args:
        scored: One row an answer: `overinterp.human.responses.score`.
        people: One row a person: `overinterp.human.responses.participants`.
        choices: What people chose from, in the order shown.

    Returns:
        Rows of `COLUMNS`; ``fraction``, ``label`` and ``choice`` are missing where a quantity is not of one. Quantities:
        accuracy (mean over people, 95 % t interval), accuracy_other_pictures (the same mean, 95 % interval over people and
        pictures: `interval_over_both`), networks_minus_people (how much more often the networks name the same pictures rightly,
        likewise), machine_accuracy and machine_confidence (of the network whose subset it is, on the same pictures: share it
        names rightly, mean probability of what it names), random_accuracy and random_machine_accuracy (as accuracy, of random
        pixels of other images, where such were shown), kept_minus_random (of accuracy and random_accuracy, person by person, 95 %
        t interval), chance (of who guesses evenly:
        one in as many as there are choices), class_accuracy (as accuracy, a class), confusion (share of answers ``choice`` to
        pictures of ``label``), response_s (mean over people of their median time, seconds; only pictures looked at once),
        alpha (Krippendorff's, nominal; all people on all pictures of a fraction), repeat_agreement (share of pictures shown
        twice that got the same answer), correlation (Pearson's r of accuracy and fraction over cells of person and fraction,
        95 % interval over people by `correlation`).
    """
    counted = scored[scored.participant.isin(people.participant[people.included])]
    main = counted[counted.kind == "main"]
    rows = []
    for fraction, part in main.groupby("fraction", sort=True):
        rows += _of_fraction(part, fraction, choices)
        rows += _of_random(part, counted[(counted.kind == "random") & (counted.fraction == fraction)], fraction)
        again = counted[(counted.kind == "repeat") & (counted.fraction == fraction)]
        same = (again.choice == again.repeats_choice).where(again.repeats_choice.notna()).astype(float)
        rows.append(_row("repeat_agreement", _per_person(again.assign(same=same), "same"), len(again), fraction=fraction))
    if len(main):
        rows.append(correlation(main))
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_fraction(part, fraction, choices):
    people = part.participant.nunique()
    yield _row("accuracy", _per_person(part, "correct"), len(part), fraction=fraction)
    right = part.pivot(index="participant", columns="trial", values="correct").astype(float)
    shown = part.drop_duplicates("trial").set_index("trial").loc[right.columns]
    ahead = shown.machine_correct.to_numpy(float) - right
    yield _row("accuracy_other_pictures", right.to_numpy(), len(part), fraction=fraction)
    yield _row("networks_minus_people", ahead.to_numpy(), len(part), lowest=-1.0, fraction=fraction)
    for quantity, values in (("accuracy", shown.machine_correct), ("confidence", shown.machine_confidence)):
        yield {"quantity": f"machine_{quantity}", "fraction": fraction, "value": values.mean(), "answers": len(shown)}
    yield {"quantity": "chance", "fraction": fraction, "value": 1 / len(choices)}
    once = part[part.views == 1]
    times = once.groupby("participant").response_ms.median().to_numpy() / 1000
    yield _row("response_s", times, len(once), fraction=fraction)
    yield {
        "quantity": "alpha",
        "fraction": fraction,
        "value": alpha(part, choices),
        "participants": people,
        "answers": len(part),
    }
    for label in choices:
        rows = part[part.label == label]
        yield _row("class_accuracy", _per_person(rows, "correct"), len(rows), fraction=fraction, label=label)
    for label in choices:
        said = part.choice[part.label == label]
        for choice in choices:
            yield {
                "quantity": "confusion",
                "fraction": fraction,
                "label": label,
                "choice": choice,
                "value": (said == choice).mean() if len(said) else np.nan,
                "participants": people,
                "answers": len(said),
            }


def _of_random(part, drawn, fraction):
    """Of a batch's kept pixels and, where they were shown, of as many random ones."""
    if not len(drawn):
        return
    yield _row("random_accuracy", _per_person(drawn, "correct"), len(drawn), fraction=fraction)
    shown = drawn.drop_duplicates("trial")
    yield {
        "quantity": "random_machine_accuracy",
        "fraction": fraction,
        "value": shown.machine_correct.mean(),
        "answers": len(shown),
    }
    gain = _per_person(part, "correct") - _per_person(drawn, "correct")
    yield _row("kept_minus_random", gain, len(part) + len(drawn), lowest=-1.0, fraction=fraction)


def _per_person(rows, column) -> np.ndarray:
    return rows.groupby("participant")[column].mean().dropna().to_numpy(float)


def _row(quantity, values, answers, lowest=0.0, **place) -> dict:
    """Of values by person, or of a table of people by pictures."""
    value, low, high = (interval_over_units if values.ndim == 1 else interval_over_both)(values)
    low = max(low, lowest)  # NaN stays NaN: it is the first argument
    high = high if quantity == "response_s" else min(high, 1.0)
    return {
        "quantity": quantity,
        **place,
        "value": value,
        "low": low,
        "high": high,
        "participants": len(values),
        "answers": answers,
    }


def alpha(answers: pd.DataFrame, choices: list[str]) -> float:
    """Krippendorff's alpha of people's choices, nominal: 1 for full agreement, 0 for agreement by chance.

    Args:
        answers: participant, trial, choice.
        choices: All there are.

    Returns:
        Alpha; NaN with fewer than two people, or where all said the same to everything.
    """
    square = answers.pivot(index="participant", columns="trial", values="choice")
    if len(square) < 2 or answers.choice.nunique() < 2:
        return np.nan
    codes = square.apply(lambda column: column.map(choices.index, na_action="ignore")).to_numpy(float)
    return float(krippendorff.alpha(codes, level_of_measurement="nominal"))


def correlation(main: pd.DataFrame) -> dict:
    """Pearson's r between kept fraction and accuracy, over cells of person and fraction.

    The interval is around Fisher's z of r, Student's t times the standard error that the jackknife gives it, a person left out at
    a time. Percentiles of resampled people are far too narrow with few people: of three they hold the truth in half of all
    studies.

    Args:
        main: participant, fraction, correct; every person saw every fraction.
    """
    cells = main.groupby(["participant", "fraction"]).correct.mean().unstack()
    values, fractions = cells.to_numpy(float), cells.columns.to_numpy(float)
    people = len(values)
    low, high = correlation_interval(values, fractions)
    return {
        "quantity": "correlation",
        "value": _pearson(values, fractions),
        "low": low,
        "high": high,
        "participants": people,
        "answers": len(main),
    }


def correlation_interval(values: np.ndarray, fractions: np.ndarray) -> tuple[float, float]:
    """Low and high end of `correlation`'s interval.

    Args:
        values: Accuracies, (people, fractions).
        fractions: (fractions,).

    Returns:
        NaN of fewer than `FEWEST` people, and where r, of all or without one of them, is 1, -1 or undefined.
    """
    people = len(values)
    if people < FEWEST:
        return np.nan, np.nan
    without = [_pearson(np.delete(values, person, 0), fractions) for person in range(people)]
    r = np.array([_pearson(values, fractions), *without])
    if not (np.abs(r) < 1 - 1e-9).all():  # NaN is not, either
        return np.nan, np.nan
    z = np.arctanh(r)
    parts = people * z[0] - (people - 1) * z[1:]
    half = stdtrit(people - 1, (1 + LEVEL) / 2) * parts.std(ddof=1) / np.sqrt(people)
    return float(np.tanh(z[0] - half)), float(np.tanh(z[0] + half))


def _pearson(values, fractions) -> float:
    x, y = np.broadcast_to(fractions, values.shape).ravel(), values.ravel()
    if len(fractions) < 2 or np.ptp(y) == 0:
        return np.nan
    return float(np.corrcoef(x, y)[0, 1])


def power(people: list[int], accuracies: list[float], spread: float, pictures: int, draws: int = 4000) -> pd.DataFrame:
    """Half-width of the 95 % interval of the accuracy at one fraction that a number of people can expect.

    People's true accuracies are drawn from a beta distribution, their answers from a binomial one; the interval is the one
    of `summary`.

    Args:
        people: Numbers of people, each at least 2.
        accuracies: Mean true accuracies, in (0, 1).
        spread: Standard deviation of the true accuracy between people.
        pictures: Pictures at the fraction.
        draws: Studies drawn for each number and accuracy.

    Returns:
        participants, accuracy, half_width (mean over studies that have an interval) and coverage (share of studies whose
        interval holds the mean).

    Raises:
        ValueError: No distribution on [0, 1] has such a mean and spread.
    """
    rng = np.random.default_rng(0)
    rows = []
    for accuracy in accuracies:
        widest = np.sqrt(accuracy * (1 - accuracy))
        if not 0 < spread < widest:
            raise ValueError(f"spread: found {spread} at accuracy {accuracy}, expected more than 0, less than {widest:.2f}")
        weight = accuracy * (1 - accuracy) / spread**2 - 1
        for count in people:
            truth = rng.beta(accuracy * weight, (1 - accuracy) * weight, size=(draws, count))
            seen = rng.binomial(pictures, truth) / pictures
            bounds = np.array([interval_over_units(study) for study in seen])
            rows.append(
                {
                    "participants": count,
                    "accuracy": accuracy,
                    "half_width": np.nanmean(bounds[:, 2] - bounds[:, 1]) / 2,
                    "coverage": ((bounds[:, 1] <= accuracy) & (accuracy <= bounds[:, 2])).mean(),
                }
            )
    return pd.DataFrame(rows)
