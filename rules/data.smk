rule download_data:
    """Fetch an official data set: archive, checksum, unpacked folder."""
    output:
        "{folder}/{archive}/{names}",
    log:
        "logs/download_data/{folder}/{archive}/{names}.log",
    wildcard_constraints:
        archive="|".join(map(re.escape, (official.folder for official in OFFICIAL.values()))),
        names="|".join(map(re.escape, (official.names for official in OFFICIAL.values()))),
    localrule: True
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=120,
    params:
        code=code_version("download_data.py"),
    script:
        "../workflow/scripts/download_data.py"


rule prepare_data:
    """Load or generate the images of a study and split them."""
    input:
        lambda wildcards: study_of(wildcards).files,
    output:
        train="results/{study}/data/train.npz",
        test="results/{study}/data/test.npz",
        info="results/{study}/data/data.json",
    log:
        "logs/{study}/prepare_data.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda wildcards: {
            key: value for key, value in study_of(wildcards).settings["data"].items() if key != "corrupted"
        },
        code=code_version("prepare_data.py"),
    script:
        "../workflow/scripts/prepare_data.py"


rule corrupt_images:
    """Corrupt test images of a study, or draw a sample of CIFAR-10-C."""
    input:
        images="results/{study}/data/test.npz",
        official=lambda wildcards: study_of(wildcards).corrupted_files,
    output:
        "results/{study}/data/corrupted.npz",
    log:
        "logs/{study}/corrupt_images.log",
    conda:
        "../envs/science.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=setting("data", "corrupted"),
        code=code_version("corrupt_images.py"),
    script:
        "../workflow/scripts/corrupt_images.py"
