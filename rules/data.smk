rule prepare_data:
    """Load or generate the images of a study and split them."""
    input:
        lambda wildcards: study_of(wildcards).settings["data"].get("path", []),
    output:
        train="results/{study}/data/train.npz",
        test="results/{study}/data/test.npz",
        info="results/{study}/data/data.json",
    log:
        "logs/{study}/prepare_data.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=setting("data"),
        code=code_version("prepare_data.py"),
    script:
        "../workflow/scripts/prepare_data.py"
