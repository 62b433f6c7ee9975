"""People's answers, checked against the study they were given in, and scored.

Nothing that cannot be right is dropped in silence: every such value is named, and the analysis stops.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

LONGEST = 24 * 3600 * 1000  # ms: more for one picture is a mistake of a clock or of a hand
MOST_VIEWS = 1_000_000  # of one picture
LARGEST = 100_000  # CSS pixels of a picture
SAME = 0.9  # share of answers that two people have in common, with their times, from which on they are one
ASKED = ("main", "random", "full")  # kinds of trials that have to be answered
LISTED = 20  # problems named before the rest is counted


def check(responses: pd.DataFrame, problems: list[str], study_id: str, key: pd.DataFrame, choices: list[str]) -> pd.DataFrame:
    """Check the answers of all files.

    Args:
        responses: One row an answer, as text, with its file and row: `overinterp.artifacts.responses.read_responses`.
        problems: What could not be read.
        study_id: Of the frozen study.
        key: Its answer key.
        choices: What people chose from.

    Returns:
        participant (in capitals), trial (int), choice, response_ms (float), views (int), answered_at, picture_px (float): one
        row a person and trial. Two files of one person that say the same, such as the CSV and the JSON of a session, count once.

    Raises:
        ValueError: Naming each problem: another study, an unknown trial or choice, a trial twice, an impossible time, a
            person's files that differ, two people with the same answers at the same times.

    A file of a person's first answers, saved before the end, beside the one of all of them says nothing else: no problem.
    """
    problems = list(problems)
    responses = responses.assign(participant=responses.participant.str.upper())  # as the page does
    trials = set(key.trial)
    found = {}  # the rows of each problem: a file of another study is one problem, not one for each of its answers
    for row in responses.itertuples():
        for problem in _problems(row, study_id, trials, choices):
            found.setdefault((row.file, problem), []).append(row.row)
    for (file, problem), rows in found.items():
        more = f" (and {len(rows) - 1} more of its answers)" if len(rows) > 1 else ""
        problems.append(f"{file}, answer {rows[0]}: {problem}{more}")
    twice = responses[responses.duplicated(["file", "participant", "trial"])]
    problems += [f"{row.file}, answer {row.row}: found trial {row.trial} again, expected it once" for row in twice.itertuples()]
    these = responses[responses.study_id == study_id]
    for person, rows in these.groupby("participant", sort=True):
        problems += _differences(person, rows)
    problems += _one_session_twice(these)
    if problems:
        more = f"\n  and {len(problems) - LISTED} more" if len(problems) > LISTED else ""
        listing = "".join(f"\n  {problem}" for problem in problems[:LISTED])
        raise ValueError(f"answers of {study_id}: {len(problems)} problem(s); mend or remove the files{listing}{more}")
    answers = responses.drop_duplicates(["participant", "trial"]).drop(columns=["study_id", "file", "row"])
    answers["picture_px"] = answers.picture_px.replace("", "nan")  # pages of 0.1.0 did not say
    types = {"trial": int, "response_ms": float, "views": int, "picture_px": float}
    return answers.astype(types).sort_values(["participant", "trial"]).reset_index(drop=True)


def _problems(row, study_id, trials, choices):
    if row.study_id != study_id:
        yield f"found study {row.study_id!r}, expected {study_id!r}"
    if not re.fullmatch(r"[A-Z0-9_-]{1,32}", row.participant):
        yield f"found participant {row.participant!r}, expected 1 to 32 letters, digits, - or _"
    if not (row.trial.isdecimal() and str(int(row.trial)) == row.trial and int(row.trial) in trials):
        yield f"found trial {row.trial!r}, expected one of 0 to {max(trials)}"
    if row.choice not in choices:
        yield f"found choice {row.choice!r}, expected one of {', '.join(choices)}"
    if not _between(row.response_ms, 0, LONGEST):
        yield f"found response_ms {row.response_ms!r}, expected a time above 0 and below a day"
    if not (row.views.isdecimal() and 1 <= int(row.views) <= MOST_VIEWS):
        yield f"found views {row.views!r}, expected a whole number, 1 to {MOST_VIEWS:,}"
    if row.picture_px and not _between(row.picture_px, 0, LARGEST):
        yield f"found picture_px {row.picture_px!r}, expected the longer side of the picture shown, in pixels of the page"


def _between(text, low, high) -> bool:
    try:
        return low < float(text) < high
    except ValueError:
        return False


def _differences(person, rows):
    said = {file: _said(part) for file, part in rows.groupby("file", sort=True)}
    longest = max(said, key=lambda file: len(said[file]))
    for file, answers in said.items():
        if not answers.items() <= said[longest].items():
            yield f"{file}: found answers of {person} that differ from those in {longest}, expected one file a person"


def _said(rows) -> dict:
    return dict(zip(rows.trial, zip(rows.choice, rows.response_ms, strict=True), strict=True))


def _one_session_twice(responses):
    """Two people who took exactly as long over (nearly) every picture are one, whose session was saved under two codes."""
    sessions = {}
    for person, rows in responses.drop_duplicates(["participant", "trial"]).groupby("participant", sort=True):
        said, file = _said(rows), rows.file.iloc[0]
        for first, (before, place) in sessions.items():
            both = said.keys() & before.keys()
            same = sum(said[trial] == before[trial] for trial in both)
            if len(both) > 1 and same >= SAME * len(both):
                these = f"{same} of {len(both)} answers of {person} equal to those of {first} in {place}, times too"
                yield f"{file}: found {these}, expected one code a person"
                break
        sessions[person] = said, file


def score(answers: pd.DataFrame, key: pd.DataFrame) -> pd.DataFrame:
    """Answers beside the key.

    Args:
        answers: Of `check`.
        key: The answer key.

    Returns:
        The answers with the key's columns, correct, and machine_correct; repeats_choice: what the person had said to
        the same picture before, for trials of kind 'repeat', else missing.
    """
    rows = answers.merge(key, on="trial", how="left", validate="many_to_one")
    rows["correct"] = rows.choice == rows.label
    rows["machine_correct"] = rows.machine_choice == rows.label
    same = ["participant", "batch", "index"]
    before = rows[rows.kind == "main"].set_index(same).choice.rename("repeats_choice")
    rows = rows.merge(before, on=same, how="left")
    rows.loc[rows.kind != "repeat", "repeats_choice"] = np.nan
    return rows.sort_values(["participant", "trial"]).reset_index(drop=True)


def participants(scored: pd.DataFrame, key: pd.DataFrame, pass_share: float) -> pd.DataFrame:
    """Who counts, by rules fixed before anybody was asked.

    Args:
        scored: Of `score`.
        key: The answer key.
        pass_share: Share of the full images that must be named rightly.

    Returns:
        One row a person: participant, answers (of all trials), full_images and full_images_right, repeats and repeats_same,
        response_s (median of trials of kind 'main' looked at once, seconds) and commonest_share (of trials of kind 'main' that
        got the choice which this person made most often), which exclude nobody but tell who did not look, included, and
        reason where not: 'incomplete answers' (a trial of kind 'main', 'random' or 'full' lacks one) or 'lack of attention'.
    """
    wanted = int(key.kind.isin(ASKED).sum())
    rows = []
    for person, part in scored.groupby("participant", sort=True):
        main, full, again = (part[part.kind == kind] for kind in ("main", "full", "repeat"))
        complete = part.kind.isin(ASKED).sum() == wanted
        attentive = full.correct.sum() >= pass_share * (key.kind == "full").sum()
        rows.append(
            {
                "participant": person,
                "answers": len(part),
                "full_images": len(full),
                "full_images_right": int(full.correct.sum()),
                "repeats": int(again.repeats_choice.notna().sum()),
                "repeats_same": int((again.choice == again.repeats_choice).sum()),
                "response_s": main.response_ms[main.views == 1].median() / 1000,
                "commonest_share": main.choice.value_counts(normalize=True).max(),
                "included": bool(complete and attentive),
                "reason": "" if complete and attentive else "lack of attention" if complete else "incomplete answers",
            }
        )
    return pd.DataFrame(rows, columns=PARTICIPANTS)


PARTICIPANTS = [
    "participant",
    "answers",
    "full_images",
    "full_images_right",
    "repeats",
    "repeats_same",
    "response_s",
    "commonest_share",
    "included",
    "reason",
]
