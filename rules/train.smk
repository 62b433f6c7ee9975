rule train_network:
    """Train one network under one condition with one seed."""
    input:
        images="results/{study}/data/train.npz",
        info="results/{study}/data/data.json",
        orderings=teacher_orderings,
    output:
        weights="results/{study}/models/{model}/model.safetensors",
        info="results/{study}/models/{model}/model.json",
        history="results/{study}/models/{model}/history.csv",
    log:
        "logs/{study}/train_network/{model}.log",
    benchmark:
        "benchmarks/{study}/train_network/{model}.tsv"
    wildcard_constraints:
        model=one_of(model for study in STUDIES.values() for model in study.trained),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=240,
    params:
        architecture=lambda wildcards: network_of(wildcards).architecture,
        condition=lambda wildcards: network_of(wildcards).condition,
        training=setting("training"),
        seed=lambda wildcards: network_of(wildcards).seed,
        mask_seed=lambda wildcards: [study_of(wildcards).settings["data"]["seed"], 0],
        device=DEVICE,
        code=code_version("train_network.py"),
    script:
        "../workflow/scripts/train_network.py"


rule import_network:
    """Take a network's weights from a file instead of training it."""
    input:
        info="results/{study}/data/data.json",
        weights=lambda wildcards: network_of(wildcards).condition["pretrained"]["path"],
    output:
        weights="results/{study}/models/{model}/model.safetensors",
        info="results/{study}/models/{model}/model.json",
        history="results/{study}/models/{model}/history.csv",
    log:
        "logs/{study}/import_network/{model}.log",
    wildcard_constraints:
        model=one_of(
            model for study in STUDIES.values() for model in study.networks if model not in study.trained
        ),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        architecture=lambda wildcards: network_of(wildcards).architecture,
        condition=lambda wildcards: network_of(wildcards).condition,
        seed=lambda wildcards: network_of(wildcards).seed,
        code=code_version("import_network.py"),
    script:
        "../workflow/scripts/import_network.py"


rule make_ensemble:
    """Name an ensemble of trained networks."""
    input:
        lambda wildcards: model_info(
            study_of(wildcards), study_of(wildcards).ensembles[wildcards.model]["members"]
        ),
    output:
        info="results/{study}/models/{model}/model.json",
    log:
        "logs/{study}/make_ensemble/{model}.log",
    wildcard_constraints:
        model=one_of(name for study in STUDIES.values() for name in study.ensembles),
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        average=lambda wildcards: study_of(wildcards).ensembles[wildcards.model]["average"],
        code=code_version("make_ensemble.py"),
    script:
        "../workflow/scripts/make_ensemble.py"
