"""Modules that jobs import by name: their code is not reached from the script's imports, and counts all the same."""

from __future__ import annotations

from overinterp.plan import images, people
from overinterp.plan.lists import ARCHITECTURES, MASKS, PAINTS, SEARCHES, SOURCES
from overinterp.plan.study import Study


def of_models(study: Study, models) -> list[str]:
    """Modules that loading classifiers imports by name."""
    found = []
    for model in study.members(models):
        if model in study.networks:
            found.append(ARCHITECTURES[study.networks[model].architecture])
        else:
            entry = study.brought[model]
            found.append(SOURCES[entry["from"]])
            found += [ARCHITECTURES[entry["model"]]] if entry["from"] == "trained" else []  # others only share names with ours
    return found


def of_training(study: Study, wildcards) -> list[str]:
    """Modules that training a network imports by name."""
    network = study.networks[wildcards.model]
    view = network.condition["view"]
    return [ARCHITECTURES[network.architecture], MASKS[view["mask"]], PAINTS[view["paint"]]]


def of_views(study: Study, wildcards) -> list[str]:
    """Modules of the views that a classifier is tested on."""
    own = study.own_view(wildcards.model)
    views = [{"mask": "all", "paint": "values"}, *study.analysis["views"], *([own] if own else [])]
    return [reference for view in views for reference in (MASKS[view["mask"]], PAINTS[view["paint"]])]


def of_collecting(study: Study, wildcards) -> list[str]:
    """Modules that collecting subsets imports by name."""
    return [SEARCHES[study.searches[study.analysis["search"]]["method"]], *of_models(study, [wildcards.model])]


def of_data(study: Study, wildcards) -> list[str]:
    """The module of the data set."""
    return [images.dataset(study).module]


def of_search(study: Study, wildcards) -> list[str]:
    """Modules that a search imports by name."""
    return [SEARCHES[study.searches[wildcards.search]["method"]], *of_models(study, [wildcards.model])]


def of_model(study: Study, wildcards) -> list[str]:
    """Modules that loading a classifier imports by name."""
    return of_models(study, [wildcards.model])


def of_transfer(study: Study, wildcards) -> list[str]:
    """Modules that showing a classifier kept pixels imports by name."""
    return [*of_models(study, [wildcards.model]), MASKS["kept"], MASKS["random"], PAINTS["values"]]


def of_accuracy(study: Study, wildcards) -> list[str]:
    """Modules that testing a classifier imports by name."""
    return [*of_models(study, [wildcards.model]), *of_views(study, wildcards)]


def of_people(study: Study, wildcards) -> list[str]:
    """Modules that asking the networks of a study with people imports by name."""
    return [*of_models(study, people.networks(study)), PAINTS["values"]]
