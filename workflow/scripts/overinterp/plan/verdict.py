"""The verdict of a study: which classifier is judged, and what is read for it."""

from __future__ import annotations

from overinterp.plan import outputs, reads
from overinterp.plan.sentences import listing
from overinterp.plan.study import Study

ALIKE = ("objective", "input_dropout")  # in searches whose sizes are compared, beside what they do


def judged(study: Study) -> str:
    """The classifier that is judged: the one named, else the first brought along, else the first one searched."""
    searched = reads.subset_models(study)
    named = study.analysis["verdict"].get("model")
    if named is not None:
        found = study.match([named], searched, "analysis.verdict.model")
        if len(found) > 1:
            study.fail("analysis.verdict.model", named, f"one of {listing(found)}: one classifier is judged")
        return found[0]
    return next((model for model in searched if model in study.brought), searched[0])


def null(study: Study) -> str | None:
    """A classifier of the study that was taught shuffled labels, and searched: the null; None without one."""
    return next((model for model in reads.subset_models(study) if study.described(model)["labels"] == "shuffled"), None)


def models(study: Study) -> list[str]:
    """The classifier judged, and the null."""
    return list(dict.fromkeys(filter(None, (judged(study), null(study)))))


def sources(study: Study) -> list:
    """Their searches towards the predicted class."""
    return [(model, study.analysis["search"], "test") for model in models(study)]


def towards_other(study: Study) -> list:
    """Their searches towards a random other class, else like the usual one, where there are any: of several the first."""
    found, usual = {}, study.analysis["search"]
    for source in reads.all_on_test(study):
        search = study.searches[source[1]]
        same = study.schedule(source[1]) == study.schedule(usual)
        same = same and all(search.get(key) == study.searches[usual].get(key) for key in ALIKE)
        if source[0] in models(study) and search["target"] == "other" and same:
            found.setdefault(source[0], source)
    return list(found.values())


def settings(study: Study) -> dict:
    """What the judgement depends on, beside what it reads."""
    return {
        "study": study.name,
        "tables": outputs.tables(study),
        "model": judged(study),
        "null": null(study) if null(study) != judged(study) else None,
        "threshold": study.analysis["threshold"],
        "search": study.analysis["search"],
        "method": study.searches[study.analysis["search"]]["method"],
        "step": study.schedule(study.analysis["search"]).last_steps,
        **{key: study.analysis["verdict"][key] for key in ("small", "limits")},
    }
