rule export_trials:
    """Export a study with people: the page, its pictures, and the answer key."""
    input:
        images="results/{study}/data/test.npz",
        info="results/{study}/data/data.json",
        models=lambda wildcards: model_info(study_of(wildcards), study_of(wildcards).human_networks),
        weights=lambda wildcards: weights(study_of(wildcards), study_of(wildcards).human_networks),
        orderings=files_of(shown_to_people),
    output:
        trials="results/{study}/human/trials.json",
        key="results/{study}/human/answer_key.csv",
        page="results/{study}/human/page/index.html",
        images=directory("results/{study}/human/images"),
    log:
        "logs/{study}/export_trials.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=30,
    params:
        shards=counts_of(shown_to_people),
        networks=lambda wildcards: study_of(wildcards).human_networks,
        human=lambda wildcards: {
            key: value for key, value in study_of(wildcards).settings["human"].items() if key != "frozen"
        },
        device=DEVICE,
        page=file_version("overinterp/human/page.html"),
        code=code_version("export_trials.py"),
    script:
        "../workflow/scripts/export_trials.py"


rule analyze_human:
    """Score people's answers to the frozen study; without answers, say that nobody has been asked."""
    input:
        study=lambda wildcards: frozen_files(study_of(wildcards)),
        responses=lambda wildcards: study_of(wildcards).responses,
    output:
        answers="results/{study}/tables/human_answers.csv",
        participants="results/{study}/tables/human_participants.csv",
        csv=report(
            "results/{study}/tables/human_accuracy.csv",
            caption="../workflow/report/human_accuracy_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "human accuracy", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/human_accuracy.html",
            caption="../workflow/report/human_accuracy_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "human accuracy", "format": "summary"},
        ),
    log:
        "logs/{study}/analyze_human.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        frozen=lambda wildcards: study_of(wildcards).frozen,
        code=code_version("analyze_human.py"),
    script:
        "../workflow/scripts/analyze_human.py"
