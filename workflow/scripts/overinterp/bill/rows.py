"""Jobs of a study, and what each kind of them computes and stores."""

from __future__ import annotations

from overinterp import dots, perturbations
from overinterp.bill.networks import channels_of, counted, forward, size_of
from overinterp.evaluation import choosers, views
from overinterp.plan import checks, images, jobs, outputs, reads, remedies, verdict
from overinterp.plan.study import Study
from overinterp.search.ordering import kept_pixels
from overinterp.search.stages import forwards, preset
from overinterp.views.feed import HELD_BYTES

# Seconds that a step of a small training takes on an H100 at least, for its launches. Recorded as graphs 2.9 to 4 ms (batches of
# 128 and 256 of ResNet20); launched one by one, as where processes share a batch and in attacks, 9.7 and 10.
STEP, STEP_SHARED = 0.004, 0.01
TRAINING, EVALUATION = "training", "evaluation"  # kinds of work; others are searches, by their name
MEMORY = 4000  # MB that jobs ask for in rules/*.smk, trainings apart, which reckon theirs


def bill(study: Study) -> list[dict]:
    """One row a kind of job that takes long or much: rule, jobs, passes, flops (None: unknown), memory of a job, bytes and files.

    That of trainings has precision, processes and ``least``, the seconds on a GPU that its steps take whatever they compute, too.

    And work: passes by classifier and kind of work; and largest: of the jobs that take longest for their classifier and kind of
    work, passes, flops and least. ``passes`` are forward passes of one image; a backward pass counts as one
    where weights are frozen, as two where they learn. Collections and blanks count as if every image had as many subsets, and
    needed as large ones, as it can.

    Raises:
        ConfigError: The size of the images is not known, or a search of large ones is compiled.
    """
    size = size_of(study)
    if size is None:
        where = ", here or of the first classifier" if study.brought else ""
        allowed = f"crop, or resize: [height, width]{where}; a crop of the pictures' own size changes nothing"
        study.fail("data.preprocessing", "no size", allowed)
    checks.compiled(study, size)
    costs = _Costs(study, size)
    parts = (_trainings, _packed, _searches, _accuracies, _transfers, _scaled, _subsets, _collections, _pages)
    return [row for part in parts for row in part(costs)]


class _Costs:
    """What rows are reckoned from.

    Args:
        study: Of which they are.
        size: Height and width of its images.
    """

    def __init__(self, study: Study, size: tuple[int, int]):
        self.study, self.size, self.pixels = study, size, size[0] * size[1]
        self.tables = set(outputs.tables(study))
        self.search = study.searches[study.analysis["search"]]
        self.sized = {source[0]: study.runs[source].images for source in reads.tested_sizes(study)}  # images, by classifier
        self._forward = {model: forward(study, model, size) for model in study.models}

    def row(self, rule: str, count: int, passes: dict, stored: int, files: int, memory=MEMORY, largest=None, least=None) -> dict:
        """A row of so many jobs; ``largest`` are passes of the largest of them, where not all of a classifier's are one job's."""
        known = all(self._forward[model] is not None for model, _ in passes) and None not in passes.values()
        flops = sum(passes[model, kind] * self._forward[model] for model, kind in passes) if known else None
        longest = {
            key: {"passes": most, "flops": most * self._forward[key[0]] if known else None, "least": (least or {}).get(key, 0)}
            for key, most in (passes if largest is None else largest).items()
        }
        found = {"rule": rule, "jobs": count, "passes": total(passes.values()), "flops": flops, "memory_mb": memory}
        return found | {"bytes": stored, "files": files, "work": passes, "largest": longest}


