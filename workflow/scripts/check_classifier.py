"""Find out whether a classifier knows the images at all, and whether it can be searched.

Input: test images, data.json, the classifier. Output: check.json.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import classifier, job
from overinterp.artifacts.classifiers import load_info, load_outputs
from overinterp.artifacts.files import write_json
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.data.source import Chosen
from overinterp.evaluation import logits, softmax
from overinterp.models.checks import known
from overinterp.models.checks.slopes import confirm_slopes
from overinterp.models.checks.steady import confirm_steady
from overinterp.pixels import blank_tensor
from overinterp.search.passes import in_passes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, folder, expect, slopes, threshold, device, output, logger) -> None:
    """Check the classifier in ``folder`` on test images; an error ends the run before any search."""
    data, told = load_data_info(info), load_outputs(folder)
    warnings = known.differences(load_info(folder)["preprocessing"], data["geometry"], data["shape"])
    source = open_split(images, data)
    some = Chosen(source, known.numbers_to_check(len(source)))
    network = classifier.load(folder, device)
    confirm_steady(network, some, device)
    if slopes:
        confirm_slopes(network, some, device)
    shown = logits(network, some, device=device)
    right = (shown.argmax(1) == some.labels).mean()
    hints = {}
    if right < 0.5 and data["shape"][2] == 3:
        reversed_ = classifier.Channels(network, [2, 1, 0])
        hints["the channels reversed (BGR)"] = (logits(reversed_, some, device=device).argmax(1) == some.labels).mean()
    found = known.verdict(shown, some.labels, data["class_names"], expect, hints, told["outputs"])
    blank = blank_tensor(data["blank"], device).expand(1, -1, *data["shape"][:2])
    alone, sure = known.of_blank(
        softmax(in_passes(network, blank, 1).cpu().numpy())[0], told["class_names"], len(data["class_names"]), threshold
    )
    warnings += known.doubts(shown, some.labels, data["class_names"], told["outputs"])
    of_threshold = [*known.never_sure(shown, threshold), *sure]  # may change after the check: not kept
    for sentence in [*warnings, *of_threshold]:
        logger.warning(sentence)
    logger.info(
        "accuracy %.4f on %d images (%.4f among the study's classes)",
        *(found[key] for key in ("accuracy", "images", "accuracy_among_classes")),
    )
    logger.info("the blank image alone: %s, confidence %.3f", alone["class_name"], alone["confidence"])
    write_json(output, {**found, "blank": alone, "warnings": [*told["notes"], *warnings]})


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        Path(snakemake.output[0]).parent,
        given.expect,
        given.slopes,
        given.threshold,
        job.device(given.device),
        snakemake.output[0],
        logger,
    )
