rule evaluate_accuracy:
    """Test every classifier on full images and on subsets of them."""
    input:
        images=lambda wildcards: images_of(study_of(wildcards), *tested_splits(study_of(wildcards))),
        info="results/{study}/data/data.json",
        models=lambda wildcards: model_info(study_of(wildcards), study_of(wildcards).models),
        weights=lambda wildcards: weights(study_of(wildcards), study_of(wildcards).models),
        orderings=files_of(masks_of),
    output:
        csv=report(
            "results/{study}/tables/accuracy.csv",
            caption="../workflow/report/accuracy_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "accuracy", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/accuracy.html",
            caption="../workflow/report/accuracy_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "accuracy", "format": "summary"},
        ),
    log:
        "logs/{study}/evaluate_accuracy.log",
    benchmark:
        "benchmarks/{study}/evaluate_accuracy.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=60,
    params:
        models=lambda wildcards: tested(study_of(wildcards)),
        masks=lambda wildcards: masks_of(study_of(wildcards)),
        shards=counts_of(masks_of),
        fractions=setting("analysis", "fractions"),
        splits=lambda wildcards: tested_splits(study_of(wildcards)),
        corruptions=lambda wildcards: study_of(wildcards).corruptions,
        mask_seed=lambda wildcards: [study_of(wildcards).settings["data"]["seed"], 1],
        device=DEVICE,
        code=code_version("evaluate_accuracy.py"),
    script:
        "../workflow/scripts/evaluate_accuracy.py"


rule measure_sis_size:
    """Read sufficient input subsets off the orderings, at every threshold."""
    input:
        orderings=files_of(measured),
    output:
        csv=report(
            "results/{study}/tables/sis_size.csv",
            caption="../workflow/report/sis_size_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "SIS size", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/sis_size.html",
            caption="../workflow/report/sis_size_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "SIS size", "format": "summary"},
        ),
    log:
        "logs/{study}/measure_sis_size.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        shards=counts_of(measured),
        models=describe(measured),
        thresholds=setting("analysis", "thresholds"),
        code=code_version("measure_sis_size.py"),
    script:
        "../workflow/scripts/measure_sis_size.py"


rule compare_searches:
    """Compare searches of one classifier, image by image."""
    input:
        orderings=files_of(compared),
    output:
        csv=report(
            "results/{study}/tables/agreement.csv",
            caption="../workflow/report/agreement_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "agreement of searches", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/agreement.html",
            caption="../workflow/report/agreement_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "agreement of searches", "format": "summary"},
        ),
    log:
        "logs/{study}/compare_searches.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        shards=counts_of(compared),
        names=setting("analysis", "agreement"),
        threshold=setting("analysis", "threshold"),
        code=code_version("compare_searches.py"),
    script:
        "../workflow/scripts/compare_searches.py"


rule evaluate_transfer:
    """Show every classifier the subsets found with every other."""
    input:
        images="results/{study}/data/test.npz",
        info="results/{study}/data/data.json",
        models=lambda wildcards: model_info(
            study_of(wildcards), study_of(wildcards).searched(study_of(wildcards).mask_search, "test")
        ),
        weights=lambda wildcards: weights(
            study_of(wildcards), study_of(wildcards).searched(study_of(wildcards).mask_search, "test")
        ),
        orderings=files_of(masks),
    output:
        csv=report(
            "results/{study}/tables/transfer.csv",
            caption="../workflow/report/transfer_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "transfer", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/transfer.html",
            caption="../workflow/report/transfer_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "transfer", "format": "summary"},
        ),
    log:
        "logs/{study}/evaluate_transfer.log",
    benchmark:
        "benchmarks/{study}/evaluate_transfer.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=60,
    params:
        shards=counts_of(masks),
        models=describe(masks),
        fraction=lambda wildcards: min(study_of(wildcards).settings["analysis"]["fractions"]),
        device=DEVICE,
        code=code_version("evaluate_transfer.py"),
    script:
        "../workflow/scripts/evaluate_transfer.py"


rule measure_planted_recovery:
    """Measure how much of the sufficient input subsets lies on planted pixels."""
    input:
        images="results/{study}/data/test.npz",
        orderings=files_of(searched_on_test),
    output:
        csv=report(
            "results/{study}/tables/planted_recovery.csv",
            caption="../workflow/report/planted_recovery_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "planted recovery", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/planted_recovery.html",
            caption="../workflow/report/planted_recovery_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "planted recovery", "format": "summary"},
        ),
    log:
        "logs/{study}/measure_planted_recovery.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        shards=counts_of(searched_on_test),
        searched=describe(searched_on_test),
        strength=setting("data", "planted", "strength"),
        threshold=setting("analysis", "threshold"),
        code=code_version("measure_planted_recovery.py"),
    script:
        "../workflow/scripts/measure_planted_recovery.py"


rule measure_pixel_rings:
    """Measure how much of the kept pixels lies on the outermost rings of the image."""
    input:
        orderings=files_of(masks),
    output:
        csv=report(
            "results/{study}/tables/pixel_rings.csv",
            caption="../workflow/report/pixel_rings_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "pixel rings", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/pixel_rings.html",
            caption="../workflow/report/pixel_rings_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "pixel rings", "format": "summary"},
        ),
    log:
        "logs/{study}/measure_pixel_rings.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        shards=counts_of(masks),
        models=describe(masks),
        fraction=lambda wildcards: min(study_of(wildcards).settings["analysis"]["fractions"]),
        code=code_version("measure_pixel_rings.py"),
    script:
        "../workflow/scripts/measure_pixel_rings.py"


rule evaluate_mitigation:
    """Compare remedies: subsets, accuracy, corrupted accuracy and calibration on matched images."""
    input:
        images=lambda wildcards: images_of(study_of(wildcards), *tested_splits(study_of(wildcards))),
        info="results/{study}/data/data.json",
        models=lambda wildcards: model_info(study_of(wildcards), study_of(wildcards).remedies),
        weights=lambda wildcards: weights(study_of(wildcards), study_of(wildcards).remedies),
        orderings=files_of(remedies),
    output:
        csv=report(
            "results/{study}/tables/mitigation.csv",
            caption="../workflow/report/mitigation_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "mitigation", "format": "CSV"},
        ),
        html=report(
            "results/{study}/tables/mitigation.html",
            caption="../workflow/report/mitigation_table.rst",
            category="Tables",
            labels={"study": "{study}", "table": "mitigation", "format": "summary"},
        ),
    log:
        "logs/{study}/evaluate_mitigation.log",
    benchmark:
        "benchmarks/{study}/evaluate_mitigation.tsv"
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=60,
    params:
        shards=counts_of(remedies),
        models=describe(remedies),
        comparisons=comparisons,
        device=DEVICE,
        code=code_version("evaluate_mitigation.py"),
    script:
        "../workflow/scripts/evaluate_mitigation.py"
