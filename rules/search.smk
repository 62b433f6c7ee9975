rule search_orderings:
    """Order the pixels of one shard of images for one classifier."""
    input:
        images=lambda wildcards: jobs.split_files(study_of(wildcards), wildcards.split),
        info="results/{study}/data/data.json",
        models=loaded(jobs.classifiers),
    output:
        shard="results/{study}/orderings/{model}/{search}/{split}/shard-{shard}.npz",
    log:
        "logs/{study}/search_orderings/{model}-{search}-{split}-{shard}.log",
    benchmark:
        "benchmarks/{study}/search_orderings/{model}-{search}-{split}-{shard}.tsv"
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        search=lambda wildcards: jobs.search_settings(study_of(wildcards), wildcards.search),
        numbers=lambda wildcards: asked(jobs.numbers, study_of(wildcards), wildcards),
        keep=lambda wildcards: jobs.kept(study_of(wildcards), wildcards),
        device=device,
        code=code_of("search_orderings.py", modules.of_search),
    script:
        "../workflow/scripts/search_orderings.py"
