"""Export a study with people: the page, its pictures, and the answer key.

Input: test images, data.json, orderings and weights of the networks. Output: page/index.html, trials.json, answer_key.csv,
one PNG a trial.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from overinterp import classifier, job
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.trials import save_trials
from overinterp.data.source import Chosen
from overinterp.evaluation import logits, softmax
from overinterp.human.trials import answer_key, choices, choose_trials, draw_picture, kept_pixels_of
from overinterp.inputs import searches
from overinterp.views.masks import Masks
from overinterp.views.view import masked_view

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, rows, models, networks, study, settings, device, folder) -> None:
    """Choose the trials, ask the networks, draw the pictures and write everything to ``folder``."""
    info = load_data_info(info)
    source = open_split(images, info)
    found = {searched.row["model"]: searched.load() for searched in searches(rows, orderings)}
    trials = choose_trials(found, info["class_names"], settings)
    kept = kept_pixels_of(trials, found, settings["seed"])
    machine = [None] * len(trials)
    for name in networks:
        mine = [place for place, trial in enumerate(trials) if trial.network == name]
        if mine:
            view = masked_view(info["blank"], Masks(lambda places: kept[places]), device)
            shown = Chosen(source, [trial.index for trial in trials])
            said = softmax(logits(classifier.load(models / name, device), shown, mine, view, device))
            for place, probability in zip(mine, said, strict=True):
                machine[place] = (probability.argmax(), probability.max())
    drawn = [
        draw_picture(source.read([trial.index])[0], mask, info["blank"], settings["scale"])
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
        snakemake.input.images[0],
        snakemake.input.info,
        list(snakemake.input.orderings),
        given.searches,
        Path(snakemake.input.models[0]).parents[1],
        given.networks,
        snakemake.wildcards.study,
        given.human,
        job.device(given.device),
        Path(snakemake.output.trials).parent,
    )
