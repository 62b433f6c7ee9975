"""What a schema cannot check: names, references between parts, sizes. One function a thought; the first error is raised."""

from __future__ import annotations

import importlib.util
import itertools

from overinterp.plan import images, outputs, people, remedies, verdict
from overinterp.plan.images import dataset
from overinterp.plan.lists import ARCHITECTURES, CHOSEN, DATASETS
from overinterp.plan.names import of_torchvision
from overinterp.plan.outputs import FIGURES, TABLES
from overinterp.plan.sentences import listing
from overinterp.plan.settings import OF_STEPS, schema
from overinterp.plan.study import Study, size_of


def check(study: Study) -> None:
    """Check a study.

    Raises:
        ConfigError: Naming the key, what was found and what is allowed.
    """
    for part in (names, data, classifiers, conditions, searches, analysis, wanted, asked):
        part(study)


def names(study: Study) -> None:
    """Every name once; something to examine."""
    if study.settings["conditions"] and not study.networks:
        study.fail("architectures", study.settings["architectures"], "at least one, for the networks that conditions train")
    for part in ("audits", "conditions", "classifiers", "ensembles", "searches"):
        given = [entry["name"] for entry in study.settings[part]]
        for name in given:
            if given.count(name) > 1:
                study.fail(part, name, "every name once")
    for name in (*study.brought, *study.ensembles):
        if [*study.networks, *study.brought, *study.ensembles].count(name) > 1:
            study.fail("classifiers / ensembles", name, "a name that no other classifier of the study has")
    if not study.models:
        study.fail("classifiers", [], "at least one classifier, or architectures and conditions to train some")


def data(study: Study) -> None:
    """Keys that go with the data set, and numbers of images."""
    data, kind = study.settings["data"], dataset(study)
    with_path = [name for name, other in DATASETS.items() if other.path]
    for key, datasets in (("planted", ["planted"]), ("path", with_path)):
        if (key in data) != (data["dataset"] in datasets):
            found = "it" if key in data else "nothing"
            study.fail(f"data.{key}", found, f"this key with dataset {' or '.join(map(repr, datasets))} and no other")
    if "boxes" in data and not kind.files:
        study.fail("data.boxes", data["boxes"], f"this key with images in files, not with dataset {data['dataset']!r}")
    if data.get("corrupted", {}).get("source") == "cifar10c" and data["dataset"] != "cifar10":
        study.fail("data.corrupted.source", "cifar10c", "'generated', but with dataset 'cifar10'")
    if data.get("corrupted", {}).get("source") == "cifar10c" and "preprocessing" in data:
        study.fail("data.preprocessing", data["preprocessing"], "none with corrupted images of cifar10c, which are not resized")
    total = data["test_images"] + data.get("train_images", 0)
    if data["dataset"] == "digits":
        if total > 1797:
            study.fail("data.train_images + test_images", total, "at most 1797, all the digits there are")
        for key in ("train_images", "test_images"):
            if data.get(key, 10) < 10:
                study.fail(f"data.{key}", data[key], "at least 10 digits, one of each class")
        if "train_images" not in data and total > 1787:
            study.fail("data.test_images", total, "at most 1787: of the 1797 digits one of each class is left over")
    if data["dataset"] == "planted" and data["planted"]["kind"] == "patch":
        place, size = data["planted"]["place"], data["planted"]["size"]
        if max(place) + size > 16:
            study.fail("data.planted.place", place, f"a patch of {size} pixels inside the 16x16 image")
    if "train" not in study.splits and study.settings["conditions"]:
        study.fail("data.train_images", None, "a number, for the networks that conditions train; or no conditions")
    if "train" not in study.splits and data["blank"] == "mean" and not study.brought:
        study.fail("data.blank", "mean", "a colour: without training images and brought classifiers there is no mean")


