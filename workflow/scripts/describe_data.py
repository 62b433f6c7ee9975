"""Say what is known of a study's images: classes, size, colours, the blank.

Input: the splits' manifests, model.json of the brought classifier after whose preprocessing they are shown. Output: data.json.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.files import read_json, sha256, write_json
from overinterp.artifacts.images import open_split, read_manifest
from overinterp.data.describe import describe, geometry_of, of_one_size
from overinterp.data.source import file_shape
from overinterp.plan.lists import DATASETS, find

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(manifests: dict[str, Path], model, settings: dict, output, logger) -> None:
    """Describe the splits with these manifests, of the data set that ``settings``, the config's ``data`` block, names."""
    dataset = DATASETS[settings["dataset"]]
    pattern = read_json(model)["preprocessing"] if model else None
    names, origin = find(dataset.module).about(settings)
    geometry = geometry_of(settings, pattern, dataset.files)
    about = {"origin": origin, "class_names": names, "geometry": geometry, "skipped": {}, "duplicates": 0}
    about["sha256"] = {split: sha256(path if dataset.files else path.with_suffix(".npy")) for split, path in manifests.items()}
    info = {"geometry": geometry}
    if dataset.files:
        rows = {split: read_manifest(path) for split, path in manifests.items()}
        first = next(iter(rows.values()))
        info["shape"] = file_shape([first[0]["file"]], geometry)
        if geometry is None:
            of_one_size([row for split in rows.values() for row in split])
        about["skipped"] = {
            split: len(read_manifest(path.with_name(f"{split}_skipped.csv"))) for split, path in manifests.items()
        }
        digests = {split: [row["digest"] for row in found] for split, found in rows.items()}
        every = [digest for found in digests.values() for digest in found]
        about["duplicates"] = len(every) - len(set(every))
        if about["duplicates"]:
            logger.warning("%d files are copies of others, byte for byte", about["duplicates"])
    sources = {split: open_split(path, info) for split, path in manifests.items()}
    if not dataset.files:
        digests = {split: [hashlib.sha256(image).digest() for image in source.images] for split, source in sources.items()}
    taught = set(digests.get("train", ()))
    known = sum(digest in taught for digest in digests["test"])
    if known:
        logger.warning("%d test images are training images too, byte for byte: networks may know them by heart", known)
    write_json(output, describe(sources, about, settings["blank"], pattern))


if "snakemake" in globals():
    logger = job.start(snakemake)
    given = snakemake.params
    paths = [Path(path) for path in snakemake.input.manifests[: len(given.splits)]]
    main(
        dict(zip(given.splits, paths, strict=True)),
        snakemake.input.model[0] if snakemake.input.model else None,
        given.data,
        snakemake.output[0],
        logger,
    )
