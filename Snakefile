from snakemake.utils import min_version

min_version("9.20")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/search.smk"
include: "rules/evaluate.smk"
include: "rules/figures.smk"
include: "rules/human.smk"


rule all:
    default_target: True
    input:
        [jobs.everything(study) for study in STUDIES.values()],
    localrule: True
