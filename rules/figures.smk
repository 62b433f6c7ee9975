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
            category="Figures",
            labels={"study": "{study}", "figure": "{figure}"},
        ),
    log:
        "logs/{study}/draw_figure/{figure}.log",
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        module=lambda wildcards: output_of(wildcards).reference,
        searches=lambda wildcards: jobs.described(
            study_of(wildcards), output_of(wildcards).sources(study_of(wildcards))
        ),
        settings=lambda wildcards: output_of(wildcards).settings(study_of(wildcards)),
        caption=lambda wildcards: caption(study_of(wildcards), output_of(wildcards)),
        code=lambda wildcards: code_version("draw_figure.py", output_of(wildcards).reference),
    script:
        "../workflow/scripts/draw_figure.py"