def classifiers(study: Study) -> None:
    """Weights, libraries, and what has to be trusted."""
    for name, entry in study.brought.items():
        key = f"classifiers.{name}"
        weights = entry.get("weights")
        if weights is None and entry["from"] in ("torchvision", "trained"):
            name = "a name, such as IMAGENET1K_V1, or " if entry["from"] == "torchvision" else ""
            study.fail(f"{key}.weights", None, f"{name}a file, {{file: ...}}")
        if weights is not None and entry["from"] in ("huggingface", "exported"):
            study.fail(f"{key}.weights", weights, f"none: from {entry['from']} they come with the model")
        if isinstance(weights, str) and entry["from"] == "torchvision" and not weights.isidentifier():
            study.fail(f"{key}.weights", weights, f"the name of torchvision's weights, or {{file: {weights}}}")
        if isinstance(weights, str) and entry["from"] != "torchvision":
            study.fail(f"{key}.weights", weights, "a file, {file: ...}: only torchvision's weights have names")
        if entry["from"] == "torchvision" and (known := of_torchvision()):
            if entry["model"] not in known:
                study.fail(f"{key}.model", entry["model"], "a classification model of torchvision", known)
            allowed = known[entry["model"]]
            if isinstance(weights, str) and allowed and weights not in allowed:
                study.fail(f"{key}.weights", weights, f"one of {', '.join(allowed)}, or a file, {{file: ...}}")
        if entry["from"] == "trained" and entry["model"] not in ARCHITECTURES:
            study.fail(f"{key}.model", entry["model"], f"one of {', '.join(ARCHITECTURES)}, for weights from trained")
        if entry["from"] == "python" and not entry["model"].partition(":")[2].isidentifier():
            study.fail(f"{key}.model", entry["model"], "file.py:function or package.module:function")
        if "revision" in entry and entry["from"] not in ("timm", "huggingface"):
            study.fail(f"{key}.revision", entry["revision"], "none: only a hub has revisions")
        if entry["from"] in ("python", "exported") and not entry["trust"]:
            what = {"python": "loading runs your code", "exported": "torch.export.load unpickles, which can run code"}
            study.fail(f"{key}.trust", False, f"trust: true, for {what[entry['from']]}")
        for part in ("mean", "std"):
            values = entry.get("preprocessing", {}).get(part, [])
            if max(values, default=0) > 1:
                study.fail(f"{key}.preprocessing.{part}", values, "values of pixels in 0 to 1: divide by 255")
        if entry["from"] == "huggingface" and importlib.util.find_spec("transformers") is None and not _conda():
            study.fail(f"{key}.from", "huggingface", "the library transformers: pip install -r requirements-huggingface.txt")


def _conda() -> bool:
    """Whether the libraries of this Python say nothing of those of the jobs: on a host without torch."""
    return importlib.util.find_spec("torch") is None


def conditions(study: Study) -> None:
    """Views and teachers; a share of a batch for every process, and a learning rate that falls where it is to."""
    training = study.settings["training"]
    if study.networks and min(training["batch_size"], study.size("train", "training")) < training["processes"]:
        found = training["processes"]
        study.fail("training.processes", found, f"at most training.batch_size, {training['batch_size']}, and data.train_images")
    for key in OF_STEPS if training["schedule"] != "steps" else ():
        if training[key] != schema()["$defs"]["training"]["properties"][key]["default"]:
            study.fail(f"training.{key}", training[key], f"none with schedule {training['schedule']!r}")
    for network in study.networks.values():
        _condition(study, network.condition)
        epochs = study.training(network.name)["epochs"]
        if training["schedule"] == "steps" and not training["milestones"]:
            study.fail("training.milestones", [], "at least one: with schedule 'steps' the learning rate falls there alone")
        if training["schedule"] == "steps" and 0 < epochs <= max(training["milestones"]):
            of = f" ({network.name} is trained for {epochs})"
            study.fail("training.milestones", training["milestones"], f"at most {epochs - 1}: later epochs never come{of}")


def _condition(study: Study, condition: dict) -> None:
    audit, view = condition.get("audit"), condition["view"]
    key = f"audits.{audit['name']}" if audit else f"conditions.{condition['name']}"
    given = size_of(view)
    training = study.settings["training"]
    if condition["masked"] == "after_augmentation" and not (training["crop_padding"] or training["flip"]):
        place = f"{key}.controls" if audit else f"{key}.masked"
        study.fail(
            place, audit["control"] if audit else condition["masked"], "training.crop_padding or flip, to be misaligned with"
        )
    if condition["masked"] == "after_augmentation" and view["mask"] == "all":
        study.fail(f"{key}.view", view, "another mask than 'all', or nothing would be masked after augmentation")
    if audit and len(size_of(audit)) != 1:
        study.fail(key, size_of(audit) or None, "a fraction or a threshold")
    if audit and audit["control"] == "random" and "threshold" in audit:
        study.fail(f"{key}.controls", "random", "'matched' at a threshold: as many pixels as subsets have, where they lie")
    if len(given) != (0 if view["mask"] == "all" else 1) or ("threshold" in view and view["mask"] not in CHOSEN):
        allowed = f"a fraction for every mask but 'all', or for {', '.join(CHOSEN)} a threshold instead"
        study.fail(f"{key}.view", view, allowed)
    if view["mask"] == "all" and view["paint"] != "values":
        study.fail(f"{key}.view", view, "another mask than 'all' for a paint that leaves values away: nothing would be left")
    if view["mask"] in CHOSEN and "masks_from" not in condition:
        study.fail(f"{key}.masks_from", None, f"a model and a search, for the mask {view['mask']!r}")
    if "masks_from" in condition:
        _teacher(study, condition, key)


