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


if workflow.modifier.is_main_snakefile():  # another workflow has rules of its own
    asked(
        lambda given: start.know_rules(
            [rule.name for rule in workflow.rules],
            set_resources=given.overwrite_resources,
            set_threads=given.overwrite_threads,
        ),
        workflow.resource_settings,
    )
    asked(
        lambda given: start.know_groups(
            [rule.name for rule in workflow.rules],
            given.overwrite_groups,
            given.group_components,
        ),
        workflow.group_settings,
    )
    named = {"default-resources": workflow.resource_settings.default_resources or ()}
    for rule_name, resources in workflow.resource_settings.overwrite_resources.items():
        named[f"set-resources.{rule_name}"] = resources
    for place, resources in named.items():
        for sentence in asked(start.know_resources, place, resources):
            if not workflow.subprocess_exec:
                logger.warning(sentence)
