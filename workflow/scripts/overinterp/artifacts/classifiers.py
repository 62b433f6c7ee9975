"""Networks and ensembles on disk: ``model.json``, and for a network ``model.safetensors`` and ``history.csv``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from overinterp.artifacts.files import read_json, replacing, sha256, write_json

HISTORY = ("epoch", "learning_rate", "loss", "accuracy")


def save_network(folder: str | Path, weights: dict, info: dict, history) -> None:
    """Write a trained network: weights, history and, last, ``model.json`` with the weights' digest.

    Args:
        folder: ``models/<name>``.
        weights: A state dict of CPU tensors.
        info: architecture, classes, shape, mean, std and whatever describes the training.
        history: One row an epoch, with the columns `HISTORY`.
    """
    folder = Path(folder)
    _save_weights(folder / "model.safetensors", weights)
    with replacing(folder / "history.csv") as temporary:
        lines = [HISTORY, *([f"{row[name]:.9g}" for name in HISTORY] for row in history)]
        temporary.write_text("".join(",".join(line) + "\n" for line in lines))
    write_json(folder / "model.json", {**info, "sha256": sha256(folder / "model.safetensors")})


def save_taken(folder: str | Path, weights: dict, info: dict) -> None:
    """Write a classifier that was brought along: weights and, last, ``model.json`` with their digest."""
    folder = Path(folder)
    _save_weights(folder / "model.safetensors", {name: tensor.detach().cpu().clone() for name, tensor in weights.items()})
    write_json(folder / "model.json", {**info, "torch": torch.__version__, "sha256": sha256(folder / "model.safetensors")})


def _save_weights(path: Path, weights: dict) -> None:
    """Write a state dict of CPU tensors; others may read it as they may any file made here (safetensors lets its owner alone)."""
    with replacing(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, temporary)
        temporary.chmod(mode)


def save_ensemble(folder: str | Path, members: list[str | Path], average: str) -> None:
    """Write an ensemble: the names and digests of its members, and what is averaged.

    Raises:
        ValueError: Members have different numbers of outputs.
    """
    infos = {Path(member).name: load_info(member) for member in members}
    outputs = {name: info["classes"] for name, info in infos.items()}
    if len(set(outputs.values())) > 1:
        raise ValueError(f"ensembles.{Path(folder).name}.members: found {outputs} outputs, expected as many of each")
    digests = {name: info["sha256"] for name, info in infos.items()}
    write_json(Path(folder) / "model.json", {"average": average, "members": digests})


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


def load_outputs(folder: str | Path) -> dict | None:
    """Read ``outputs.json``, which only classifiers that were brought along have."""
    path = Path(folder) / "outputs.json"
    return read_json(path) if path.is_file() else None


def digest(folder: str | Path) -> str:
    """What identifies a classifier: its weights' sha256, map of classes and code; or what is averaged, and its members'."""
    info, mapped = load_info(folder), load_outputs(folder)
    if "members" in info:
        return "+".join([info["average"], *(digest(Path(folder).parent / member) for member in info["members"])])
    beside = [] if mapped is None else [mapped["outputs"]]
    beside += [info["spec"]["code"]] if info.get("spec", {}).get("code") else []
    return ":".join([info["sha256"], *(hashlib.sha256(str(found).encode()).hexdigest()[:12] for found in beside)])
