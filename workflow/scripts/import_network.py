"""Take a network's weights from a file instead of training it.

Input: data.json, a PyTorch state dict. Output: model.safetensors, model.json, history.csv (one row: nothing was trained).
"""

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from overinterp import job
from overinterp.artifacts.classifiers import load_foreign, save_network
from overinterp.artifacts.files import sha256
from overinterp.artifacts.images import load_data_info
from overinterp.models import registry

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(info, weights, folder, architecture, condition, seed) -> None:
    """Check that the weights fit the architecture and write the network to ``folder``."""
    info, source = load_data_info(info), condition["pretrained"]
    network = registry.build(architecture, info["shape"][2], len(info["class_names"]))
    load_foreign(network, weights)
    described = {
        "architecture": architecture,
        "classes": len(info["class_names"]),
        "shape": info["shape"],
        "mean": source.get("mean", info["mean"]),
        "std": source.get("std", info["std"]),
        "seed": seed,
        "condition": condition,
        "parameters": sum(p.numel() for p in network.parameters()),
        "source": sha256(weights),
        "torch": torch.__version__,
    }
    for key in ("mean", "std"):
        if len(described[key]) != info["shape"][2]:
            raise ValueError(f"pretrained.{key}: found {len(described[key])} values, expected {info['shape'][2]}, one a channel")
    save_network(folder, network.state_dict(), described, [{"epoch": 0}])


if "snakemake" in globals():
    given = snakemake.params
    job.start(snakemake)
    main(
        snakemake.input.info,
        snakemake.input.weights,
        Path(snakemake.output.info).parent,
        given.architecture,
        given.condition,
        given.seed,
    )
