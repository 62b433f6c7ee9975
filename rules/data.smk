rule download_data:
    """Fetch an official data set: archive, checksum, unpacked folder."""
    output:
        update("{folder}/{archive}/{names}"),  # what is there stays, however often the rule is run
    log:
        "logs/download_data/{folder}/{archive}/{names}.log",
    wildcard_constraints:
        archive=jobs.one_of(official.folder for official in OFFICIAL.values()),
        names=jobs.one_of(official.names for official in OFFICIAL.values()),
    localrule: True
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=1000,
        runtime=120,
    script:
        "../workflow/scripts/download_data.py"


rule prepare_split:
    """Load or generate the images of one split, and store them as one array."""
    input:
        planned(images.files),
    output:
        manifest="results/{study}/data/{split}.csv",
        array="results/{study}/data/{split}.npy",
    log:
        "logs/{study}/prepare_split/{split}.log",
    wildcard_constraints:
        study=jobs.one_of(name for name, study in STUDIES.items() if not images.dataset(study).files),
        split="train|test",
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        data=planned(jobs.listing_settings),
        files=written(images.given_files),
        code=code_of("prepare_split.py", modules.of_data),
    script:
        "../workflow/scripts/prepare_split.py"


rule list_files:
    """List the image files of one split, with their classes and digests, and try to read each."""
    input:
        stamped(images.files, images.stamp),
    output:
        manifest="results/{study}/data/{split}.csv",
        skipped="results/{study}/data/{split}_skipped.csv",
    log:
        "logs/{study}/list_files/{split}.log",
    wildcard_constraints:
        study=jobs.one_of(name for name, study in STUDIES.items() if images.dataset(study).files),
        split="train|test",
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(240),
    params:
        data=planned(jobs.listing_settings),
        files=written(images.given_files),
        stamp=lambda wildcards: stamp_of(images.stamp, study_of(wildcards)),
        code=code_of("list_files.py", modules.of_data),
    script:
        "../workflow/scripts/list_files.py"


rule list_boxes:
    """List the boxes around the objects of the test pictures; apart from the pictures, so that they may be had afterwards."""
    input:
        manifest="results/{study}/data/test.csv",
        boxes=stamped(images.boxes, images.boxes_stamp),
    output:
        "results/{study}/data/boxes.csv",
    log:
        "logs/{study}/list_boxes.log",
    wildcard_constraints:
        study=jobs.one_of(name for name, study in STUDIES.items() if "boxes" in study.settings["data"]),
    priority: 1  # nothing but the last tables waits for it, and what is wrong with them is to be said before the searches
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        data=planned(jobs.listing_settings),
        files=written(images.boxes),
        stamp=lambda wildcards: stamp_of(images.boxes_stamp, study_of(wildcards)),
        code=code_of("list_boxes.py", modules.of_data),
    script:
        "../workflow/scripts/list_boxes.py"


rule describe_data:
    """Say what is known of a study's images: classes, size, colours, the blank."""
    input:
        manifests=planned(jobs.given_files),
        model=planned(jobs.pattern_info),
    output:
        "results/{study}/data/data.json",
    log:
        "logs/{study}/describe_data.log",
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        data=planned(jobs.data_settings),
        splits=planned(images.given),
        code=code_of("describe_data.py", modules.of_data),
    script:
        "../workflow/scripts/describe_data.py"


rule corrupt_images:
    """Corrupt test images of a study, or draw a sample of CIFAR-10-C."""
    input:
        images=planned(jobs.split_files, "test"),
        info="results/{study}/data/data.json",
        official=planned(images.corrupted_files),
    output:
        manifest="results/{study}/data/corrupted.csv",
        array="results/{study}/data/corrupted.npy",
    log:
        "logs/{study}/corrupt_images.log",
    wildcard_constraints:
        study=jobs.one_of(name for name, study in STUDIES.items() if "corrupted" in study.splits),
    conda:
        SCIENCE
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        settings=setting("data", "corrupted"),
        code=code_version("corrupt_images.py"),
    script:
        "../workflow/scripts/corrupt_images.py"
