"""Export the trials of a study with people: pictures and answer key.

Input: test images, data.json, orderings of the networks. Output: trials.json, answer_key.csv, one PNG a trial.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import job
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.trials import save_trials
from overinterp.human.trials import choose_trials, draw_trial

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, shards, networks, settings, folder) -> None:
    """Choose the trials, draw them and write everything to ``folder``."""
    split, info = load_images(images), load_data_info(info)
    found = dict(zip(networks, load_groups(orderings, shards), strict=True))
    trials = choose_trials(found, info["class_names"], settings)
    pictures = [draw_trial(split.images, found[trial.network], trial, info["blank"], settings["scale"]) for trial in trials]
    save_trials(folder, trials, pictures, info["class_names"])


if "snakemake" in globals():
    job.start(snakemake)
    given = snakemake.params
    main(
        snakemake.input.images,
        snakemake.input.info,
        snakemake.input.orderings,
        given.shards,
        given.networks,
        given.human,
        Path(snakemake.output.trials).parent,
    )
