"""What tables and figures read: which searches of a study, and which files made by jobs of one classifier each.

A search is named by classifier, search and split, as `Study.sources` gives them.
"""

from __future__ import annotations

from overinterp.plan import audits, remedies
from overinterp.plan.study import Study

OWN = ("predicted", "label")  # targets of searches that tell of an image what it needs
WRONG = ("runner_up", "other")  # of searches towards a class that no image is given


def measured(study: Study) -> list:
    """Searches whose sizes of subsets are tabulated, image by image."""
    names = (study.analysis["search"], study.mask_search)
    return list(dict.fromkeys(source for name in names for source in study.sources(name, "test", "corrupted")))


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
    return [source for source in study.runs if source[2] == "test"]


def towards_own(study: Study) -> list:
    """Those of them that are towards the class predicted or given."""
    return [source for source in all_on_test(study) if study.searches[source[1]]["target"] in OWN]


def examples(study: Study) -> list:
    """Searches that are shown as pictures: the first classifier of each group, six at most."""
    firsts = {}
    for source in study.sources(study.examples, "test"):
        firsts.setdefault(study.described(source[0])["group"], source)
    return list(firsts.values())[:6]


def thresholds(study: Study) -> list[float]:
    """Thresholds that sizes are tabulated at, rising: those named, and the one that everything else is told at."""
    return sorted({*study.analysis["thresholds"], study.analysis["threshold"]})


def steps(study: Study) -> dict:
    """Of each search whose sizes are told, what decides from how many pixels on down it tries every one."""
    names = dict.fromkeys(search for _, search, _ in measured(study))
    return {name: {key: study.searches[name][key] for key in ("method", "pixels_per_step")} for name in names}


def compared(study: Study) -> list:
    """Of each network the search taken as right, then those in question."""
    agreement = study.analysis["agreement"]
    networks = study.match(agreement["networks"], study.models, "analysis.agreement.networks")
    return [(model, name, "test") for model in networks for name in (agreement["reference"], *agreement["candidates"])]


def towards_others(study: Study) -> list:
    """Searches of test images towards classes that the images are not given, and the usual ones of the same classifiers."""
    usual = {source[0]: source for source in tested_sizes(study)}
    wrong = [source for source in all_on_test(study) if study.searches[source[1]]["target"] in WRONG and source[0] in usual]
    return [*dict.fromkeys(usual[source[0]] for source in wrong), *wrong]


def audited(study: Study) -> list:
    """Searches whose masks are audited, of test and of training images."""
    return [(model, search, split) for model, search in audits.teachers(study) for split in ("test", "train")]


def searched_models(study: Study) -> list[str]:
    return [model for model, _, _ in masks(study)]


def student_names(study: Study) -> list[str]:
    return [network.name for network in audits.students(study)]


def subset_models(study: Study) -> list[str]:
    return [model for model, _, _ in tested_sizes(study)]


def scaled(study: Study) -> list[str]:
    return [
        f"scaled/{model}/{search}/{split}/shard-{shard}.npz"
        for model, search, split in remedies.sources(study)
        for shard in range(study.runs[model, search, split].shards)
    ]
