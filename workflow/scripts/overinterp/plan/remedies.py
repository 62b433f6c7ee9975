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
        threshold = comparison.get("threshold", study.analysis["threshold"])
        found.append({"name": comparison["name"], "baseline": next(iter(groups)), "threshold": threshold, "groups": groups})
    return found


def compared(study: Study) -> list[str]:
    """Classifiers that are compared as remedies."""
    names = [model for comparison in comparisons(study) for group in comparison["groups"].values() for model in group]
    return list(dict.fromkeys(names))


def sources(study: Study) -> list[tuple[str, str, str]]:
    """Their searches of test images."""
    return [(model, study.analysis["search"], "test") for model in compared(study)]
