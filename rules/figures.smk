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
        dataset=setting("data", "dataset"),
        code=code_version("plot_sis_examples.py"),
    script:
        "../workflow/scripts/plot_sis_examples.py"


rule plot_pixel_heatmap:
    """Draw where in the image the kept pixels lie."""
    input:
        orderings=files_of(masks),
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
        shards=counts_of(masks),
        models=describe(masks),
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
        orderings=files_of(sizes),
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
        shards=counts_of(sizes),
        models=describe(sizes),
        code=code_version("plot_confidence_curves.py"),
    script:
        "../workflow/scripts/plot_confidence_curves.py"


rule plot_sis_size_by_threshold:
    """Draw the size of sufficient input subsets against the threshold."""
    input:
        table="results/{study}/tables/sis_size.csv",
    output:
        pdf="results/{study}/figures/sis_size_by_threshold{split}.pdf",
        png=report(
            "results/{study}/figures/sis_size_by_threshold{split}.png",
            caption="../workflow/report/sis_size_by_threshold.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "sis size by threshold{split}"},
        ),
    log:
        "logs/{study}/plot_sis_size_by_threshold{split}.log",
    wildcard_constraints:
        split="|_corrupted",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        search=setting("analysis", "search"),
        split=lambda wildcards: "corrupted" if wildcards.split else "test",
        code=code_version("plot_sis_size_by_threshold.py"),
    script:
        "../workflow/scripts/plot_sis_size_by_threshold.py"


rule plot_sis_size_correct_incorrect:
    """Draw whether right answers rest on more pixels than wrong ones."""
    input:
        table="results/{study}/tables/sis_size.csv",
    output:
        pdf="results/{study}/figures/sis_size_correct_incorrect{split}.pdf",
        png=report(
            "results/{study}/figures/sis_size_correct_incorrect{split}.png",
            caption="../workflow/report/sis_size_correct_incorrect.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "sis size correct incorrect{split}"},
        ),
    log:
        "logs/{study}/plot_sis_size_correct_incorrect{split}.log",
    wildcard_constraints:
        split="|_corrupted",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        search=lambda wildcards: study_of(wildcards).mask_search,
        split=lambda wildcards: "corrupted" if wildcards.split else "test",
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


rule plot_mitigation:
    """Draw what remedies cost and bring."""
    input:
        table="results/{study}/tables/mitigation.csv",
    output:
        pdf="results/{study}/figures/mitigation.pdf",
        png=report(
            "results/{study}/figures/mitigation.png",
            caption="../workflow/report/mitigation.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "mitigation"},
        ),
    log:
        "logs/{study}/plot_mitigation.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_version("plot_mitigation.py"),
    script:
        "../workflow/scripts/plot_mitigation.py"


rule plot_adversarial:
    """Draw sizes of subsets of an adversarially trained network against those of an ordinary one."""
    input:
        table="results/{study}/tables/sis_size.csv",
    output:
        pdf="results/{study}/figures/adversarial.pdf",
        png=report(
            "results/{study}/figures/adversarial.png",
            caption="../workflow/report/adversarial.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "adversarial"},
        ),
    log:
        "logs/{study}/plot_adversarial.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        search=setting("analysis", "search"),
        conditions=lambda wildcards: study_of(wildcards).adversarial,
        code=code_version("plot_adversarial.py"),
    script:
        "../workflow/scripts/plot_adversarial.py"


rule plot_human_accuracy:
    """Draw people's accuracy against the fraction of pixels they see."""
    input:
        answers="results/{study}/tables/human_answers.csv",
        participants="results/{study}/tables/human_participants.csv",
        table="results/{study}/tables/human_accuracy.csv",
    output:
        pdf="results/{study}/figures/human_accuracy.pdf",
        png=report(
            "results/{study}/figures/human_accuracy.png",
            caption="../workflow/report/human_accuracy.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "human accuracy"},
        ),
    log:
        "logs/{study}/plot_human_accuracy.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        asked=lambda wildcards: asked(study_of(wildcards)),
        code=code_version("plot_human_accuracy.py"),
    script:
        "../workflow/scripts/plot_human_accuracy.py"


rule plot_human_confusion:
    """Draw what people take each class for."""
    input:
        table="results/{study}/tables/human_accuracy.csv",
    output:
        pdf="results/{study}/figures/human_confusion.pdf",
        png=report(
            "results/{study}/figures/human_confusion.png",
            caption="../workflow/report/human_confusion.rst",
            category="Figures",
            labels={"study": "{study}", "figure": "human confusion"},
        ),
    log:
        "logs/{study}/plot_human_confusion.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        asked=lambda wildcards: asked(study_of(wildcards)),
        code=code_version("plot_human_confusion.py"),
    script:
        "../workflow/scripts/plot_human_confusion.py"
