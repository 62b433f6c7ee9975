import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from overinterp import config as configuration
from overinterp.code_version import code_version, file_version
from overinterp.data.official import OFFICIAL

try:
    STUDIES = {study.name: study for study in configuration.load(config)[1]}
except configuration.ConfigError as error:
    raise WorkflowError(str(error)) from None

DEVICE = config["device"]
GPU = int(DEVICE == "cuda")
MODELS = sorted({model for study in STUDIES.values() for model in study.models})


def one_of(names):
    """A wildcard's pattern for some names; for no names, one that nothing matches."""
    return "|".join(sorted(set(names))) or "(?!)"


wildcard_constraints:
    study="|".join(STUDIES),
    model="|".join(MODELS),
    search="|".join(sorted({name for study in STUDIES.values() for name in study.searches})),
    split="train|test|corrupted",
    shard=r"\d+",


def study_of(wildcards):
    return STUDIES[wildcards.study]


def setting(*keys):
    """A function of the wildcards that looks a value up in the study's settings."""

    def find(wildcards):
        value = study_of(wildcards).settings
        for key in keys:
            value = value[key]
        return value

    return find


def shards(study, model, search, split):
    """Files of one search of one classifier on one split."""
    count = study.runs[model, search, split].shards
    return expand("results/{study}/orderings/{model}/{search}/{split}/shard-{shard}.npz",
        study=study.name, model=model, search=search, split=split, shard=range(count))  # fmt: skip


def files_of(sources):
    """A function of the wildcards: the files of the searches (model, search, split) that ``sources`` lists."""
    return lambda wildcards: [
        path for source in sources(study_of(wildcards)) for path in shards(study_of(wildcards), *source)
    ]


def counts_of(sources):
    """A function of the wildcards: how many files each search has that ``sources`` lists."""
    return lambda wildcards: [
        study_of(wildcards).runs[source].shards for source in sources(study_of(wildcards))
    ]


def images_of(study, *splits):
    return expand("results/{study}/data/{split}.npz", study=study.name, split=splits)


def model_info(study, models):
    return expand("results/{study}/models/{model}/model.json", study=study.name, model=models)


def weights(study, models):
    """What loading classifiers reads beside their model.json: the networks' weights, members of ensembles included."""
    networks = dict.fromkeys(
        name for model in models for name in study.ensembles.get(model, {"members": [model]})["members"]
    )
    return expand("results/{study}/models/{model}/model.safetensors", study=study.name, model=networks)


def described(study, model):
    """Columns that tell tables and figures what a classifier is."""
    if model in study.ensembles:
        return {"model": model, "kind": "ensemble", "architecture": "", "condition": model, "seed": None}
    network = study.networks[model]
    return {
        "model": model,
        "kind": "network",
        "architecture": network.architecture,
        "condition": network.condition["name"],
        "seed": network.seed,
    }


def searched(study, search, *splits):
    """Searches (model, search, split) of the splits that there are."""
    return [(model, search, split) for split in splits for model in study.searched(search, split)]


def sizes(study):
    """Searches of test images that tell the sizes of subsets."""
    return searched(study, study.settings["analysis"]["search"], "test")


def masks(study):
    """Searches of test images that choose kept fractions."""
    return searched(study, study.mask_search, "test")


def measured(study):
    """Searches whose sizes of subsets are tabulated: for sizes, and for right against wrong answers."""
    names = dict.fromkeys([study.settings["analysis"]["search"], study.mask_search])
    return [source for name in names for source in searched(study, name, "test", "corrupted")]


def teacher_orderings(wildcards):
    """Orderings of the training images that a masked view is made of."""
    study = study_of(wildcards)
    condition = study.networks[wildcards.model].condition
    if condition["view"] not in configuration.MASKED_VIEWS:
        return []
    return shards(study, condition["masks_from"]["model"], condition["masks_from"]["search"], "train")


def network_of(wildcards):
    return study_of(wildcards).networks[wildcards.model]


