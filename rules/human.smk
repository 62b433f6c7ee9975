rule export_trials:
    """Export the pictures and the answer key of a study with people."""
    input:
        images="results/{study}/data/test.npz",
        info="results/{study}/data/data.json",
        orderings=files_of(human_networks),
    output:
        trials="results/{study}/human/trials.json",
        key="results/{study}/human/answer_key.csv",
        images=directory("results/{study}/human/images"),
    log:
        "logs/{study}/export_trials.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        shards=counts_of(human_networks),
        networks=lambda wildcards: [model for model, _, _ in human_networks(study_of(wildcards))],
        human=setting("human"),
        code=code_version("export_trials.py"),
    script:
        "../workflow/scripts/export_trials.py"
