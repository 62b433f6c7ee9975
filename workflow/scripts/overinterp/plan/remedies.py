"""Comparisons of remedies: which classifiers stand in which group."""

from __future__ import annotations

from overinterp.plan.study import Study


def comparisons(study: Study) -> list[dict]:
    """Comparisons: name, baseline (a group), threshold and groups, each with its classifiers; baseline first."""
    found = []
    analysed = study.searched(study.analysis["search"], "test")
    for comparison in study.analysis.get("mitigation", []):
        key = f"analysis.mitigation.{comparison['name']}"
        groups = {
            group: study.match(patterns, analysed, f"{key}.groups.{group}") for group, patterns in comparison["groups"].items()
        }
        _apart(study, key, comparison["name"], groups)
        threshold = comparison.get("threshold", study.analysis["threshold"])
        found.append({"name": comparison["name"], "baseline": next(iter(groups)), "threshold": threshold, "groups": groups})
    return found


def _apart(study: Study, key: str, name: str, groups: dict[str, list[str]]) -> None:
    """Every name once, and no classifier in two groups."""
    if [other["name"] for other in study.analysis["mitigation"]].count(name) > 1:
        study.fail("analysis.mitigation", name, "every name once")
    everywhere = [model for group in groups.values() for model in dict.fromkeys(group)]
    twice = [model for model in everywhere if everywhere.count(model) > 1]
    if twice:
        study.fail(f"{key}.groups", f"{twice[0]} in two of them", "groups that share no classifier")


def compared(study: Study) -> list[str]:
    """Classifiers that are compared as remedies."""
    names = [model for comparison in comparisons(study) for group in comparison["groups"].values() for model in group]
    return list(dict.fromkeys(names))


def sources(study: Study) -> list[tuple[str, str, str]]:
    """Their searches of test images."""
    return [(model, study.analysis["search"], "test") for model in compared(study)]
