"""What a study lacks for tables and figures, in words: one function a thing, None where the study has it."""

from __future__ import annotations

from overinterp.plan import audits, people, reads
from overinterp.plan.study import Study


def corrupted(study: Study) -> str | None:
    search = study.analysis["search"]
    return None if study.searched(search, "corrupted") else f"a run of searches.{search} on the corrupted split"


def agreement(study: Study) -> str | None:
    return None if "agreement" in study.analysis else "analysis.agreement: networks, reference and candidates"


def mitigation(study: Study) -> str | None:
    return None if study.analysis.get("mitigation") else "a comparison in analysis.mitigation"


def adversarial(study: Study) -> str | None:
    there = any("adversarial" in condition for condition in study.settings["conditions"])
    return None if there else "a condition with adversarial training"


def planted(study: Study) -> str | None:
    return None if study.settings["data"]["dataset"] == "planted" else "data.dataset 'planted'"


def boxes(study: Study) -> str | None:
    return None if "boxes" in study.settings["data"] else "data.boxes: where the objects are"


def border(study: Study) -> str | None:
    there = any(view["mask"] == "border" for view in study.analysis["views"])
    return None if there else "{mask: border} in analysis.views"


def answers(study: Study) -> str | None:
    return None if people.responses(study) else "people's answers: nobody has been asked yet, see docs/HUMAN_STUDY.md"


def other_targets(study: Study) -> str | None:
    search = study.analysis["search"]
    return None if reads.towards_others(study) else f"a search towards runner_up or other, of a classifier that {search} covers"


def collections(study: Study) -> str | None:
    return None if "collections" in study.analysis else "analysis.collections: images and cap"


def audit(study: Study) -> str | None:
    return None if audits.students(study) else "an audit in audits"


def two_searched(study: Study) -> str | None:
    search = study.mask_search
    return None if len(reads.masks(study)) > 1 else f"two classifiers searched by searches.{search} on the test split"


def single_steps(study: Study) -> str | None:
    """Sizes are compared only between searches that end in single-pixel steps."""
    search = study.analysis["search"]
    single = study.schedule(search).last_steps == 1
    return None if single else f"an analysis.search that ends in single-pixel steps, which {search} does not"


def first(*reasons):
    """The first thing that a study lacks."""
    return lambda study: next(filter(None, (reason(study) for reason in reasons)), None)