def _teacher(study: Study, condition: dict, key: str) -> None:
    source, view = condition["masks_from"], condition["view"]
    if source["model"] not in study.models:
        study.fail(f"{key}.masks_from.model", source["model"], f"one of {listing(study.models)}")
    for teacher in study.members([source["model"]]):
        if teacher in study.networks and "masks_from" in study.networks[teacher].condition:
            study.fail(f"{key}.masks_from.model", source["model"], "a network trained without masks_from itself")
    if source["search"] not in study.searches:
        study.fail(f"{key}.masks_from.search", source["search"], f"one of {listing(study.searches)}")
    for split in ("train", "test") if view["mask"] in CHOSEN or "audit" in condition else ("test",):
        run = study.runs.get((source["model"], source["search"], split))
        size = study.size(split, key)
        if run is None or (split == "train" and list(run.images) != list(range(size))):
            study.fail(
                f"{key}.masks_from",
                f"{source['model']} by {source['search']} on {len(run.images) if run else 0} {split} images",
                f"searches.{source['search']}.runs to cover {size if split == 'train' else 'some'} of them",
            )
        size = size_of(condition.get("audit", view))
        if split == "train" and run.keep and size.get("fraction") not in run.keep:
            place, found = next(iter(size.items())) if "audit" in condition else ("view", view)
            study.fail(f"{key}.{place}", found, f"a fraction whose masks searches.{source['search']} keeps: {listing(run.keep)}")
        target = study.searches[source["search"]]["target"]
        if "threshold" in size and target != "predicted":
            allowed = "a search towards the class predicted, for a threshold: of no other is the whole image so sure"
            study.fail(f"{key}.masks_from.search", f"{source['search']}, target {target}", allowed)
    _no_label(study, source["search"], f"{key}.masks_from.search", ("predicted", "other", "every"))


def _no_label(study: Study, search: str, key: str, targets=("predicted",)) -> None:
    """A search towards the true label would put the label into the masks that it chooses."""
    target = study.searches[search]["target"]
    if target not in targets:
        why = ": masks chosen for the true label would tell the label" if target == "label" else ""
        study.fail(key, f"{search}, target {target}", f"a search towards the class {' or '.join(targets)}{why}")


def compiled(study: Study, size: tuple[int, int] | None) -> None:
    """No search of large images is compiled; ``size`` is height and width."""
    for name, search in study.searches.items():
        if search["compile"] and size and size[0] * size[1] > 64 * 64:
            allowed = f"false: images of {size[0]}x{size[1]} are above 64x64, and compiled searches of such are slower"
            study.fail(f"searches.{name}.compile", True, allowed)


def searches(study: Study) -> None:
    """Every search names classifiers and images that there are, and settings that do something."""
    compiled(study, images.size(study))  # where it is unknown, the bill says so, and the job
    for name, search in study.searches.items():
        if not study.schedule(name).tries and search["precision"] != "float32":
            study.fail(f"searches.{name}.precision", search["precision"], f"float32: {search['method']!r} tries no candidates")
        if not study.schedule(name).tries and search["objective"] != "log_odds":  # slopes are of log-odds, which rank alike
            study.fail(f"searches.{name}.objective", search["objective"], f"log_odds: {search['method']!r} tries no candidates")
        if search["pixels_per_step"] != 1 and study.schedule(name) == study.schedule(name, 1):
            found = search["pixels_per_step"]
            study.fail(f"searches.{name}.pixels_per_step", found, f"no such key: {search['method']!r} has steps of its own")
    for (model, name, split), run in study.runs.items():
        if run.keep and split != "train":
            allowed = "no such key: sizes, curves and maps are read off the orders; masks are for training"
            study.fail(f"searches.{name}.runs.keep, {model} on {split} images", list(run.keep), allowed)


