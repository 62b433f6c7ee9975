import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from overinterp import config as configuration
from overinterp.code_version import code_version

try:
    STUDIES = {study.name: study for study in configuration.load(config)[1]}
except configuration.ConfigError as error:
    raise WorkflowError(str(error)) from None

DEVICE = config["device"]
GPU = int(DEVICE == "cuda")
MODELS = sorted({model for study in STUDIES.values() for model in study.models})


wildcard_constraints:
    study="|".join(STUDIES),
    model="|".join(MODELS),
    search="|".join(sorted({name for study in STUDIES.values() for name in study.searches})),
    split="train|test",
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
    """A function of the wildcards: the files of the searches (model, search) of test images that ``sources`` lists."""
    return lambda wildcards: [
        path
        for model, search in sources(study_of(wildcards))
        for path in shards(study_of(wildcards), model, search, "test")
    ]


def counts_of(sources):
    """A function of the wildcards: how many files each search has that ``sources`` lists."""
    return lambda wildcards: [
        study_of(wildcards).runs[model, search, "test"].shards
        for model, search in sources(study_of(wildcards))
    ]


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


def analysed(study):
    """Searches (model, search) of test images that tables and figures read."""
    return [(model, study.settings["analysis"]["search"]) for model in study.analysed]


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


def span(wildcards):
    run = study_of(wildcards).runs[wildcards.model, wildcards.search, wildcards.split]
    return list(run.span(int(wildcards.shard)))


def masks_of(study):
    """Searches (model, search) of test images that choose the subsets of the accuracy table."""
    return list(dict.fromkeys(filter(None, map(study.masks_for_test, study.models))))


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
                "masks": study.masks_for_test(model),
            }
        )
    return rows


def compared(study):
    agreement = study.settings["analysis"]["agreement"]
    return [(agreement["model"], search) for search in (agreement["reference"], *agreement["candidates"])]


def searched_on_test(study):
    return [(run.model, run.search) for run in study.runs.values() if run.split == "test"]


def shown_as_examples(study):
    """The first network of each group (an architecture and condition, or an ensemble), five at most."""
    firsts = {}
    for model in study.analysed:
        row = described(study, model)
        firsts.setdefault(
            (row["architecture"], row["condition"]), (model, study.settings["analysis"]["search"])
        )
    return list(firsts.values())[:5]


def describe(sources):
    """A function of the wildcards: the columns that describe each classifier that ``sources`` lists."""
    return lambda wildcards: [
        described(study_of(wildcards), model) for model, _ in sources(study_of(wildcards))
    ]


def human_networks(study):
    """Searches (model, search) of the networks that draw the subsets people see."""
    networks = study.match(study.settings["human"]["networks"], study.models, "human.networks")
    return [(model, study.settings["analysis"]["search"]) for model in networks]


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
        targets.append(f"results/{study.name}/human/trials.json")
    return targets
