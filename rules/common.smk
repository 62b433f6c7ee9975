import copy
import functools
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

SCRIPTS = Path(str(workflow.current_basedir)).parent / "workflow" / "scripts"
# A hosting service gives Snakemake single files, and not the package beside the scripts.
if not SCRIPTS.is_dir():
    raise WorkflowError(
        f"workflow: found it at {workflow.current_basedir}, expected a clone on disk: git clone it, and name its Snakefile"
    )
sys.path.insert(0, str(SCRIPTS))

import overinterp

# Python has one package of a name: a second clone, a module of the same workflow, would get the first one's.
if Path(overinterp.__file__).resolve().parents[1] != SCRIPTS.resolve():
    raise WorkflowError(
        f"workflow: found {Path(overinterp.__file__).parent} loaded already, expected that of {SCRIPTS}; "
        "one workflow can have modules of one clone only"
    )
from overinterp.code_version import code_version, file_version
from overinterp.data.official import OFFICIAL
from overinterp.plan import (
    answers,
    brought,
    images,
    jobs,
    modules,
    outputs,
    people,
    presence,
    reads,
    start,
    verdict,
)
from overinterp.plan.captions import caption
from overinterp.plan.outputs import FIGURES, TABLES
from overinterp.plan.read import load, read
from overinterp.plan.sentences import ConfigError
from overinterp.plan.study import Study

try:
    if workflow.modifier.is_main_snakefile():
        for path in workflow.configfiles:  # Snakemake takes the last of several keys of one name
            load(path)
        given = [path for path in workflow.config_settings.configfiles if "studies" in load(path)]
        for path in () if workflow.subprocess_exec else given[:-1]:
            logger.warning(f"{path}: its studies are passed over, for {given[-1]} has studies of its own")
    # `read` changes what it is given, and another module of this workflow may have the same.
    settings = copy.deepcopy(config)
    STUDIES = {study.name: study for study in read(settings)}
except ConfigError as error:
    raise WorkflowError(str(error)) from None

DEVICE = settings["device"]
GPU = int(DEVICE == "cuda")
SCIENCE = "../envs/science.yaml" if GPU else "../envs/science_cpu.yaml"
if not workflow.subprocess_exec:
    for sentence in (sentence for study in STUDIES.values() for sentence in outputs.left_out(study)):
        logger.info(sentence)
    for sentence in (sentence for study in STUDIES.values() for sentence in start.dear(study)):
        logger.warning(sentence)


onstart:  # not on a dry run
    for study in STUDIES.values():
        asked(start.know_classes, study)
    if workflow.local_exec and not workflow.touch:
        if any(job.resources.get("gpu") for job in workflow.dag.needrun_jobs()):
            asked(start.need_gpu)


wildcard_constraints:
    study=jobs.one_of(STUDIES),
    model=jobs.one_of(model for study in STUDIES.values() for model in study.models),
    search=jobs.one_of(search for study in STUDIES.values() for search in study.searches),
    split="train|test|corrupted",
    table=jobs.one_of(TABLES),
    figure=jobs.one_of(FIGURES),
    shard=r"\d+",


def study_of(wildcards):
    return STUDIES[wildcards.study]


def device(wildcards, input):
    """Where a job runs. Whether params that are given the inputs have changed Snakemake does not ask: results stay."""
    return DEVICE


def setting(*keys):
    """A function of the wildcards that looks a value up in the study's settings."""

    def find(wildcards):
        value = study_of(wildcards).settings
        for key in keys:
            value = value[key]
        return value

    return find


def asked(function, *arguments):
    """What a function of the plan says; one sentence where something that it needs is not there."""
    try:
        return function(*arguments)
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


def growing(value):
    """A function of the wildcards and the attempt: what a job asks for, times the number of the try."""
    return lambda wildcards, attempt: attempt * (value(wildcards) if callable(value) else value)


@functools.cache
def stamp_of(stamp, study):
    """What tells whether the files of a folder have changed, asked once."""
    return asked(stamp, study)


def stamped(files, stamp):
    """A function of the wildcards: a file, or a folder, whose own time says nothing where its files are looked at."""

    def find(wildcards):
        study = study_of(wildcards)
        seen = stamp_of(stamp, study)
        return [ancient(path) if seen and Path(path).is_dir() else path for path in asked(files, study)]

    return find


def planned(function, *arguments):
    """A function of the wildcards: what a function of the plan says of the study."""
    return lambda wildcards: asked(function, study_of(wildcards), *arguments)


def shards_of(sources):
    """A function of the wildcards: all files of the searches that a function of the plan names."""
    return planned(lambda study: jobs.shards_of(study, sources(study)))


def rows_of(sources):
    """A function of the wildcards: the rows that describe these searches."""
    return planned(lambda study: jobs.described(study, sources(study)))


def of_model(function):
    """A function of the wildcards: what a function of the plan says of one classifier of the study."""
    return lambda wildcards: asked(function, study_of(wildcards), wildcards.model)


def written(function):
    """A function of the wildcards: what is in the files of their user's that a job reads, of a study or one classifier."""

    def find(wildcards):
        model = [wildcards.model] if "model" in wildcards.keys() else []
        return presence.written(asked(function, study_of(wildcards), *model))

    return find


def loaded(function):
    """A function of the wildcards: files that loading one classifier of the study reads."""
    return lambda wildcards: function(study_of(wildcards), [wildcards.model])


def code_of(script, references):
    """A function of the wildcards: the version of a script and of the modules that its job loads by name."""
    return lambda wildcards: code_version(script, *references(study_of(wildcards), wildcards))


def output_of(wildcards):
    """The table or figure that a rule makes; one sentence where the study cannot have it."""
    study = study_of(wildcards)
    output = TABLES[wildcards.table] if "table" in wildcards.keys() else FIGURES[wildcards.figure]
    missing = outputs.lacks(study, output)
    if missing:
        raise WorkflowError(
            f"{output.kind} {output.name}: study {study.name} has no inputs for it, expected {missing}"
        )
    return output


def question(wildcards):
    """What the rule's table or figure answers: its category in the report."""
    return answers.CATEGORIES[output_of(wildcards).question]


def read_by(function):
    """A function of the wildcards: what a function of the plan says of the rule's table or figure."""
    return lambda wildcards: function(study_of(wildcards), output_of(wildcards))
