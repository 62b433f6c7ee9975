"""Fit the temperature of one classifier, and measure its accuracy and calibration.

Input: test and corrupted images, data.json, the classifier. Output: a JSON file.
"""

from typing import TYPE_CHECKING

from overinterp import classifier, job
from overinterp.artifacts.files import write_json
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.calibration import metrics
from overinterp.evaluation import logits

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images: dict, info, folder, device, output) -> None:
    """Measure the classifier in ``folder`` on the splits whose manifests ``images`` names."""
    info = load_data_info(info)
    network = classifier.load(folder, device)
    sources = {split: open_split(path, info) for split, path in images.items()}
    shown = {split: (logits(network, source, device=device), source.labels) for split, source in sources.items()}
    write_json(output, metrics(*shown["test"], shown.get("corrupted")))


if "snakemake" in globals():
    job.start(snakemake, torch_threads=True)
    paths = [path for path in snakemake.input.images if path.endswith(".csv")]
    main(
        dict(zip(snakemake.params.splits, paths, strict=True)),
        snakemake.input.info,
        job.model_folder(snakemake),
        job.device(snakemake.params.device),
        snakemake.output[0],
    )