def _trainings(costs: _Costs):
    study, training = costs.study, costs.study.settings["training"]
    if not study.networks:
        return
    images_seen = study.size("train", "training")
    steps, alone = -(-images_seen // training["batch_size"]), STEP if training["processes"] == 1 else STEP_SHARED
    passes, least = {}, {}
    for network in study.networks.values():
        epochs, key = study.training(network.name)["epochs"], (network.name, TRAINING)
        attacks = epochs * network.condition.get("adversarial", {}).get("steps", 0)  # as long as so many epochs more
        passes[key] = 3 * images_seen * (epochs + attacks)
        least[key] = steps * (epochs * alone + attacks * STEP_SHARED)
    weights = sum(counted("trained", n.architecture, channels_of(study), costs.size)[1] for n in study.networks.values())
    memory, count = max(jobs.training_memory(study, model) for model in study.networks), len(study.networks)
    row = costs.row("train_network", count, passes, 4 * weights, 5 * count, memory, least=least)
    yield row | {"precision": training["precision"], "processes": training["processes"], "least": sum(least.values())}


def _packed(costs: _Costs):
    """Kept pixels of many training images, written once in a row."""
    study, pixels = costs.study, costs.pixels
    conditions = [n.condition for n in study.networks.values() if "fraction" in n.condition["view"]]
    views_of = {str(({**c["view"], "paint": ""}, c.get("masks_from"))): c["view"] for c in conditions}  # paints share a pack
    if views_of and images.dataset(study).files:
        count = study.size("train", "training")
        each = sum(3 * kept_pixels(pixels, view["fraction"]) + -(-pixels // 8) for view in views_of.values())
        if count * pixels * 3 > HELD_BYTES:
            yield costs.row("(packed pixels, a cache)", 0, {}, count * each, 2 * len(views_of), 0)


def _searches(costs: _Costs):
    study, pixels = costs.study, costs.pixels
    for split in study.splits:
        passes, largest, stored, count = {}, {}, 0, 0
        for run in (run for run in study.runs.values() if run.split == split):
            search = study.searches[run.search]
            schedule = preset(search["method"], pixels, search["pixels_per_step"])
            classes, masks = _classes(study, search), search.get("input_dropout", {"masks": 1})["masks"]
            an_image = None if classes is None else masks * forwards(search, pixels, classes)
            key = run.model, run.search
            passes[key] = total([passes.get(key, 0), an_image and an_image * len(run.images)])
            largest[key] = (an_image or 0) * len(run.numbers(0))
            orders = pixels * (2 if pixels <= 65536 else 4) + 8 * schedule.steps(pixels)
            stored += len(run.images) * (len(run.keep) * -(-pixels // 8) if run.keep else orders)
            count += run.shards
        if count:
            yield costs.row(f"search_orderings, {split}", count, passes, stored, 3 * count, largest=largest)


def _accuracies(costs: _Costs):
    models = costs.study.models
    passes = {(model, EVALUATION): _shown(costs.study, model) for model in models}
    yield costs.row("evaluate_accuracy", len(models), passes, 0, 4 * len(models))


def _transfers(costs: _Costs):
    if costs.tables & {"transfer", "transfer_by_relation"}:
        shown = [costs.study.runs[source].images for source in reads.masks(costs.study)]
        each = sum(map(len, shown)) + len(set().union(*shown))  # every other's subsets, and as many random pixels of each image
        passes = {(model, EVALUATION): each for model in reads.searched_models(costs.study)}
        yield costs.row("evaluate_transfer", len(passes), passes, 0, 3 * len(passes))


def _scaled(costs: _Costs):
    """Confidences scaled by temperature, for remedies."""
    study, search = costs.study, costs.search
    if "mitigation" in costs.tables:
        tested = sum(study.size(split, "data") for split in images.tested(study))
        passes = {(model, EVALUATION): tested for model in remedies.compared(study)}
        yield costs.row("fit_temperature", len(passes), passes, 0, 2 * len(passes))
        steps = 1 + preset(search["method"], costs.pixels, search["pixels_per_step"]).steps(costs.pixels)
        runs = [study.runs[source] for source in remedies.sources(study)]
        count, stored = sum(run.shards for run in runs), sum(4 * steps * len(run.images) for run in runs)
        passes = {(run.model, EVALUATION): steps * len(run.images) for run in runs}
        largest = {(run.model, EVALUATION): steps * len(run.numbers(0)) for run in runs}
        yield costs.row("scale_orderings", count, passes, stored, 3 * count, largest=largest)


def _subsets(costs: _Costs):
    """Subsets shown on other blanks, with the pixels around them, and as dots."""
    study = costs.study
    evaluated = costs.sized if costs.tables & {"mask_edges", "blanks", "dots"} else verdict.models(study)
    mean = "train" in study.splits and study.settings["data"]["blank"] != "mean"
    each = perturbations.most_passes(costs.pixels, mean=mean) + dots.PASSES
    passes = {(model, EVALUATION): len(costs.sized[model]) * each for model in evaluated}
    yield costs.row("evaluate_subsets", len(passes), passes, 0, 3 * len(passes))


def _collections(costs: _Costs):
    if "redundancy" in costs.tables:
        each = (costs.study.analysis["collections"]["cap"] - 1) * forwards(costs.search, costs.pixels, 1)
        passes = {(model, costs.search["name"]): len(jobs.collected(costs.study, model)) * each for model in costs.sized}
        yield costs.row("collect_subsets", len(passes), passes, 0, 3 * len(passes))


def _pages(costs: _Costs):
    drawn, told = len(outputs.figures(costs.study)), len(costs.tables)
    yield costs.row("verdict", 1, {}, 10**6, 4)
    yield costs.row("tables and figures", drawn + told, {}, (drawn + told) * 10**5, 3 * drawn + 4 * told)


def _shown(study: Study, model: str) -> int:
    """Images that a classifier is shown when its accuracy is told: of each view all, or those that a search chose pixels of."""
    found, tested = 0, jobs.tested(study, model)
    for split in images.tested(study):
        for view in views(study.analysis, tested["own_view"]):
            chosen_by = choosers(view, tested, split)
            found += sum(len(study.runs[source].images) if source else study.size(split, "data") for source in chosen_by)
    return found


def _classes(study: Study, search: dict) -> int | None:
    """Classes of the images, for a search towards each of them; of any other search one; None where nobody knows yet."""
    return images.dataset(study).classes if search["target"] == "every" else 1


def total(values) -> int | float | None:
    """None where one of them is unknown."""
    values = list(values)
    return None if None in values else sum(values)
