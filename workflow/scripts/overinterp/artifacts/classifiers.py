"""Networks and ensembles on disk: ``model.json``, and for a network ``model.safetensors`` and ``history.csv``."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from overinterp.artifacts.files import read_json, replacing, sha256, write_json


def save_network(folder: str | Path, weights: dict, info: dict, history) -> None:
    """Write a trained network: weights, history and, last, ``model.json`` with the weights' digest.

    Args:
        folder: ``models/<name>``.
        weights: A state dict of CPU tensors.
        info: architecture, classes, channels, mean, std and whatever describes the training.
        history: One row an epoch.
    """
    folder = Path(folder)
    with replacing(folder / "model.safetensors") as temporary:
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, temporary)
    with replacing(folder / "history.csv") as temporary:
        lines = [history[0].keys(), *(map("{:.9g}".format, row.values()) for row in history)]
        temporary.write_text("".join(",".join(line) + "\n" for line in lines))
    write_json(folder / "model.json", {**info, "sha256": sha256(folder / "model.safetensors")})


def save_ensemble(folder: str | Path, members: list[str | Path], average: str) -> None:
    """Write an ensemble: the names and digests of its members, and what is averaged."""
    infos = {Path(member).name: read_json(Path(member) / "model.json")["sha256"] for member in members}
    write_json(Path(folder) / "model.json", {"average": average, "members": infos})


def load_info(folder: str | Path) -> dict:
    """Read ``model.json``."""
    return read_json(Path(folder) / "model.json")


def load_weights(folder: str | Path) -> dict:
    """Read a network's state dict, on the CPU.

    Raises:
        ValueError: The file is damaged, or is not the one that ``model.json`` describes.
    """
    path = Path(folder) / "model.safetensors"
    expected, found = load_info(folder)["sha256"], sha256(path)
    if found != expected:
        raise ValueError(f"{path}: found sha256 {found[:12]}, expected {expected[:12]} (model.json); train it again")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path}: expected safetensors, found damage ({error})") from error


def load_foreign(network: torch.nn.Module, path: str | Path) -> None:
    """Load a PyTorch state dict from elsewhere into a network; nothing in the file is run.

    Args:
        network: Of the architecture that the file is of.
        path: Written by ``torch.save``: a dict of tensors, or one under the key ``state_dict``, ``model`` or ``net``; a
            prefix ``module.`` of all names is dropped.

    Raises:
        ValueError: The file holds something else, or does not fit the network.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"{path}: expected a PyTorch state dict of tensors alone, found otherwise ({error})") from error
    for key in ("state_dict", "model", "net"):
        weights = weights[key] if isinstance(weights, dict) and isinstance(weights.get(key), dict) else weights
    if not isinstance(weights, dict) or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise ValueError(f"{path}: found {type(weights).__name__}, expected a state dict, names and tensors")
    weights = {name.removeprefix("module."): value for name, value in weights.items()}
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"{path}: does not fit {type(network).__name__}: {error}") from error


def digest(folder: str | Path) -> str:
    """What identifies a classifier: its weights' sha256, or the members' and what is averaged."""
    info = load_info(folder)
    return info["sha256"] if "sha256" in info else "+".join([info["average"], *info["members"].values()])
