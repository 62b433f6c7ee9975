"""The ONE list of tables and figures: what each reads, which question it answers, and when a study cannot have it.

Rules, schema, checks, `make targets` and the report read this list. A new table or figure is a module, ``tables/<name>.py`` or
``figures/<name>.py``, one entry here, and a caption, ``workflow/report/<name>.rst`` (``<name>_table.rst`` for a table).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from overinterp.plan import audits, lacking, reads, remedies
from overinterp.plan.study import Study

HOW_MANY = "How many pixels does it need?"
WHERE = "Where are they?"
ONLY_WHERE = "Is it only where they are?"
HELP = "Does a remedy help?"
PEOPLE = "Can people see it?"
RIGHT = "Is the search right?"
ARTEFACT = "Is it an artefact?"


@dataclass(frozen=True)
class Output:
    """A table or a figure.

    Attributes:
        name: Of its file and its module.
        kind: 'table' or 'figure'.
        question: That it answers; its category in the report.
        sources: Searches (classifier, search, split) whose orderings it reads.
        tables: Names of tables that it reads.
        further: Names of tables that it reads as well, where the study has them.
        parts: Files under ``parts/`` that it reads, made by jobs of one classifier each.
        settings: Values of the config that it uses.
        images: Whether it reads the test images.
        boxes: Whether it reads the boxes around their objects.
        data: Whether it reads ``data.json``.
        lacks: What a study would need to have it, beside what its tables would, in words; None where it has it.
        module: That makes it; by default that of its name.
    """

    name: str
    kind: str
    question: str
    sources: Callable[[Study], list] = lambda study: []
    tables: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    parts: Callable[[Study], list[str]] = lambda study: []
    settings: Callable[[Study], dict] = lambda study: {}
    images: bool = False
    boxes: bool = False
    data: bool = False
    lacks: Callable[[Study], str | None] = lambda study: None
    module: str = ""

    @property
    def reference(self) -> str:
        """The module that makes it."""
        return self.module or f"overinterp.{self.kind}s.{self.name}"

    @property
    def caption(self) -> str:
        """Name of its caption under ``workflow/report``."""
        return f"{self.reference.rpartition('.')[2]}{'_table' if self.kind == 'table' else ''}.rst"


def _parts(kind: str, models: Callable[[Study], list[str]], suffix: str = "csv"):
    return lambda study: [f"{kind}/{model}.{suffix}" for model in models(study)]


def _search(study: Study) -> dict:
    return {"search": study.analysis["search"]}


def _fraction(study: Study) -> dict:
    return {"fraction": reads.fraction(study)}


def _threshold(study: Study) -> dict:
    return {"threshold": study.analysis["threshold"]}


def _subsets(study: Study) -> dict:
    return {**_fraction(study), **_threshold(study)}


def _pairs(study: Study) -> dict:
    classifiers = {name: study.described(name) for name in reads.searched_models(study)}
    return {"classifiers": classifiers, "members": {name: entry["members"] for name, entry in study.ensembles.items()}}


def _split(split: str):
    return lambda study: {"split": split, **_search(study)}


OUTPUTS = [
    Output("sis_examples", "figure", HOW_MANY, sources=reads.examples, images=True, data=True,
           settings=lambda study: {"threshold": study.analysis["threshold"], "dataset": study.settings["data"]["dataset"]}),
    Output("sis_size", "table", HOW_MANY, sources=reads.measured,
           settings=lambda study: {"thresholds": reads.thresholds(study), "searches": reads.steps(study)}),
    Output("sis_size_by_threshold", "table", HOW_MANY, tables=("sis_size",), settings=_search),
    Output("sis_size_by_threshold", "figure", HOW_MANY, tables=("sis_size_by_threshold",), settings=_split("test")),
    Output("sis_size_by_threshold_corrupted", "figure", HOW_MANY, tables=("sis_size_by_threshold",),
           settings=_split("corrupted"), lacks=lacking.corrupted, module="overinterp.figures.sis_size_by_threshold"),
    Output("sis_size_by_class", "table", HOW_MANY, tables=("sis_size",), data=True, settings=_search),
    Output("confidence_curves", "table", HOW_MANY, sources=reads.tested_sizes),
    Output("confidence_curves", "figure", HOW_MANY, tables=("confidence_curves",), settings=_threshold),
    Output("sis_size_correct_incorrect", "table", HOW_MANY, tables=("sis_size",), lacks=lacking.single_steps, settings=_search),
    Output("sis_size_correct_incorrect", "figure", HOW_MANY, tables=("sis_size_correct_incorrect",), settings=_split("test")),
    Output("sis_size_correct_incorrect_corrupted", "figure", HOW_MANY, tables=("sis_size_correct_incorrect",),
           settings=_split("corrupted"), lacks=lacking.corrupted, module="overinterp.figures.sis_size_correct_incorrect"),
    Output("atlas", "table", HOW_MANY, tables=("accuracy", "sis_size_by_threshold", "pixel_rings"), settings=_threshold,
           further=("object_share", "leakage", "dots"), lacks=lacking.first(lacking.two_searched, lacking.single_steps)),
    Output("atlas", "figure", HOW_MANY, tables=("atlas",), settings=_threshold),
    Output("planted_recovery", "table", WHERE, sources=reads.towards_own, lacks=lacking.planted,
           settings=lambda study: {"threshold": study.analysis["threshold"], "planted": study.settings["data"].get("planted")}),
    Output("planted_recovery", "figure", WHERE, tables=("planted_recovery",)),
    Output("pixel_heatmap", "table", WHERE, sources=reads.measured_on_test, parts=_parts("accuracy", reads.searched_models),
           settings=_fraction),
    Output("pixel_heatmap", "figure", WHERE, tables=("pixel_heatmap",), settings=_fraction),
    Output("pixel_rings", "table", WHERE, sources=reads.measured_on_test, settings=_fraction),
    Output("object_share", "table", WHERE, sources=reads.measured_on_test, boxes=True, data=True,
           lacks=lacking.boxes, settings=_subsets),
    Output("object_share", "figure", WHERE, tables=("object_share",), settings=_subsets),
    Output("accuracy", "table", ONLY_WHERE, parts=_parts("accuracy", lambda study: study.models)),
    Output("accuracy", "figure", ONLY_WHERE, tables=("accuracy",)),
    Output("border", "table", ONLY_WHERE, tables=("accuracy",), lacks=lacking.border),
    Output("border", "figure", ONLY_WHERE, tables=("border",)),
    Output("leakage", "table", ONLY_WHERE, sources=reads.audited, parts=_parts("predictions", reads.student_names, "npz"),
           data=True, lacks=lacking.audit,
           settings=lambda study: {"students": audits.described(study)}),
    Output("leakage", "figure", ONLY_WHERE, tables=("leakage",)),
    Output("dots", "table", ONLY_WHERE, parts=_parts("subsets", reads.subset_models), settings=_subsets),
    Output("dots", "figure", ONLY_WHERE, tables=("dots",), settings=_threshold),
    Output("transfer", "table", ONLY_WHERE, parts=_parts("transfer", reads.searched_models), settings=_pairs,
           lacks=lacking.two_searched),
    Output("transfer_by_relation", "table", ONLY_WHERE, parts=_parts("transfer", reads.searched_models), settings=_pairs,
           lacks=lacking.two_searched),
    Output("transfer", "figure", ONLY_WHERE, tables=("transfer", "transfer_by_relation")),
    Output("transfer_matrix", "figure", ONLY_WHERE, tables=("transfer",)),
    Output("mitigation", "table", HELP, sources=remedies.sources,
           lacks=lacking.first(lacking.mitigation, lacking.single_steps),
           parts=lambda study: [*_parts("temperature", remedies.compared, "json")(study), *reads.scaled(study)],
           settings=lambda study: {"comparisons": remedies.comparisons(study)}),
    Output("mitigation", "figure", HELP, tables=("mitigation",)),
    Output("adversarial", "table", HELP, tables=("sis_size",), lacks=lacking.first(lacking.adversarial, lacking.single_steps),
           settings=_search),
    Output("adversarial", "figure", HELP, tables=("adversarial",), settings=_search),
    Output("blanks", "table", ARTEFACT, parts=_parts("subsets", reads.subset_models), settings=_threshold),
    Output("blanks", "figure", ARTEFACT, tables=("blanks",), settings=_threshold),
    Output("wrong_class", "table", ARTEFACT, sources=reads.towards_others, lacks=lacking.other_targets,
           settings=lambda study: {**_search(study), **_threshold(study)}),
    Output("wrong_class", "figure", ARTEFACT, tables=("wrong_class",), settings=_threshold),
    Output("redundancy", "table", HOW_MANY, tables=("accuracy",), parts=_parts("collections", reads.subset_models),
           lacks=lacking.collections, settings=_threshold),
    Output("redundancy", "figure", HOW_MANY, tables=("redundancy",), settings=_threshold),
    Output("mask_edges", "table", ARTEFACT, parts=_parts("subsets", reads.subset_models), settings=_threshold),
    Output("mask_edges", "figure", ARTEFACT, tables=("mask_edges",), settings=_threshold),
    Output("human_accuracy", "figure", PEOPLE, tables=("human_answers", "human_accuracy", "human_participants"),
           lacks=lacking.answers),
    Output("human_confusion", "figure", PEOPLE, tables=("human_accuracy",), lacks=lacking.answers),
    Output("agreement", "table", RIGHT, sources=reads.compared, lacks=lacking.agreement, settings=_threshold),
]  # fmt: skip
TABLES = {output.name: output for output in OUTPUTS if output.kind == "table"}
FIGURES = {output.name: output for output in OUTPUTS if output.kind == "figure"}


def lacks(study: Study, output: Output) -> str | None:
    """What the study would need to have a table or figure, tables that a figure reads included; None where it has it."""
    reasons = [output.lacks, *(TABLES[name].lacks for name in output.tables if name in TABLES)]
    return lacking.first(*reasons)(study)


def tables_read(study: Study, output: Output) -> list[str]:
    """Names of the tables that a table or figure of this study reads."""
    return [*output.tables, *(name for name in output.further if lacks(study, TABLES[name]) is None)]


def figures(study: Study) -> list[str]:
    """Figures drawn: those asked for; all that the study has the inputs for, where the config names none."""
    if "figures" in study.settings:
        return study.settings["figures"]
    return [name for name, output in FIGURES.items() if lacks(study, output) is None and output.question != PEOPLE]


def tables(study: Study) -> list[str]:
    """Tables asked for, those that the figures read, and those that these are made from."""
    wanted = [*study.settings["tables"], *(name for figure in figures(study) for name in FIGURES[figure].tables)]
    for table in wanted:
        if table in TABLES:  # people's are not
            wanted += (name for name in tables_read(study, TABLES[table]) if name not in wanted)
    return [name for name in TABLES if name in wanted]


def targets(study: Study) -> list[tuple[str, str, str | None]]:
    """Everything that can be asked for by name: path, question, and what the study lacks for it or None."""
    suffix = {"table": "tables/{}.csv", "figure": "figures/{}.pdf"}
    return [
        (f"results/{study.name}/{suffix[output.kind].format(output.name)}", output.question, lacks(study, output))
        for output in OUTPUTS
    ]


def left_out(study: Study) -> list[str]:
    """What is not in the plan because the study has no inputs for it, in a sentence each; a line for each figure."""
    found = []
    if "train" not in study.splits:
        found.append(f"study {study.name}: no training images (data.train_images), so nothing is trained here")
    if "figures" not in study.settings:
        missing = [output for output in FIGURES.values() if output.question != PEOPLE and lacks(study, output)]
        if missing:
            reasons = "".join(f"\n  {output.name}: would need {lacks(study, output)}" for output in missing)
            found.append(f"study {study.name}: left out of the plan:{reasons}")
    return found
