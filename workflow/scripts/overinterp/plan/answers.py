"""The page of answers: which figures and tables of a study stand under which question."""

from __future__ import annotations

from overinterp.plan import outputs, people
from overinterp.plan.captions import caption
from overinterp.plan.study import Study

QUESTIONS = (
    outputs.HOW_MANY, outputs.WHERE, outputs.ONLY_WHERE, outputs.ARTEFACT, outputs.HELP, outputs.PEOPLE, outputs.RIGHT,
)  # fmt: skip
# Of the report, whose menu is in alphabetical order. What is reported there has one label alone: of several, Snakemake makes one
# with two values a switch, and the whole report goes blank where something is of one of them only.
CATEGORIES = {name: f"{number} {name}" for number, name in enumerate(("Verdict", "Answers", *QUESTIONS), 1)}


def figures(study: Study) -> list[str]:
    """Names of the figures that the study draws, those of people's answers where there are any."""
    asked = [name for name, output in outputs.FIGURES.items() if output.question == outputs.PEOPLE]
    return list(dict.fromkeys([*outputs.figures(study), *(asked if people.responses(study) else [])]))


def pictures(study: Study) -> list[str]:
    """Files of the figures."""
    return [f"results/{study.name}/figures/{name}.png" for name in figures(study)]


def _named(study: Study) -> dict[str, str]:
    """Tables of the study with the question of each; that of people's answers where there are any."""
    found = {name: outputs.TABLES[name].question for name in outputs.tables(study)}
    return found | ({"human_accuracy": outputs.PEOPLE} if people.responses(study) else {})


def tables(study: Study, suffix: str) -> list[str]:
    """Files of the tables."""
    return [f"results/{study.name}/tables/{name}.{suffix}" for name in _named(study)]


def sections(study: Study) -> list[dict]:
    """Under each question that the study asks: figures with their captions, and tables.

    Returns:
        question, figures ([name, caption, its tables] each), tables (names) and nobody (whether people are yet to be asked), in
        the order of the page.
    """
    found = []
    for question in QUESTIONS:
        drawn = [outputs.FIGURES[name] for name in figures(study) if outputs.FIGURES[name].question == question]
        told = [name for name, asked in _named(study).items() if asked == question]
        nobody = question == outputs.PEOPLE and "human" in study.settings and not people.responses(study)
        if drawn or told or nobody:
            shown = [[output.name, caption(study, output), list(output.tables)] for output in drawn]
            found.append({"question": question, "figures": shown, "tables": told, "nobody": nobody})
    return found
