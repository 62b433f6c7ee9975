"""Files and values of the jobs: what each reads, by which names.

Functions take a `Study` and, where a job is of one classifier or output, its name or entry.
"""

from __future__ import annotations

import re

from overinterp.plan import answers, images, outputs, reads, verdict
from overinterp.plan.lists import CHOSEN
from overinterp.plan.outputs import Output
from overinterp.plan.study import Study


def one_of(names) -> str:
    """A wildcard's pattern for some names; for no names, one that nothing matches."""
    return "|".join(re.escape(name) for name in sorted(set(names))) or "(?!)"


def folder(study: Study) -> str:
    return f"results/{study.name}"


def split_files(study: Study, *splits: str) -> list[str]:
    """Files of splits: the manifests, and beside them the arrays of data sets that are stored."""
    arrays = [] if images.dataset(study).files else ["train", "test"]
    manifests = [f"{folder(study)}/data/{split}.csv" for split in splits]
    return manifests + [f"{folder(study)}/data/{split}.npy" for split in splits if split in [*arrays, "corrupted"]]


def tested_files(study: Study) -> list[str]:
    """Files of the splits that classifiers are tested on."""
    return split_files(study, *images.tested(study))


def shards(study: Study, source: tuple[str, str, str]) -> list[str]:
    """Files of one search (classifier, search, split)."""
    model, search, split = source
    place = f"{folder(study)}/orderings/{model}/{search}/{split}"
    return [f"{place}/shard-{shard}.npz" for shard in range(study.runs[source].shards)]


def shards_of(study: Study, sources) -> list[str]:
    """Files of several searches, one after the other."""
    return [path for source in sources for path in shards(study, source)]


def described(study: Study, sources) -> list[dict]:
    """The rows that describe several searches, each with its number of ``shards``."""
    return [{**study.described_search(source), "shards": study.runs[source].shards} for source in sources]


def infos(study: Study, models) -> list[str]:
    """``model.json`` of classifiers and of the members of ensembles."""
    return [f"{folder(study)}/models/{model}/model.json" for model in dict.fromkeys([*models, *study.members(models)])]


def weights(study: Study, models) -> list[str]:
    """What loading classifiers reads beside: weights and, of brought ones, which output is which class."""
    found = []
    for model in study.members(models):
        names = ["model.safetensors", "outputs.json"] if model in study.brought else ["model.safetensors"]
        found += [f"{folder(study)}/models/{model}/{name}" for name in names]
    return found


def checks(study: Study, models) -> list[str]:
    """What was found when brought classifiers were checked; nothing is made of them before."""
    return [f"{folder(study)}/models/{model}/check.json" for model in study.members(models) if model in study.brought]


def classifiers(study: Study, models) -> list[str]:
    """What loading classifiers waits for: their descriptions first, in the order given, then weights and checks."""
    return [*infos(study, models), *weights(study, models), *checks(study, models)]


def expected(study: Study) -> dict[str, dict]:
    """What is expected of brought classifiers, of those of which something is."""
    return {name: entry["expect"] for name, entry in study.brought.items() if "expect" in entry}


def expected_checks(study: Study) -> list[str]:
    """What was found of them, in the same order."""
    return checks(study, expected(study))


def teacher(study: Study, model: str) -> list[str]:
    """Orderings of the training images that choose the pixels a network is trained on."""
    condition = study.networks[model].condition
    if condition["view"]["mask"] not in CHOSEN:
        return []
    return shards(study, (condition["masks_from"]["model"], condition["masks_from"]["search"], "train"))


def training_memory(study: Study, model: str) -> int:
    """MB that a training asks for: those of its processes, and the masks that it reads as bits."""
    bits, size = 0, images.size(study)
    if teacher(study, model) and size:
        bits = study.size("train", "training") * size[0] * size[1] // 8
    return 2000 + 2000 * study.settings["training"]["processes"] + bits // 10**6


def search_settings(study: Study, search: str) -> dict:
    """What a search does, without where it is run."""
    return {key: value for key, value in study.searches[search].items() if key != "runs"}


def mask_sources(study: Study, model: str) -> list[tuple[str, str, str]]:
    """Searches that choose the subsets a classifier is tested on, see `tested`."""
    chosen = tested(study, model)
    found = [*chosen["masks"].values(), *chosen["own_masks"].values(), *chosen["others"]]
    return list(dict.fromkeys(filter(None, found)))


def sized(study: Study, model: str) -> list[str]:
    """Orderings of the search that tells the sizes of a classifier's subsets."""
    return shards(study, (model, study.analysis["search"], "test"))


def sized_search(study: Study, model: str) -> dict:
    """The row that describes that search."""
    return study.described_search((model, study.analysis["search"], "test"))


def collected(study: Study, model: str) -> list[int]:
    """Numbers of the images of that search whose subsets are collected: the first."""
    run = study.runs[model, study.analysis["search"], "test"]
    return list(run.images[: study.analysis["collections"]["images"]])


def pattern_info(study: Study) -> list[str]:
    """``model.json`` of the brought classifier after whose preprocessing the images are shown."""
    name = images.pattern(study)
    return [f"{folder(study)}/models/{name}/model.json"] if name else []


