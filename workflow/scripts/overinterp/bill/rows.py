"""Jobs of a study, and what each kind of them computes and stores."""

from __future__ import annotations

from overinterp import perturbations
from overinterp.bill.networks import channels_of, counted, forward, size_of
from overinterp.evaluation import choosers, views
from overinterp.plan import images, jobs, outputs, reads, remedies, verdict
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
        ConfigError: The size of the images is not known.
    """
    size = size_of(study)
    if size is None:
        where = ", here or of the first classifier" if study.brought else ""
        allowed = f"crop, or resize: [height, width]{where}; a crop of the pictures' own size changes nothing"
        study.fail("data.preprocessing", "no size", allowed)
    pixels, rows, cost = size[0] * size[1], [], {}
    for model in study.models:
        cost[model] = forward(study, model, size)

    def row(rule, count, passes, stored, files, memory=MEMORY, largest=None, least=None):
        known = all(cost[model] is not None for model, _ in passes) and None not in passes.values()
        flops = sum(passes[model, kind] * cost[model] for model, kind in passes) if known else None
        found = {"rule": rule, "jobs": count, "passes": total(passes.values()), "flops": flops, "memory_mb": memory}
        largest = {  # where nothing else is said a job is all the work of a classifier
            key: {"passes": most, "flops": most * cost[key[0]] if known else None, "least": (least or {}).get(key, 0)}
            for key, most in (passes if largest is None else largest).items()
        }
        rows.append(found | {"bytes": stored, "files": files, "work": passes, "largest": largest})

    training = study.settings["training"]
    if study.networks:
        shown = 3 * study.size("train", "training")
        epochs = {  # of passes: those over adversarial images count once for every step of the attack
            n.name: study.training(n.name)["epochs"] * (1 + n.condition.get("adversarial", {}).get("steps", 0))
            for n in study.networks.values()
        }
        passes = {(name, TRAINING): shown * number for name, number in epochs.items()}
        count = len(study.networks)
        weights = sum(counted("trained", n.architecture, channels_of(study), size)[1] for n in study.networks.values())
        memory = max(jobs.training_memory(study, model) for model in study.networks)
        batches = -(-study.size("train", "training") // training["batch_size"])
        alone = STEP if training["processes"] == 1 else STEP_SHARED
        least = {}
        for name, number in epochs.items():
            plain = study.training(name)["epochs"]
            least[name, TRAINING] = batches * (plain * alone + (number - plain) * STEP_SHARED)
        row("train_network", count, passes, 4 * weights, 5 * count, memory, least=least)
        rows[-1] |= {"precision": training["precision"], "processes": training["processes"], "least": sum(least.values())}
        conditions = [n.condition for n in study.networks.values() if "fraction" in n.condition["view"]]
        packed = {str(({**c["view"], "paint": ""}, c.get("masks_from"))): c["view"] for c in conditions}  # paints share a pack
        large = study.size("train", "training") * pixels * 3 > HELD_BYTES
        if packed and large and images.dataset(study).files:
            each = sum(3 * kept_pixels(pixels, view["fraction"]) + -(-pixels // 8) for view in packed.values())
            row("(packed pixels, a cache)", 0, {}, study.size("train", "training") * each, 2 * len(packed), 0)
    for split in study.splits:
        passes, largest, stored, count = {}, {}, 0, 0
        for run in study.runs.values():
            if run.split != split:
                continue
            search = study.searches[run.search]
            schedule = preset(search["method"], pixels, search["pixels_per_step"])
            classes, masks = _classes(study, search), search.get("input_dropout", {"masks": 1})["masks"]
            an_image = None if classes is None else masks * forwards(search, pixels, classes)
            key = run.model, run.search
            passes[key] = total([passes.get(key, 0), an_image and an_image * len(run.images)])
            largest[key] = (an_image or 0) * -(-len(run.images) // run.shards)
            orders = pixels * (2 if pixels <= 65536 else 4) + 8 * schedule.steps(pixels)
            each = len(run.keep) * -(-pixels // 8) if run.keep else orders
            stored += len(run.images) * each
            count += run.shards
        if count:
            row(f"search_orderings, {split}", count, passes, stored, 3 * count, largest=largest)
    tested = sum(study.size(split, "data") for split in images.tested(study))
    passes = {(model, EVALUATION): _shown(study, model) for model in study.models}
    row("evaluate_accuracy", len(study.models), passes, 0, 4 * len(study.models))
    tables, usual = set(outputs.tables(study)), study.searches[study.analysis["search"]]
    if tables & {"transfer", "transfer_by_relation"}:
        shown = [study.runs[source].images for source in reads.masks(study)]
        each = sum(map(len, shown)) + len(set().union(*shown))  # every other's subsets, and as many random pixels of each image
        passes = {(model, EVALUATION): each for model in reads.searched_models(study)}
        row("evaluate_transfer", len(passes), passes, 0, 3 * len(passes))
    if "mitigation" in tables:
        passes = {(model, EVALUATION): tested for model in remedies.compared(study)}
        row("fit_temperature", len(passes), passes, 0, 2 * len(passes))
        steps = 1 + preset(usual["method"], pixels, usual["pixels_per_step"]).steps(pixels)
        runs = [study.runs[source] for source in remedies.sources(study)]
        count = sum(run.shards for run in runs)
        passes = {(run.model, EVALUATION): steps * len(run.images) for run in runs}
        largest = {(run.model, EVALUATION): steps * -(-len(run.images) // run.shards) for run in runs}
        row("scale_orderings", count, passes, sum(4 * steps * len(run.images) for run in runs), 3 * count, largest=largest)
    measured = {source[0]: study.runs[source].images for source in reads.tested_sizes(study)}
    evaluated = measured if tables & {"mask_edges", "blanks"} else verdict.models(study)
    each = perturbations.most_passes(pixels, mean="train" in study.splits and study.settings["data"]["blank"] != "mean")
    passes = {(model, EVALUATION): len(measured[model]) * each for model in evaluated}
    row("evaluate_subsets", len(passes), passes, 0, 3 * len(passes))
    if "redundancy" in tables:
        each = (study.analysis["collections"]["cap"] - 1) * forwards(usual, pixels, 1)
        passes = {(model, usual["name"]): len(jobs.collected(study, model)) * each for model in measured}
        row("collect_subsets", len(measured), passes, 0, 3 * len(measured))
    drawn, told = len(outputs.figures(study)), len(outputs.tables(study))
    row("verdict", 1, {}, 10**6, 4)
    row("tables and figures", drawn + told, {}, (drawn + told) * 10**5, 3 * drawn + 4 * told)
    return rows


def _shown(study: Study, model: str) -> int:
    """Images that a classifier is shown when its accuracy is told: of each view all, or those that a search chose pixels of."""
    found, tested = 0, jobs.tested(study, model)
    for split in images.tested(study):
        for view, _ in views(study.analysis, tested["own_view"]):
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
