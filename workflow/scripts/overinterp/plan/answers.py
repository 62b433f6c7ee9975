"""The page of answers: which figures and tables of a study stand under which question."""

from __future__ import annotations

from overinterp.plan import outputs, people
from overinterp.plan.captions import caption
from overinterp.plan.study import Study

QUESTIONS = (
    outputs.HOW_MANY, outputs.WHERE, outputs.ONLY_WHERE, outputs.ARTEFACT, outputs.HELP, outputs.PEOPLE, outputs.RIGHT,
)  # fmt: skip


def figures(study: Study) -> list[str]:
    """Names of the figures that the study draws, those of people's answers where there are any."""
    asked = [name for name, output in outputs.FIGURES.items() if output.question == outputs.PEOPLE]
    return [*outputs.figures(study), *(asked if people.responses(study) else [])]


def pictures(study: Study) -> list[str]:
    """Files of the figures."""
    return [f"results/{study.name}/figures/{name}.png" for name in figures(study)]


def tables(study: Study, suffix: str) -> list[str]:
    """Files of the tables."""
    return [f"results/{study.name}/tables/{name}.{suffix}" for name in outputs.tables(study)]


def sections(study: Study) -> list[dict]:
    """Under each question that the study asks: figures with their captions, and tables.

    Returns:
        question, figures ([name, caption] each) and tables (names), in the order of the page.
    """
    found = []
    for question in QUESTIONS:
        drawn = [outputs.FIGURES[name] for name in figures(study) if outputs.FIGURES[name].question == question]
        told = [name for name in outputs.tables(study) if outputs.TABLES[name].question == question]
        if drawn or told:
            shown = [[output.name, caption(study, output)] for output in drawn]
            found.append({"question": question, "figures": shown, "tables": told})
    return found
