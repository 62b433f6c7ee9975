"""Train one network under one condition.

Input: training images, data.json, for masked views the teacher's orderings of them.
Output: model.safetensors, model.json, history.csv. A killed training resumes from its last snapshot.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from overinterp import job
from overinterp.artifacts.classifiers import save_network
from overinterp.artifacts.files import sha256
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.snapshots import Snapshot
from overinterp.models import registry
from overinterp.training import Trainer
from overinterp.views.view import make_view, shown_only

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(images, info, orderings, folder, architecture, condition, settings, seed, mask_seed, device, identity, logger) -> None:
    """Train one network and write it to ``folder``."""
    info = load_data_info(info)
    source, channels = open_split(images, info), info["shape"][2]
    chosen = (load_orderings([path]) for path in orderings) if orderings else None
    view = make_view(condition["view"], info["blank"], info["shape"][:2], device, chosen, mask_seed)
    source, view = shown_only(source, view)
    torch.manual_seed(seed)
    network = registry.build(architecture, channels, len(info["class_names"])).to(device)
    trainer = Trainer(
        network,
        source,
        view,
        info["blank"],
        info["mean"],
        info["std"],
        settings,
        condition["keep_probability"],
        condition.get("adversarial"),
        seed,
        device,
    )
    snapshot = Snapshot(Path(folder).parents[1], identity)
    if state := snapshot.load():
        trainer.restore(state)
    progress = job.Progress(logger, settings["epochs"], "epochs")

    def on_epoch(trainer):
        row = trainer.history[-1]
        logger.info("epoch %d: loss %.4f, accuracy %.4f", row["epoch"], row["loss"], row["accuracy"])
        progress.at(row["epoch"])
        snapshot.offer(trainer.state)

    trainer.run(on_epoch)
    progress.close()
    described = {
        "architecture": architecture,
        "classes": len(info["class_names"]),
        "shape": info["shape"],
        "mean": info["mean"],
        "std": info["std"],
        "seed": seed,
        "condition": condition,
        "training": settings,
        "parameters": sum(p.numel() for p in network.parameters()),
        "train_loss": trainer.history[-1]["loss"],
        "train_accuracy": trainer.history[-1]["accuracy"],
        "data": info["sha256"]["train"],
        "torch": torch.__version__,
    }
    weights = {name: tensor.cpu() for name, tensor in network.state_dict().items()}
    save_network(folder, weights, described, trainer.history)
    snapshot.remove()


if "snakemake" in globals():
    given = snakemake.params
    main(
        snakemake.input.images[0],
        snakemake.input.info,
        snakemake.input.orderings,
        Path(snakemake.output.info).parent,
        given.architecture,
        given.condition,
        given.training,
        given.seed,
        given.mask_seed,
        job.device(given.device),
        {
            "model": Path(snakemake.output.info).parent.name,
            "params": dict(given.items()),
            "torch": torch.__version__,
            "inputs": [sha256(path) for path in snakemake.input],
        },
        job.start(snakemake, torch_threads=True),
    )