def orderings_of(study: Study, output: Output) -> list[str]:
    return shards_of(study, output.sources(study))


def searches_of(study: Study, output: Output) -> list[dict]:
    return described(study, output.sources(study))


def tables_of(study: Study, output: Output) -> list[str]:
    return [f"{folder(study)}/tables/{name}.csv" for name in outputs.tables_read(study, output)]


def parts_of(study: Study, output: Output) -> list[str]:
    return [f"{folder(study)}/parts/{name}" for name in output.parts(study)]


def images_of(study: Study, output: Output) -> list[str]:
    return split_files(study, "test") if output.images else []


def boxes(study: Study) -> list[str]:
    """The list of the boxes around the test images' objects, where the study has any."""
    return [f"{folder(study)}/data/boxes.csv"] if "boxes" in study.settings["data"] else []


def boxes_of(study: Study, output: Output) -> list[str]:
    return boxes(study) if output.boxes else []


def data_of(study: Study, output: Output) -> list[str]:
    return [f"{folder(study)}/data/data.json"] if output.data else []


def given_files(study: Study) -> list[str]:
    """Files of the splits that come from the data set: first their manifests, in the order of the splits."""
    splits = images.given(study)
    skipped = [f"{folder(study)}/data/{split}_skipped.csv" for split in splits] if images.dataset(study).files else []
    return split_files(study, *splits) + skipped


def data_settings(study: Study) -> dict:
    """The ``data`` block without what is made of the images afterwards, or known besides."""
    return {key: value for key, value in study.settings["data"].items() if key not in ("boxes", "corrupted", "home")}


def listing_settings(study: Study) -> dict:
    """What of the ``data`` block tells which images there are."""
    return {key: value for key, value in data_settings(study).items() if key not in ("blank", "preprocessing")}


def numbers(study: Study, wildcards) -> list[int]:
    """Numbers of the images of a shard of a search.

    Raises:
        ConfigError: The search has fewer shards.
    """
    run = study.runs[wildcards.model, wildcards.search, wildcards.split]
    if int(wildcards.shard) >= run.shards:
        key = f"searches.{wildcards.search}.runs, {wildcards.model} on {wildcards.split} images"
        study.fail(key, f"shard {wildcards.shard}", f"0 to {run.shards - 1}")
    return run.numbers(int(wildcards.shard))


def kept(study: Study, wildcards) -> list[float]:
    """Kept fractions whose masks a search stores instead of orders."""
    return list(study.runs[wildcards.model, wildcards.search, wildcards.split].keep)


def goes_by_slopes(study: Study) -> bool:
    """Whether a search of the study asks classifiers for gradients; `exact` does not."""
    return any(study.schedule(search).by_slopes for search in study.searches)


def tested(study: Study, model: str) -> dict:
    """A classifier's describing row, the view that it was trained on, and whose subsets it is tested on.

    By split these are its teacher's or its own (masks), and its own (own_masks); on test images also those of every classifier
    searched (others), for a network that saw random sets of every size.
    """
    splits = images.tested(study)
    own = {split: (model, study.mask_search, split) for split in splits}
    fair = model in study.networks and study.networks[model].condition["keep_probability"] == "random"
    return {
        **study.described(model),
        "own_view": study.own_view(model),
        "masks": {split: study.masks_for(model, split) for split in splits},
        "own_masks": {split: source if source in study.runs else None for split, source in own.items()},
        "others": reads.masks(study) if fair else [],
    }


def everything(study: Study) -> list[str]:
    """What a study makes: every output of the rules that end in something to look at, so that what is deleted is made again."""
    place = folder(study)
    found = [f"{place}/figures/{name}.{suffix}" for name in answers.figures(study) for suffix in ("pdf", "png")]
    found += [f"{place}/tables/{name}.{suffix}" for name in outputs.tables(study) for suffix in ("csv", "html")]
    found += infos(study, study.models) + weights(study, study.models) + checks(study, study.models)
    found += shards_of(study, study.runs)
    found += [f"{place}/models/{name}/history.csv" for name in study.networks]
    found += [f"{place}/{name}" for name in ("answers.html", "verdict.html", "verdict.json", "verdict_classes")]
    found += [f"{place}/tables/verdict_images.csv"]
    if "human" in study.settings:
        found += [f"{place}/human/{name}" for name in ("trials.json", "answer_key.csv", "page/index.html", "images")]
        told = ("answers.csv", "participants.csv", "accuracy.csv", "accuracy.html")
        found += [f"{place}/tables/human_{name}" for name in told]
    return found


def verdict_parts(study: Study, kind: str) -> list[str]:
    """Parts that the verdict reads, of the classifier judged and of the null."""
    return [f"{folder(study)}/parts/{kind}/{model}.csv" for model in verdict.models(study)]


def judged_checks(study: Study) -> list[str]:
    """What was found when the classifier judged, or its members, were checked."""
    return checks(study, [verdict.judged(study)])


def judged_outputs(study: Study) -> list[str]:
    """What the outputs of the classifier judged are, of one that was brought along; members of an ensemble have the same."""
    return [path for path in weights(study, [verdict.judged(study)]) if path.endswith("outputs.json")][:1]
