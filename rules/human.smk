rule export_trials:
    """Export a study with people: the page, its pictures, and the answer key."""
    input:
        images=planned(jobs.split_files, "test"),
        info="results/{study}/data/data.json",
        models=lambda wildcards: jobs.classifiers(study_of(wildcards), people.networks(study_of(wildcards))),
        orderings=shards_of(people.sources),
    output:
        trials="results/{study}/human/trials.json",
        key="results/{study}/human/answer_key.csv",
        page="results/{study}/human/page/index.html",
        images=directory("results/{study}/human/images"),
    log:
        "logs/{study}/export_trials.log",
    wildcard_constraints:
        study=jobs.one_of(name for name, study in STUDIES.items() if "human" in study.settings),
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        searches=rows_of(people.sources),
        networks=planned(people.networks),
        human=lambda wildcards: {
            key: value for key, value in study_of(wildcards).settings["human"].items() if key != "frozen"
        },
        device=device,
        page=file_version("overinterp/human/page.html"),
        code=code_of("export_trials.py", modules.of_people),
    script:
        "../workflow/scripts/export_trials.py"


rule analyze_human:
    """Score people's answers to the frozen study; without answers, say that nobody has been asked."""
    input:
        study=planned(people.frozen_files),
        responses=planned(people.responses),
    output:
        answers="results/{study}/tables/human_answers.csv",
        participants="results/{study}/tables/human_participants.csv",
        csv=report(
            "results/{study}/tables/human_accuracy.csv",
            caption="../workflow/report/human_accuracy_table.rst",
            category=answers.CATEGORIES[outputs.PEOPLE],
            labels={"result": "{study}: human_accuracy (table, CSV)"},
        ),
        html=report(
            "results/{study}/tables/human_accuracy.html",
            caption="../workflow/report/human_accuracy_table.rst",
            category=answers.CATEGORIES[outputs.PEOPLE],
            labels={"result": "{study}: human_accuracy (table)"},
        ),
    log:
        "logs/{study}/analyze_human.log",
    wildcard_constraints:
        study=jobs.one_of(name for name, study in STUDIES.items() if "human" in study.settings),
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        frozen=planned(people.frozen),
        code=code_version("analyze_human.py"),
    script:
        "../workflow/scripts/analyze_human.py"
