"""Say which output of a classifier is which class of the study; apart from its check, for searches depend on this alone.

Input: data.json, the classifier's model.json, a class map. Output: outputs.json.
"""

from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.files import read_json, write_json
from overinterp.artifacts.images import load_data_info
from overinterp.models import class_outputs

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(info, model, class_map, output, logger) -> None:
    """Map the outputs of the classifier with this ``model.json``, and write what they are, those of the study's classes first."""
    classes, model = load_data_info(info)["class_names"], read_json(model)
    outputs, notes = class_outputs.outputs_of(classes, model, class_map)
    for sentence in notes:
        logger.warning(sentence)
    order = class_outputs.permutation(outputs, model["classes"])
    what = class_outputs.identities(classes, model)
    names = [*classes, *((model["class_names"] or what)[number] for number in order[len(outputs) :])]
    told = {"outputs": order, "identities": [what[number] for number in order], "class_names": names, "notes": notes}
    write_json(output, told)


if "snakemake" in globals():
    logger = job.start(snakemake)
    found = snakemake.input
    main(found.info, found.model, found.class_map[0] if found.class_map else None, snakemake.output[0], logger)