def search_settings(wildcards):
    """What a search does, without where it is run."""
    search = study_of(wildcards).searches[wildcards.search]
    return {key: value for key, value in search.items() if key != "runs"}


def numbers(wildcards):
    run = study_of(wildcards).runs[wildcards.model, wildcards.search, wildcards.split]
    return run.numbers(int(wildcards.shard))


def tested_splits(study):
    return [split for split in study.splits if split != "train"]


def masks_of(study):
    """Searches that choose the subsets of the accuracy table."""
    found = [study.masks_for(model, split) for split in tested_splits(study) for model in study.models]
    return list(dict.fromkeys(filter(None, found)))


def tested(study):
    """Every classifier, what it was trained on, and whose subsets it is tested on."""
    rows = []
    for model in study.models:
        condition = study.networks[model].condition if model in study.networks else {}
        rows.append(
            {
                **described(study, model),
                "train_view": condition.get("view", "full"),
                "train_fraction": condition.get("fraction", 1),
                "keep_probability": condition.get("keep_probability", 1),
                "adversarial": "adversarial" in condition,
                "teacher": condition.get("masks_from", {}).get("model", ""),
                "masks": {split: study.masks_for(model, split) for split in tested_splits(study)},
            }
        )
    return rows


def compared(study):
    agreement = study.settings["analysis"]["agreement"]
    names = (agreement["reference"], *agreement["candidates"])
    return [(agreement["model"], name, "test") for name in names]


def searched_on_test(study):
    return [name for name, run in study.runs.items() if run.split == "test"]


def remedies(study):
    """Searches of the classifiers that are compared as remedies."""
    return [(model, study.settings["analysis"]["search"], "test") for model in study.remedies]


def comparisons(wildcards):
    """Comparisons of remedies: a name, the baseline, the threshold, and the classifiers of each group."""
    return study_of(wildcards).comparisons


def shown_as_examples(study):
    """The first network of each group (an architecture and condition, or an ensemble), six at most."""
    firsts = {}
    for source in searched(study, study.examples, "test"):
        row = described(study, source[0])
        firsts.setdefault((row["architecture"], row["condition"]), source)
    return list(firsts.values())[:6]


def describe(sources):
    """A function of the wildcards: the columns that describe each search that ``sources`` lists."""
    return lambda wildcards: [
        {**described(study_of(wildcards), model), "search": search, "split": split}
        for model, search, split in sources(study_of(wildcards))
    ]


def shown_to_people(study):
    """Searches that choose the subsets people see."""
    return [(model, study.mask_search, "test") for model in study.human_networks]


def frozen_files(study):
    """What was exported of the study that people were shown; nothing where none is frozen."""
    names = ["trials.json", "answer_key.csv", "page/index.html"] if study.frozen else []
    return [f"{study.frozen}/{name}" for name in names]


def asked(study):
    """Number of files with people's answers, for figures that are not drawn without any."""
    if not study.responses:
        raise WorkflowError(
            f"figure of people's answers: no people have been asked in study {study.name}; see docs/HUMAN_STUDY.md"
        )
    return len(study.responses)


def everything(study):
    """What a study makes."""
    targets = expand("results/{study}/figures/{figure}.{suffix}",
        study=study.name, figure=study.settings["figures"], suffix=["pdf", "png"])  # fmt: skip
    targets += expand("results/{study}/tables/{table}.{suffix}",
        study=study.name, table=study.tables, suffix=["csv", "html"])  # fmt: skip
    targets += model_info(study, study.models)
    for model, search, split in study.runs:
        targets += shards(study, model, search, split)
    if "human" in study.settings:
        targets += [
            f"results/{study.name}/human/trials.json",
            f"results/{study.name}/tables/human_accuracy.html",
        ]
    if study.responses:
        targets += expand("results/{study}/figures/human_{figure}.{suffix}",
            study=study.name, figure=["accuracy", "confusion"], suffix=["pdf", "png"])  # fmt: skip
    return targets
