rule draw_figure:
    """Draw one figure."""
    input:
        orderings=read_by(jobs.orderings_of),
        tables=read_by(jobs.tables_of),
        images=read_by(jobs.images_of),
        info=read_by(jobs.data_of),
    output:
        pdf="results/{study}/figures/{figure}.pdf",
        png=report(
            "results/{study}/figures/{figure}.png",
            caption="../workflow/report/output.rst",
            category=question,
            labels={"result": "{study}: {figure} (figure)"},
        ),
    log:
        "logs/{study}/draw_figure/{figure}.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        module=lambda wildcards: output_of(wildcards).reference,
        searches=read_by(jobs.searches_of),
        settings=lambda wildcards: output_of(wildcards).settings(study_of(wildcards)),
        caption=read_by(caption),
        code=lambda wildcards: code_version("draw_figure.py", output_of(wildcards).reference),
    script:
        "../workflow/scripts/draw_figure.py"


rule write_verdict:
    """Judge one classifier, and write the page that says so."""
    input:
        images=planned(jobs.split_files, "test"),
        boxes=planned(jobs.boxes),
        info="results/{study}/data/data.json",
        outputs=planned(jobs.judged_outputs),
        checks=planned(jobs.expected_checks),
        doubts=planned(jobs.judged_checks),
        own=shards_of(verdict.sources),
        others=shards_of(verdict.towards_other),
        subsets=planned(jobs.verdict_parts, "subsets"),
        accuracy=planned(jobs.verdict_parts, "accuracy"),
    output:
        html=report(
            "results/{study}/verdict.html",
            caption="../workflow/report/verdict.rst",
            category=answers.CATEGORIES["Verdict"],
            labels={"study": "{study}"},
        ),
        classes=directory("results/{study}/verdict_classes"),
        json="results/{study}/verdict.json",
        csv="results/{study}/tables/verdict_images.csv",
    log:
        "logs/{study}/write_verdict.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        own=rows_of(verdict.sources),
        others=rows_of(verdict.towards_other),
        settings=planned(verdict.settings),
        expect=planned(jobs.expected),
        page=[
            file_version(f"overinterp/verdict/{part}")
            for part in ("base.html", "page.html", "class.html", "parts.html", "style.css")
        ],
        references=file_version("overinterp/verdict/references.json"),
        code=code_version("write_verdict.py"),
    script:
        "../workflow/scripts/write_verdict.py"


rule write_answers:
    """Write the page that answers the study's questions one by one, with its figures and tables."""
    input:
        tables=planned(answers.tables, "csv"),
        summaries=planned(answers.tables, "html"),
        figures=planned(answers.pictures),
        verdict="results/{study}/verdict.json",
    output:
        html=report(
            "results/{study}/answers.html",
            caption="../workflow/report/answers.rst",
            category=answers.CATEGORIES["Answers"],
            labels={"study": "{study}"},
        ),
    log:
        "logs/{study}/write_answers.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        sections=planned(answers.sections),
        threshold=setting("analysis", "threshold"),
        page=[
            file_version(f"overinterp/{part}")
            for part in ("answers/answers.html", "verdict/base.html", "verdict/style.css")
        ],
        code=code_version("write_answers.py"),
    script:
        "../workflow/scripts/write_answers.py"
