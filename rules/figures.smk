rule plot_sis_examples:
    """Draw images and the sufficient input subset of each network."""
    input:
        images="results/{study}/data/test.npz",
        info="results/{study}/data/data.json",
        orderings=files_of(shown_as_examples),
    output:
        pdf="results/{study}/figures/sis_examples.pdf",
        png=report(
            "results/{study}/figures/sis_examples.png",
            caption="../workflow/report/sis_examples.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "sis examples"},
        ),
    log:
        "logs/{study}/plot_sis_examples.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        shards=counts_of(shown_as_examples),
        models=describe(shown_as_examples),
        threshold=setting("analysis", "threshold"),
        code=code_version("plot_sis_examples.py"),
    script:
        "../workflow/scripts/plot_sis_examples.py"


rule plot_pixel_heatmap:
    """Draw where in the image the kept pixels lie."""
    input:
        orderings=files_of(analysed),
    output:
        pdf="results/{study}/figures/pixel_heatmap.pdf",
        png=report(
            "results/{study}/figures/pixel_heatmap.png",
            caption="../workflow/report/pixel_heatmap.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "pixel heatmap"},
        ),
    log:
        "logs/{study}/plot_pixel_heatmap.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        shards=counts_of(analysed),
        models=describe(analysed),
        fraction=lambda wildcards: min(study_of(wildcards).settings["analysis"]["fractions"]),
        code=code_version("plot_pixel_heatmap.py"),
    script:
        "../workflow/scripts/plot_pixel_heatmap.py"


rule plot_accuracy:
    """Draw the accuracy of networks on full images and on subsets."""
    input:
        table="results/{study}/tables/accuracy.csv",
    output:
        pdf="results/{study}/figures/accuracy.pdf",
        png=report(
            "results/{study}/figures/accuracy.png",
            caption="../workflow/report/accuracy.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "accuracy"},
        ),
    log:
        "logs/{study}/plot_accuracy.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_version("plot_accuracy.py"),
    script:
        "../workflow/scripts/plot_accuracy.py"


rule plot_confidence_curves:
    """Draw confidence while pixels are removed."""
    input:
        orderings=files_of(analysed),
    output:
        pdf="results/{study}/figures/confidence_curves.pdf",
        png=report(
            "results/{study}/figures/confidence_curves.png",
            caption="../workflow/report/confidence_curves.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "confidence curves"},
        ),
    log:
        "logs/{study}/plot_confidence_curves.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        shards=counts_of(analysed),
        models=describe(analysed),
        code=code_version("plot_confidence_curves.py"),
    script:
        "../workflow/scripts/plot_confidence_curves.py"


rule plot_sis_size_by_threshold:
    """Draw the size of sufficient input subsets against the threshold."""
    input:
        table="results/{study}/tables/sis_size.csv",
    output:
        pdf="results/{study}/figures/sis_size_by_threshold.pdf",
        png=report(
            "results/{study}/figures/sis_size_by_threshold.png",
            caption="../workflow/report/sis_size_by_threshold.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "sis size by threshold"},
        ),
    log:
        "logs/{study}/plot_sis_size_by_threshold.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_version("plot_sis_size_by_threshold.py"),
    script:
        "../workflow/scripts/plot_sis_size_by_threshold.py"


rule plot_sis_size_correct_incorrect:
    """Draw whether right answers rest on more pixels than wrong ones."""
    input:
        table="results/{study}/tables/sis_size.csv",
    output:
        pdf="results/{study}/figures/sis_size_correct_incorrect.pdf",
        png=report(
            "results/{study}/figures/sis_size_correct_incorrect.png",
            caption="../workflow/report/sis_size_correct_incorrect.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "sis size correct incorrect"},
        ),
    log:
        "logs/{study}/plot_sis_size_correct_incorrect.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_version("plot_sis_size_correct_incorrect.py"),
    script:
        "../workflow/scripts/plot_sis_size_correct_incorrect.py"


rule plot_transfer:
    """Draw whether one network's subsets convince another."""
    input:
        table="results/{study}/tables/transfer.csv",
    output:
        pdf="results/{study}/figures/transfer.pdf",
        png=report(
            "results/{study}/figures/transfer.png",
            caption="../workflow/report/transfer.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "transfer"},
        ),
    log:
        "logs/{study}/plot_transfer.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_version("plot_transfer.py"),
    script:
        "../workflow/scripts/plot_transfer.py"


rule plot_planted_recovery:
    """Draw how much of the subsets lies on planted pixels."""
    input:
        table="results/{study}/tables/planted_recovery.csv",
    output:
        pdf="results/{study}/figures/planted_recovery.pdf",
        png=report(
            "results/{study}/figures/planted_recovery.png",
            caption="../workflow/report/planted_recovery.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "planted recovery"},
        ),
    log:
        "logs/{study}/plot_planted_recovery.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_version("plot_planted_recovery.py"),
    script:
        "../workflow/scripts/plot_planted_recovery.py"
