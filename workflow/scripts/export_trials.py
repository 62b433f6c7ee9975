"""Export a study with people: the page, its pictures, and the answer key.

Input: test images, data.json, orderings and weights of the networks. Output: page/index.html, trials.json, answer_key.csv,
one PNG a trial.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, load_images
from overinterp.artifacts.orderings import load_groups
from overinterp.artifacts.trials import save_trials
from overinterp.evaluation import answers
from overinterp.human.trials import answer_key, choices, choose_trials, draw_picture, kept_pixels_of
from overinterp.views import make_view

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, shards, models, networks, study, settings, device, folder) -> None:
    """Choose the trials, ask the networks, draw the pictures and write everything to ``folder``."""
    pictures, info = load_images(images).images, load_data_info(info)
    found = dict(zip(networks, load_groups(orderings, shards), strict=True))
    trials = choose_trials(found, info["class_names"], settings)
    kept = kept_pixels_of(trials, found)
    machine = [None] * len(trials)
    for name in networks:
        rows = [row for row, trial in enumerate(trials) if trial.network == name]
        if rows:
            view = make_view("backselect", info["blank"], kept[rows], device)
            shown = pictures[[trials[row].index for row in rows]]
            said = answers(classifier.load(models / name, device), shown, view, device)
            for row, *answer in zip(rows, *said, strict=True):
                machine[row] = answer
    drawn = [
        draw_picture(pictures[trial.index], mask, info["blank"], settings["scale"])
        for trial, mask in zip(trials, kept, strict=True)
    ]
    about = {
        "study": study,
        "origin": info["origin"],
        "networks": networks,
        "settings": settings,
        "choices": choices(info["class_names"], settings),
    }
    save_trials(folder, about, answer_key(trials, machine, info["class_names"]), drawn)


if "snakemake" in globals():
    job.start(snakemake, torch_threads=True)
    given = snakemake.params
    main(
        snakemake.input.images,
        snakemake.input.info,
        snakemake.input.orderings,
        given.shards,
        Path(snakemake.input.models[0]).parents[1],
        given.networks,
        snakemake.wildcards.study,
        given.human,
        given.device,
        Path(snakemake.output.trials).parent,
    )