def analysis(study: Study) -> None:
    """The searches that the analysis names."""
    for key, search in (("search", study.analysis["search"]), ("mask_search", study.mask_search), ("examples", study.examples)):
        if search not in study.searches or not study.searched(search, "test"):
            on_test = [name for name in study.searches if study.searched(name, "test")]
            study.fail(f"analysis.{key}", search, f"one of those with a run on the test split: {listing(on_test) or 'none'}")
    search = study.searches[study.analysis["search"]]
    if search["target"] != "predicted":
        study.fail("analysis.search", f"{search['name']}, target {search['target']}", "a search towards the predicted class")
    if "input_dropout" in search:  # what becomes of its subsets is asked of the classifier as it answers
        study.fail("analysis.search", f"{search['name']}, with input_dropout", "a search without it")
    _no_label(study, study.mask_search, "analysis.mask_search")
    for view in study.analysis["views"]:
        if view["mask"] == "all":
            study.fail("analysis.views", view, "another mask than 'all': full images are always tested")
        if study.analysis["views"].count(view) > 1:  # with the defaults filled in
            study.fail("analysis.views", view, "every view once")
    if "agreement" in study.analysis:
        _agreement(study, **study.analysis["agreement"])
    remedies.comparisons(study)
    verdict.judged(study)


def _agreement(study: Study, networks: list[str], reference: str, candidates: list[str]) -> None:
    """Searches that are compared are two, towards one class, and have images in common."""
    if reference in candidates:
        study.fail("analysis.agreement.candidates", reference, "other searches than the reference")
    for key, named in (("reference", [reference]), ("candidates", candidates)):
        for model, search in itertools.product(study.match(networks, study.models, "analysis.agreement.networks"), named):
            place = f"analysis.agreement.{key}"
            if (model, search, "test") not in study.runs:
                study.fail(place, search, f"a search of {model} on test images")
            own, target = (study.searches[name]["target"] for name in (search, reference))
            if own != target:
                study.fail(place, f"{search}, target {own}", f"a search towards the class {target}, as {reference}")
            if set(study.runs[model, search, "test"].images).isdisjoint(study.runs[model, reference, "test"].images):
                study.fail(place, search, f"a search of some of the images of {reference}")


def wanted(study: Study) -> None:
    """Tables and figures that the config names are such that the study has."""
    for part, list_of in (("tables", TABLES), ("figures", FIGURES)):
        for name in study.settings.get(part, []):
            missing = outputs.lacks(study, list_of[name])
            if missing:
                study.fail(part, name, f"{missing}, for this {part[:-1]}")


def asked(study: Study) -> None:
    """A study with people: its networks are searched, as many pictures again as there can be, and the frozen one is there."""
    if "human" not in study.settings:
        return
    human = study.settings["human"]
    classes = len(human["classes"]) if "classes" in human else dataset(study).classes
    if classes and human["repeats"] > human["images_per_class"] * classes // 2:
        most = human["images_per_class"] * classes // 2
        study.fail("human.repeats", human["repeats"], f"at most {most}, half of a batch")
    sources = people.sources(study)
    for model, search, split in sources:
        if (model, search, split) not in study.runs:
            study.fail("human.networks", model, f"networks searched by {search} on the test split")
    of_each = [set(study.runs[source].images) for source in sources]
    if unknown := set(human["exclude"]) - set.union(*of_each):
        study.fail("human.exclude", min(unknown), "numbers of test images that are searched")
    searched = set.intersection(*of_each).difference(human["exclude"])
    beside = human["practice"] + human["full_images"] * len(human["fractions"]) + human["random_per_class"] * (classes or 0)
    if classes and human["images_per_class"] * classes + beside > len(searched):
        most = max(0, len(searched) - beside) // classes
        of = f"of {classes} classes, beside {beside} for practice, full_images and random_per_class, of {len(searched)} searched"
        if most < 1:
            study.fail("human.practice, full_images and random_per_class", beside, f"fewer images, {of}")
        study.fail("human.images_per_class", human["images_per_class"], f"at most {most}: {of}")
    people.frozen(study)
