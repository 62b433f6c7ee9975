"""The ONE list of tables and figures: what each reads, which question it answers, and when a study cannot have it.

Rules, schema, checks, `make targets` and the report read this list. A new table or figure is a module, ``tables/<name>.py`` or
``figures/<name>.py``, one entry here, and a caption, ``workflow/report/<name>.rst`` (``<name>_table.rst`` for a table).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from overinterp.plan import audits, people, remedies
from overinterp.plan.study import Study

HOW_MANY = "How many pixels does it need?"
WHERE = "Where are they?"
ONLY_WHERE = "Is it only where they are?"
HELP = "Does it help to ...?"
PEOPLE = "Can people see it?"
RIGHT = "Is the search right?"
ARTEFACT = "Is it an artefact?"
WRONG = ("runner_up", "other")  # targets of searches that no image is given


@dataclass(frozen=True)
class Output:
    """A table or a figure.

    Attributes:
        name: Of its file and its module.
        kind: 'table' or 'figure'.
        question: That it answers; its category in the report.
        sources: Searches (classifier, search, split) whose orderings it reads.
        tables: Names of tables that it reads.
        parts: Files under ``parts/`` that it reads, made by jobs of one classifier each.
        settings: Values of the config that it uses.
        images: Whether it reads the test images, as a table their list.
        data: Whether it reads ``data.json``.
        lacks: What a study would need to have it, in words; None where it has it.
        module: That makes it; by default that of its name.
    """

    name: str
    kind: str
    question: str
    sources: Callable[[Study], list] = lambda study: []
    tables: tuple[str, ...] = ()
    parts: Callable[[Study], list[str]] = lambda study: []
    settings: Callable[[Study], dict] = lambda study: {}
    images: bool = False
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


def sizes(study: Study) -> list:
    """Searches that tell the sizes of subsets."""
    return study.sources(study.analysis["search"], "test", "corrupted")


def measured(study: Study) -> list:
    """Searches whose sizes of subsets are tabulated, image by image."""
    return list(dict.fromkeys([*sizes(study), *study.sources(study.mask_search, "test", "corrupted")]))


def measured_on_test(study: Study) -> list:
    """Those of test images."""
    return [source for source in measured(study) if source[2] == "test"]


def tested_sizes(study: Study) -> list:
    """Searches of test images that tell the sizes of subsets."""
    return study.sources(study.analysis["search"], "test")


def masks(study: Study) -> list:
    """Searches of test images that choose kept fractions."""
    return study.sources(study.mask_search, "test")


def fraction(study: Study) -> float:
    """The kept fraction of maps, rings and transfer: the smallest."""
    return min(study.analysis["fractions"])


def all_on_test(study: Study) -> list:
    """Every search of test images."""
    return [run.source for run in study.runs.values() if run.split == "test"]


def examples(study: Study) -> list:
    """Searches that are shown as pictures: the first classifier of each group, six at most."""
    firsts = {}
    for source in study.sources(study.examples, "test"):
        firsts.setdefault(study.described(source[0])["group"], source)
    return list(firsts.values())[:6]


def compared(study: Study) -> list:
    """The search taken as right, then those in question."""
    agreement = study.analysis["agreement"]
    return [(agreement["model"], name, "test") for name in (agreement["reference"], *agreement["candidates"])]


def _no_corrupted(study: Study) -> str | None:
    search = study.analysis["search"]
    return None if study.searched(search, "corrupted") else f"a run of searches.{search} on the corrupted split"


def _no_agreement(study: Study) -> str | None:
    return None if "agreement" in study.analysis else "analysis.agreement: model, reference and candidates"


def _no_mitigation(study: Study) -> str | None:
    return None if study.analysis.get("mitigation") else "a comparison in analysis.mitigation"


def _no_adversarial(study: Study) -> str | None:
    there = any("adversarial" in condition for condition in study.settings["conditions"])
    return None if there else "a condition with adversarial training"


def _not_planted(study: Study) -> str | None:
    return None if study.settings["data"]["dataset"] == "planted" else "data.dataset 'planted'"


def _no_boxes(study: Study) -> str | None:
    return None if "boxes" in study.settings["data"] else "data.boxes: where the objects are"


def _no_border(study: Study) -> str | None:
    there = any(view["mask"] == "border" for view in study.analysis["views"])
    return None if there else "{mask: border} in analysis.views"


def _nobody_asked(study: Study) -> str | None:
    return None if people.responses(study) else "people's answers: nobody has been asked yet, see docs/HUMAN_STUDY.md"


def towards_others(study: Study) -> list:
    """Searches of test images towards classes that the images are not given, and the usual ones of the same classifiers."""
    usual = {source[0]: source for source in tested_sizes(study)}
    wrong = [source for source in all_on_test(study) if study.searches[source[1]]["target"] in WRONG and source[0] in usual]
    return [*dict.fromkeys(usual[source[0]] for source in wrong), *wrong]


def _no_wrong(study: Study) -> str | None:
    search = study.analysis["search"]
    return None if towards_others(study) else f"a search towards runner_up or other, of a classifier that {search} covers"


def _no_collections(study: Study) -> str | None:
    return None if "collections" in study.analysis else "analysis.collections: images and cap"


def _no_audit(study: Study) -> str | None:
    return None if audits.students(study) else "an audit in audits"


def _alone(study: Study) -> str | None:
    search = study.mask_search
    return None if len(masks(study)) > 1 else f"two classifiers searched by searches.{search} on the test split"


def _large_steps(study: Study) -> str | None:
    """Sizes are compared only between searches that end in single-pixel steps."""
    search = study.searches[study.analysis["search"]]
    single = search["method"] != "gradient" or search["pixels_per_step"] == 1
    return None if single else f"an analysis.search that ends in single-pixel steps, which {search['name']} does not"


def _first(*reasons):
    """The first thing that a study lacks."""
    return lambda study: next(filter(None, (reason(study) for reason in reasons)), None)


def _parts(kind: str, models: Callable[[Study], list[str]], suffix: str = "csv"):
    return lambda study: [f"{kind}/{model}.{suffix}" for model in models(study)]


def _scaled(study: Study) -> list[str]:
    return [
        f"scaled/{model}/{search}/{split}/shard-{shard}.npz"
        for model, search, split in remedies.sources(study)
        for shard in range(study.runs[model, search, split].shards)
    ]


def _searched_models(study: Study) -> list[str]:
    return [model for model, _, _ in masks(study)]


def audited(study: Study) -> list:
    """Searches whose masks are audited, of test and of training images."""
    return [(model, search, split) for model, search in audits.teachers(study) for split in ("test", "train")]


def _students(study: Study) -> list[str]:
    return [network.name for network in audits.students(study)]


def _own_masks(study: Study) -> list[str]:
    return [f"accuracy/{model}.csv" for model in _searched_models(study)]


def _subsets(study: Study) -> dict:
    return {"fraction": fraction(study), "threshold": study.analysis["threshold"]}


def _subset_models(study: Study) -> list[str]:
    return [model for model, _, _ in tested_sizes(study)]


def _threshold(study: Study) -> dict:
    return {"threshold": study.analysis["threshold"]}


def _split(split: str):
    return lambda study: {"split": split, "search": study.analysis["search"]}


OUTPUTS = [
    Output("sis_examples", "figure", HOW_MANY, sources=examples, images=True, data=True,
           settings=lambda study: {"threshold": study.analysis["threshold"], "dataset": study.settings["data"]["dataset"]}),
    Output("sis_size", "table", HOW_MANY, sources=measured,
           settings=lambda study: {"thresholds": study.analysis["thresholds"]}),
    Output("sis_size_by_threshold", "table", HOW_MANY, tables=("sis_size",),
           settings=lambda study: {"search": study.analysis["search"]}),
    Output("sis_size_by_threshold", "figure", HOW_MANY, tables=("sis_size_by_threshold",), settings=_split("test")),
    Output("sis_size_by_threshold_corrupted", "figure", HOW_MANY, tables=("sis_size_by_threshold",),
           settings=_split("corrupted"), lacks=_no_corrupted, module="overinterp.figures.sis_size_by_threshold"),
    Output("sis_size_by_class", "table", HOW_MANY, tables=("sis_size",), data=True,
           settings=lambda study: {"search": study.analysis["search"]}),
    Output("confidence_curves", "table", HOW_MANY, sources=tested_sizes),
    Output("confidence_curves", "figure", HOW_MANY, tables=("confidence_curves",)),
    Output("sis_size_correct_incorrect", "table", HOW_MANY, tables=("sis_size",), lacks=_large_steps,
           settings=lambda study: {"search": study.analysis["search"]}),
    Output("sis_size_correct_incorrect", "figure", HOW_MANY, tables=("sis_size_correct_incorrect",), settings=_split("test"),
           lacks=_large_steps),
    Output("sis_size_correct_incorrect_corrupted", "figure", HOW_MANY, tables=("sis_size_correct_incorrect",),
           settings=_split("corrupted"), lacks=_first(_large_steps, _no_corrupted),
           module="overinterp.figures.sis_size_correct_incorrect"),
    Output("pixel_heatmap", "table", WHERE, sources=measured_on_test, parts=_own_masks,
           settings=lambda study: {"fraction": fraction(study)}),
    Output("pixel_heatmap", "figure", WHERE, tables=("pixel_heatmap",), settings=lambda study: {"fraction": fraction(study)}),
    Output("pixel_rings", "table", WHERE, sources=measured_on_test, settings=lambda study: {"fraction": fraction(study)}),
    Output("planted_recovery", "table", WHERE, sources=all_on_test, lacks=_not_planted,
           settings=lambda study: {"threshold": study.analysis["threshold"], "planted": study.settings["data"].get("planted")}),
    Output("planted_recovery", "figure", WHERE, tables=("planted_recovery",), lacks=_not_planted),
    Output("object_share", "table", WHERE, sources=measured_on_test, images=True, data=True, lacks=_no_boxes, settings=_subsets),
    Output("object_share", "figure", WHERE, tables=("object_share",), lacks=_no_boxes, settings=_subsets),
    Output("accuracy", "table", ONLY_WHERE, parts=_parts("accuracy", lambda study: study.models)),
    Output("accuracy", "figure", ONLY_WHERE, tables=("accuracy",)),
    Output("border", "table", ONLY_WHERE, tables=("accuracy",), lacks=_no_border),
    Output("border", "figure", ONLY_WHERE, tables=("border",), lacks=_no_border),
    Output("leakage", "table", ONLY_WHERE, sources=audited, parts=_parts("answers", _students, "npz"), data=True, lacks=_no_audit,
           settings=lambda study: {"students": audits.described(study)}),
    Output("leakage", "figure", ONLY_WHERE, tables=("leakage",), lacks=_no_audit),
    Output("transfer", "table", ONLY_WHERE, parts=_parts("transfer", _searched_models), lacks=_alone),
    Output("transfer", "figure", ONLY_WHERE, tables=("transfer",), lacks=_alone),
    Output("mitigation", "table", HELP, sources=remedies.sources, lacks=_no_mitigation,
           parts=lambda study: [*_parts("temperature", remedies.compared, "json")(study), *_scaled(study)],
           settings=lambda study: {"comparisons": remedies.comparisons(study)}),
    Output("mitigation", "figure", HELP, tables=("mitigation",), lacks=_no_mitigation),
    Output("adversarial", "table", HELP, tables=("sis_size",), lacks=_no_adversarial,
           settings=lambda study: {"search": study.analysis["search"]}),
    Output("adversarial", "figure", HELP, tables=("adversarial",), lacks=_no_adversarial,
           settings=lambda study: {"search": study.analysis["search"]}),
    Output("wrong_class", "table", ARTEFACT, sources=towards_others, lacks=_no_wrong,
           settings=lambda study: {"search": study.analysis["search"], **_threshold(study)}),
    Output("wrong_class", "figure", ARTEFACT, tables=("wrong_class",), lacks=_no_wrong, settings=_threshold),
    Output("redundancy", "table", HOW_MANY, parts=_parts("collections", _subset_models), lacks=_no_collections,
           settings=_threshold),
    Output("redundancy", "figure", HOW_MANY, tables=("redundancy",), lacks=_no_collections, settings=_threshold),
    Output("mask_edges", "table", ARTEFACT, parts=_parts("subsets", _subset_models), settings=_threshold),
    Output("mask_edges", "figure", ARTEFACT, tables=("mask_edges",), settings=_threshold),
    Output("blanks", "table", ARTEFACT, parts=_parts("subsets", _subset_models), settings=_threshold),
    Output("blanks", "figure", ARTEFACT, tables=("blanks",), settings=_threshold),
    Output("human_accuracy", "figure", PEOPLE, tables=("human_answers", "human_accuracy", "human_participants"),
           lacks=_nobody_asked),
    Output("human_confusion", "figure", PEOPLE, tables=("human_accuracy",), lacks=_nobody_asked),
    Output("agreement", "table", RIGHT, sources=lambda study: compared(study), lacks=_no_agreement,
           settings=lambda study: {**study.analysis["agreement"], "threshold": study.analysis["threshold"]}),
]  # fmt: skip
TABLES = {output.name: output for output in OUTPUTS if output.kind == "table"}
FIGURES = {output.name: output for output in OUTPUTS if output.kind == "figure"}


def lacks(study: Study, output: Output) -> str | None:
    """What the study would need to have a table or figure, tables that a figure reads included; None where it has it."""
    reasons = [output.lacks, *(TABLES[name].lacks for name in output.tables if name in TABLES)]
    return _first(*reasons)(study)


def figures(study: Study) -> list[str]:
    """Figures drawn: those asked for; all that the study has the inputs for, where the config names none."""
    if "figures" in study.settings:
        return study.settings["figures"]
    return [name for name, output in FIGURES.items() if lacks(study, output) is None and output.question != PEOPLE]


def tables(study: Study) -> list[str]:
    """Tables asked for, and those that the figures read."""
    wanted = {*study.settings["tables"], *(name for figure in figures(study) for name in FIGURES[figure].tables)}
    wanted |= {name for table in wanted for name in TABLES[table].tables}
    return [name for name in TABLES if name in wanted]


def targets(study: Study) -> list[tuple[str, str, str | None]]:
    """Everything that can be asked for by name: path, question, and what the study lacks for it or None."""
    suffix = {"table": "tables/{}.csv", "figure": "figures/{}.pdf"}
    return [
        (f"results/{study.name}/{suffix[output.kind].format(output.name)}", output.question, lacks(study, output))
        for output in OUTPUTS
    ]


def left_out(study: Study) -> list[str]:
    """What is not in the plan because the study has no inputs for it, in a sentence each."""
    found = []
    if "train" not in study.splits:
        found.append(f"study {study.name}: no training images (data.train_images), so nothing is trained here")
    if "figures" not in study.settings:
        missing = [output for output in FIGURES.values() if output.question != PEOPLE and lacks(study, output)]
        if missing:
            reasons = "; ".join(f"{output.name} (would need {lacks(study, output)})" for output in missing)
            found.append(f"study {study.name}: left out of the plan: {reasons}")
    return found
