"""Find out which output is which class, and whether the classifier knows the images at all.

Input: test images, data.json, the classifier, a class map. Output: check.json.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import classifier, job
from overinterp.artifacts.classifiers import load_info
from overinterp.artifacts.files import write_json
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.data.source import Chosen
from overinterp.evaluation import in_passes, logits, softmax
from overinterp.models import check, class_outputs, probes
from overinterp.pixels import blank_tensor

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, folder, class_map, expect, slopes, device, output, logger) -> None:
    """Check the classifier in ``folder`` on test images; an error ends the run before any search."""
    data, info = load_data_info(info), load_info(folder)
    warnings = check.differences(info["preprocessing"], data["geometry"], data["shape"])
    outputs, notes = class_outputs.outputs_of(data["class_names"], info, class_map)
    order = class_outputs.permutation(outputs, info["classes"])
    source = open_split(images, data)
    some = Chosen(source, check.numbers_to_check(len(source)))
    network = classifier.load_unmapped(folder, device)
    probes.steady(network, some, device)
    if slopes:
        probes.sloped(network, some, device)
    shown = logits(network, some, device=device)[:, order]
    right = (shown.argmax(1) == some.labels).mean()
    hints = {}
    if right < 0.5 and data["shape"][2] == 3:
        reversed_ = classifier.Channels(network, [2, 1, 0])
        hints["the channels reversed (BGR)"] = (logits(reversed_, some, device=device)[:, order].argmax(1) == some.labels).mean()
    found = check.verdict(shown, some.labels, data["class_names"], expect, hints, order)
    what = class_outputs.identities(data["class_names"], info)
    names = [*data["class_names"], *((info["class_names"] or what)[number] for number in order[len(outputs) :])]
    blank = blank_tensor(data["blank"], device).expand(1, -1, *data["shape"][:2])
    alone, sure = check.of_blank(softmax(in_passes(network, blank, 1).cpu().numpy()[:, order])[0], names, len(outputs))
    warnings = [*warnings, *notes, *check.doubts(shown, some.labels, data["class_names"], order), *sure]
    for sentence in warnings:
        logger.warning(sentence)
    logger.info(
        "accuracy %.4f on %d images (%.4f among the study's classes)",
        *(found[key] for key in ("accuracy", "images", "accuracy_among_classes")),
    )
    logger.info("the blank image alone: %s, confidence %.3f", alone["class_name"], alone["confidence"])
    told = {"outputs": order, "identities": [what[number] for number in order], "class_names": names}
    write_json(output, {**told, **found, "blank": alone, "expect": expect, "warnings": warnings})


if "snakemake" in globals():
    logger = job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        Path(snakemake.output[0]).parent,
        snakemake.input.class_map[0] if snakemake.input.class_map else None,
        given.expect,
        given.slopes,
        job.device(given.device),
        snakemake.output[0],
        logger,
    )
