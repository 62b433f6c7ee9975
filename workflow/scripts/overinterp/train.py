"""One training, from files to files, in one process or in several that share each batch.

Several are started by torch's own launcher (what ``torchrun`` runs), from inside the job: each is
``python -m overinterp.train <job.json>``. A scheduler therefore starts one task for the whole training, never one a GPU.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import distributed
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from overinterp import job
from overinterp.artifacts.classifiers import save_network
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.snapshots import Snapshot
from overinterp.code_version import code_version
from overinterp.models import registry
from overinterp.plan.lists import MASKS
from overinterp.training import Trainer
from overinterp.views.feed import feed, packs
from overinterp.views.packed import pack
from overinterp.views.view import make_view, shown_only

LABELS = 1  # beside a network's seed, of its shuffled labels
WATCH = 1.0  # seconds between looks at whether the job is still there


def train(given: dict, devices: list[str], logger: logging.Logger) -> None:
    """Train one network and write it.

    Args:
        given: Plain values: images, info, orderings (paths), folder (of the network), architecture, condition, settings, seed,
            mask_seed, identity (of the snapshot), log (path) and name (of the job in the log).
        devices: One for each process.
        logger: Of the job.

    Raises:
        ValueError: The training cannot be done; or one of several processes failed, which has said why.
    """
    if len(devices) == 1:
        _train(given, devices[0], logger)
        return
    source, view, _, folder = _shown(given, "cpu", len(devices))
    if packs(source, view):  # once, before there are several processes
        progress = job.Progress(logger, len(source), "images packed")
        pack(folder, source, view.masks, progress.at)
        progress.close()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "job.json"
        path.write_text(json.dumps({**given, "devices": devices, "threads": max(1, torch.get_num_threads() // len(devices))}))
        launch = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=len(devices),
            run_id=path.parent.name,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            max_restarts=0,
        )
        before = dict(os.environ)  # the processes take over this one's environment: put back afterwards
        os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), before.get("PYTHONPATH", "")])
        os.environ["OVERINTERP_JOB"] = str(os.getpid())
        try:
            elastic_launch(launch, sys.executable)("-m", "overinterp.train", str(path))
        except ChildFailedError as error:
            found = f"process {', '.join(map(str, sorted(error.failures)))} of {len(devices)} failed"
            raise ValueError(f"training: found {found}, expected none; why is said above") from error
        finally:
            os.environ.clear()
            os.environ.update(before)


def _shown(given: dict, device: str, processes: int):
    """The training images, the view of them before and after their augmentation, and the folder of their pack."""
    info = load_data_info(given["info"])
    source = open_split(given["images"], info)
    chosen = (load_orderings([path]) for path in given["orderings"]) if given["orderings"] else None
    view = make_view(given["condition"]["view"], info["blank"], info["shape"][:2], device, chosen, given["mask_seed"])
    shown = {key: value for key, value in given["condition"]["view"].items() if key != "paint"}  # paints are of what a pack holds
    code = code_version("overinterp/views/packed.py", MASKS[shown["mask"]], "overinterp.artifacts.images")
    same = {"inputs": given["identity"]["inputs"], "view": shown, "seed": given["mask_seed"], "code": code}
    source, view = shown_only(source, view)
    if len(source) < processes:
        found = f"{len(source)} images of which {given['condition']['view']} shows something"
        raise ValueError(f"training: found {found}, expected at least {processes}, one for each process")
    before, after = (view, None) if given["condition"]["masked"] == "before_augmentation" else (replace(view, masks=None), view)
    return source, before, after, Snapshot(Path(given["folder"]).parents[1], same).path.parent.with_suffix(".packed")


def _train(given: dict, device: str, logger: logging.Logger, rank: int = 0, processes: int = 1) -> None:
    info, condition, settings, seed = load_data_info(given["info"]), given["condition"], given["settings"], given["seed"]
    source, view, late, folder = _shown(given, device, processes)
    packing = job.Progress(logger, len(source), "images packed")
    shown = feed(source, view, device, folder, packing.at)
    packing.close()
    if condition["labels"] == "shuffled":
        shown.labels = np.random.default_rng([seed, LABELS]).permutation(shown.labels)
    torch.manual_seed(seed)
    network = registry.build(given["architecture"], info["shape"][2], len(info["class_names"])).to(device)
    trainer = Trainer(
        network,
        shown,
        info["blank"],
        info["mean"],
        info["std"],
        settings,
        condition["keep_probability"],
        condition.get("adversarial"),
        seed,
        device,
        late,
        rank,
        processes,
    )
    snapshot = Snapshot(Path(given["folder"]).parents[1], given["identity"])
    if state := snapshot.load():
        trainer.restore(state)
    progress = job.Progress(logger, settings["epochs"], "epochs")

    def on_epoch(trainer):
        row = trainer.history[-1]
        if rank == 0:
            told = f"loss {row['loss']:.4f}, accuracy {row['accuracy']:.4f}"
            if row["epoch"] in (1, settings["epochs"]):
                logger.info("epoch %d of %d: %s", row["epoch"], settings["epochs"], told)
            progress.at(row["epoch"], told)
            snapshot.offer(trainer.state)

    trainer.run(on_epoch)
    progress.close()
    if rank:
        return
    described = {
        "architecture": given["architecture"],
        "classes": len(info["class_names"]),
        "shape": info["shape"],
        "mean": info["mean"],
        "std": info["std"],
        "seed": seed,
        "condition": condition,
        "training": settings,
        "parameters": sum(p.numel() for p in network.parameters()),
        "train_loss": trainer.history[-1]["loss"] if trainer.history else None,
        "train_accuracy": trainer.history[-1]["accuracy"] if trainer.history else None,
        "data": info["sha256"]["train"],
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    weights = {name: tensor.cpu() for name, tensor in network.state_dict().items()}
    save_network(given["folder"], weights, described, trainer.history)
    snapshot.remove()


def _worker(path: str) -> None:
    """One of several processes, started by the launcher."""
    _end_with(int(os.environ["OVERINTERP_JOB"]))
    given = json.loads(Path(path).read_text())
    rank, processes = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    device = given["devices"][int(os.environ["LOCAL_RANK"])]
    logger = job.join(given["log"], given["name"] if rank == 0 else f"{given['name']}, process {rank}", given["threads"])
    if device != "cpu":
        torch.cuda.set_device(device)
    distributed.init_process_group("gloo" if device == "cpu" else "nccl")
    try:
        _train(given, device, logger, rank, processes)
    finally:
        distributed.destroy_process_group()


def _end_with(process: int) -> None:
    """End when the job that started this has ended, however it did: what it left behind would go on by itself."""

    def watch():
        while True:
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                os._exit(1)
            time.sleep(WATCH)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    _worker(sys.argv[1])
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # Gloo's threads may still hold tensors and abort as the interpreter goes (pytorch/pytorch pull request 179291)
