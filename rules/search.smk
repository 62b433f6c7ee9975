rule search_orderings:
    """Order the pixels of one shard of images for one classifier."""
    input:
        images="results/{study}/data/{split}.npz",
        info="results/{study}/data/data.json",
        model="results/{study}/models/{model}/model.json",
        weights=lambda wildcards: weights(study_of(wildcards), [wildcards.model]),
    output:
        shard="results/{study}/orderings/{model}/{search}/{split}/shard-{shard}.npz",
    log:
        "logs/{study}/search_orderings/{model}-{search}-{split}-{shard}.log",
    benchmark:
        "benchmarks/{study}/search_orderings/{model}-{search}-{split}-{shard}.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=240,
    params:
        search=search_settings,
        numbers=numbers,
        device=DEVICE,
        code=code_version("search_orderings.py"),
    script:
        "../workflow/scripts/search_orderings.py"
