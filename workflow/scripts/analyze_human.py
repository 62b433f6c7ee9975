"""Score people's answers to a frozen study.

Input: the frozen study's trials.json, answer_key.csv and page, and the files people saved. Output: human_answers.csv,
human_participants.csv, human_accuracy.csv and its HTML twin; without answers, empty tables that say so.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from overinterp import job
from overinterp.artifacts.responses import read_responses
from overinterp.artifacts.tables import write_html, write_table
from overinterp.artifacts.trials import load_frozen
from overinterp.human import analysis, responses

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

NOBODY = "No people have been asked."
ANSWERS = ["participant", "trial", "choice", "response_ms", "views", "answered_at", "picture_px"]
ANSWERS += ["kind", "batch", "fraction", "index", "label", "network", "machine_choice", "machine_confidence"]
ANSWERS += ["correct", "machine_correct", "repeats_choice"]


def main(frozen, files, answers_csv, participants_csv, csv, html) -> None:
    """Check and score the answers, and write the tables; ``frozen`` is the folder, or None where nothing is frozen."""
    if not files:
        write_table(answers_csv, pd.DataFrame(columns=["study_id", *ANSWERS]))
        write_table(participants_csv, pd.DataFrame(columns=["study_id", *responses.PARTICIPANTS]))
        write_table(csv, pd.DataFrame(columns=["study_id", *analysis.COLUMNS]))
        write_html(html, pd.DataFrame(), NOBODY)
        for drawn in Path(csv).parents[1].glob("figures/human_*"):  # of answers that were withdrawn: no rule makes them now
            drawn.unlink()
        return
    study = load_frozen(frozen)
    choices, share = study.about["choices"], study.about["settings"]["pass_share"]
    answers = responses.check(*read_responses(files), study.study_id, study.key, choices)
    scored = responses.score(answers, study.key)
    people = responses.participants(scored, study.key, share)
    table = analysis.summary(scored, people, choices)
    for path, rows in ((answers_csv, scored[ANSWERS]), (participants_csv, people), (csv, table)):
        write_table(path, rows.assign(study_id=study.study_id)[["study_id", *rows.columns]])
    out = people[~people.included]
    reasons = "".join(f", {count} for {reason}" for reason, count in out.reason.value_counts().items())
    caption = (
        f"Study {study.study_id}: {len(files)} files of {len(people)} people, {len(out)} excluded{reasons}. Counted are people "
        f"who answered every picture and named at least {share:.0%} of the full images rightly. Intervals: 95 %, over people who "
        "see these pictures; of accuracy_other_pictures and networks_minus_people over pictures, too."
    )
    shown = table[~table.quantity.isin(["confusion", "class_accuracy"])].drop(columns=["label", "choice"])
    write_html(html, shown, caption)


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(
        Path(given.frozen) if given.frozen else None,
        snakemake.input.responses,
        snakemake.output.answers,
        snakemake.output.participants,
        snakemake.output.csv,
        snakemake.output.html,
    )
