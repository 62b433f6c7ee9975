rule evaluate_accuracy:
    """Test one classifier on full images and on subsets of them."""
    input:
        images=planned(jobs.tested_files),
        info="results/{study}/data/data.json",
        models=loaded(jobs.classifiers),
        orderings=lambda wildcards: jobs.shards_of(
            study_of(wildcards), jobs.mask_sources(study_of(wildcards), wildcards.model)
        ),
    output:
        accuracy="results/{study}/parts/accuracy/{model}.csv",
        predictions="results/{study}/parts/predictions/{model}.npz",
    log:
        "logs/{study}/evaluate_accuracy/{model}.log",
    benchmark:
        "benchmarks/{study}/evaluate_accuracy/{model}.tsv"
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        model=of_model(jobs.tested),
        masks=lambda wildcards: jobs.described(
            study_of(wildcards), jobs.mask_sources(study_of(wildcards), wildcards.model)
        ),
        views=setting("analysis", "views"),
        fractions=setting("analysis", "fractions"),
        splits=planned(images.tested),
        corruptions=planned(images.corruptions),
        mask_seed=lambda wildcards: [study_of(wildcards).settings["data"]["seed"], 1],
        device=device,
        code=code_of("evaluate_accuracy.py", modules.of_accuracy),
    script:
        "../workflow/scripts/evaluate_accuracy.py"


rule evaluate_transfer:
    """Show one classifier the subsets found with every other, and as many random pixels."""
    input:
        images=planned(jobs.split_files, "test"),
        info="results/{study}/data/data.json",
        models=loaded(jobs.classifiers),
        orderings=shards_of(reads.masks),
    output:
        "results/{study}/parts/transfer/{model}.csv",
    log:
        "logs/{study}/evaluate_transfer/{model}.log",
    benchmark:
        "benchmarks/{study}/evaluate_transfer/{model}.tsv"
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        model=lambda wildcards: study_of(wildcards).described(wildcards.model),
        sources=rows_of(reads.masks),
        fraction=planned(reads.fraction),
        mask_seed=lambda wildcards: [study_of(wildcards).settings["data"]["seed"], 1],
        device=device,
        code=code_of("evaluate_transfer.py", modules.of_transfer),
    script:
        "../workflow/scripts/evaluate_transfer.py"


rule evaluate_subsets:
    """Show one classifier its subsets with their neighbours put back, on other blanks, and as dots of one colour."""
    input:
        images=planned(jobs.split_files, "test"),
        info="results/{study}/data/data.json",
        models=loaded(jobs.classifiers),
        orderings=of_model(jobs.sized),
    output:
        "results/{study}/parts/subsets/{model}.csv",
    log:
        "logs/{study}/evaluate_subsets/{model}.log",
    benchmark:
        "benchmarks/{study}/evaluate_subsets/{model}.tsv"
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        model=of_model(jobs.sized_search),
        threshold=setting("analysis", "threshold"),
        fraction=planned(reads.fraction),
        seed=lambda wildcards: [study_of(wildcards).settings["data"]["seed"], 2],
        device=device,
        code=code_of("evaluate_subsets.py", modules.of_model),
    script:
        "../workflow/scripts/evaluate_subsets.py"


rule collect_subsets:
    """Collect disjoint sufficient input subsets of some images for one classifier."""
    input:
        images=planned(jobs.split_files, "test"),
        info="results/{study}/data/data.json",
        models=loaded(jobs.classifiers),
        orderings=of_model(jobs.sized),
    output:
        "results/{study}/parts/collections/{model}.csv",
    log:
        "logs/{study}/collect_subsets/{model}.log",
    benchmark:
        "benchmarks/{study}/collect_subsets/{model}.tsv"
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        model=of_model(jobs.sized_search),
        search=lambda wildcards: jobs.search_settings(
            study_of(wildcards), study_of(wildcards).analysis["search"]
        ),
        numbers=of_model(jobs.collected),
        threshold=setting("analysis", "threshold"),
        cap=setting("analysis", "collections", "cap"),
        device=device,
        code=code_of("collect_subsets.py", modules.of_collecting),
    script:
        "../workflow/scripts/collect_subsets.py"


rule fit_temperature:
    """Fit the temperature of one classifier, and measure its accuracy and calibration."""
    input:
        images=planned(jobs.tested_files),
        info="results/{study}/data/data.json",
        models=loaded(jobs.classifiers),
    output:
        "results/{study}/parts/temperature/{model}.json",
    log:
        "logs/{study}/fit_temperature/{model}.log",
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        splits=planned(images.tested),
        device=device,
        code=code_of("fit_temperature.py", modules.of_model),
    script:
        "../workflow/scripts/fit_temperature.py"


rule scale_orderings:
    """Log-odds of one shard of orderings at the classifier's temperature."""
    input:
        images=lambda wildcards: jobs.split_files(study_of(wildcards), wildcards.split),
        info="results/{study}/data/data.json",
        models=loaded(jobs.classifiers),
        temperature="results/{study}/parts/temperature/{model}.json",
        shard="results/{study}/orderings/{model}/{search}/{split}/shard-{shard}.npz",
    output:
        "results/{study}/parts/scaled/{model}/{search}/{split}/shard-{shard}.npz",
    log:
        "logs/{study}/scale_orderings/{model}-{search}-{split}-{shard}.log",
    benchmark:
        "benchmarks/{study}/scale_orderings/{model}-{search}-{split}-{shard}.tsv"
    conda:
        SCIENCE
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        device=device,
        code=code_of("scale_orderings.py", modules.of_model),
    script:
        "../workflow/scripts/scale_orderings.py"


rule make_table:
    """Make one table."""
    input:
        orderings=read_by(jobs.orderings_of),
        tables=read_by(jobs.tables_of),
        parts=read_by(jobs.parts_of),
        boxes=read_by(jobs.boxes_of),
        info=read_by(jobs.data_of),
    output:
        csv="results/{study}/tables/{table}.csv",
        html=report(
            "results/{study}/tables/{table}.html",
            caption="../workflow/report/output.rst",
            category=question,
            labels={"result": "{study}: {table} (table)"},
        ),
    log:
        "logs/{study}/make_table/{table}.log",
    benchmark:
        "benchmarks/{study}/make_table/{table}.tsv"
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        module=lambda wildcards: output_of(wildcards).reference,
        searches=read_by(jobs.searches_of),
        settings=lambda wildcards: output_of(wildcards).settings(study_of(wildcards)),
        caption=read_by(caption),
        code=lambda wildcards: code_version("make_table.py", output_of(wildcards).reference),
    script:
        "../workflow/scripts/make_table.py"
