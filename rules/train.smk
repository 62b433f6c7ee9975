rule train_network:
    """Train one network under one condition with one seed."""
    input:
        images=planned(jobs.split_files, "train"),
        info="results/{study}/data/data.json",
        orderings=of_model(jobs.teacher),
    output:
        weights="results/{study}/models/{model}/model.safetensors",
        info="results/{study}/models/{model}/model.json",
        history="results/{study}/models/{model}/history.csv",
    log:
        "logs/{study}/train_network/{model}.log",
    benchmark:
        "benchmarks/{study}/train_network/{model}.tsv"
    wildcard_constraints:
        model=jobs.one_of(model for study in STUDIES.values() for model in study.networks),
    conda:
        SCIENCE
    threads: setting("training", "processes")
    resources:
        gpu=lambda wildcards: GPU * study_of(wildcards).settings["training"]["processes"],
        nodes=1,
        tasks_per_gpu=0,  # one task starts the processes itself
        mem_mb=growing(of_model(jobs.training_memory)),
        runtime=growing(240),
    params:
        architecture=lambda wildcards: study_of(wildcards).networks[wildcards.model].architecture,
        condition=lambda wildcards: study_of(wildcards).networks[wildcards.model].condition,
        training=of_model(Study.training),
        seed=lambda wildcards: study_of(wildcards).networks[wildcards.model].drawn_by,
        mask_seed=lambda wildcards: [study_of(wildcards).settings["data"]["seed"], 0],
        device=device,
        code=code_of("train_network.py", modules.of_training),
    script:
        "../workflow/scripts/train_network.py"


rule import_classifier:
    """Take in a trained classifier: its weights, its preprocessing, the names of its classes."""
    input:
        of_model(brought.files),
    output:
        weights="results/{study}/models/{model}/model.safetensors",
        info="results/{study}/models/{model}/model.json",
    log:
        "logs/{study}/import_classifier/{model}.log",
    wildcard_constraints:
        model=jobs.one_of(model for study in STUDIES.values() for model in study.brought),
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        entry=of_model(brought.settings),
        files=written(brought.files),
        code=code_of("import_classifier.py", modules.of_model),
    script:
        "../workflow/scripts/import_classifier.py"


rule map_outputs:
    """Say which output of a classifier is which class."""
    input:
        info="results/{study}/data/data.json",
        model="results/{study}/models/{model}/model.json",
        class_map=of_model(brought.class_map),
    output:
        "results/{study}/models/{model}/outputs.json",
    log:
        "logs/{study}/map_outputs/{model}.log",
    wildcard_constraints:
        model=jobs.one_of(model for study in STUDIES.values() for model in study.brought),
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        files=written(brought.class_map),
        code=code_version("map_outputs.py"),
    script:
        "../workflow/scripts/map_outputs.py"


rule check_classifier:
    """Find out whether a classifier knows the images at all, and whether it can be searched."""
    input:
        images=planned(jobs.split_files, "test"),
        info="results/{study}/data/data.json",
        model="results/{study}/models/{model}/model.json",
        weights=loaded(jobs.weights),
    output:
        "results/{study}/models/{model}/check.json",
    log:
        "logs/{study}/check_classifier/{model}.log",
    wildcard_constraints:
        model=jobs.one_of(model for study in STUDIES.values() for model in study.brought),
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        # All searches wait for this job, and shall not be made again for what may change afterwards: whether params that are given
        # the inputs have changed Snakemake does not ask, and the code is none of them. `write_verdict` looks at what is expected.
        expect=lambda wildcards, input: study_of(wildcards).brought[wildcards.model].get("expect"),
        slopes=lambda wildcards, input: jobs.goes_by_slopes(study_of(wildcards)),
        threshold=lambda wildcards, input: study_of(wildcards).settings["analysis"]["threshold"],
        device=device,
    script:
        "../workflow/scripts/check_classifier.py"


rule make_ensemble:
    """Name an ensemble of classifiers."""
    input:
        lambda wildcards: jobs.infos(study_of(wildcards), study_of(wildcards).members([wildcards.model])),
    output:
        info="results/{study}/models/{model}/model.json",
    log:
        "logs/{study}/make_ensemble/{model}.log",
    wildcard_constraints:
        model=jobs.one_of(name for study in STUDIES.values() for name in study.ensembles),
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        average=lambda wildcards: study_of(wildcards).ensembles[wildcards.model]["average"],
        code=code_version("make_ensemble.py"),
    script:
        "../workflow/scripts/make_ensemble.py"
