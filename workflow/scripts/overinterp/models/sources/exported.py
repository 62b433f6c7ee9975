"""A program written by ``torch.export.save``. Reading one unpickles, so it has to be trusted."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from overinterp.artifacts.files import sha256
from overinterp.models.sources.taken import Taken
from overinterp.models.weights import refuse_placeholder


class Program(nn.Module):
    """An exported program as a module: it has one mode, whatever it is asked for."""

    def __init__(self, program):
        super().__init__()
        self.program = program.module()

    def train(self, mode: bool = True):
        """Do nothing: the mode was fixed when the program was exported."""
        self.training = mode
        return self

    def forward(self, images):
        """Logits (N, K) of normalised images (N, C, H, W)."""
        return self.program(images)


def take(entry: dict) -> Taken:
    """The program, its file's digest recorded; it stays where it is.

    Raises:
        ValueError: It cannot be read, or was exported for one batch size alone.
    """
    refuse_placeholder(entry["model"])
    spec = {"file": entry["model"], "sha256": sha256(entry["model"])}
    return Taken(rebuild(spec), {}, spec)


def rebuild(spec: dict) -> nn.Module:
    """Read the program again.

    Raises:
        ValueError: The file is another than before, or no exported program.
    """
    path = spec["file"]
    if not Path(path).is_file() or sha256(path) != spec["sha256"]:
        raise ValueError(f"{path}: found another file, or none, expected the program with sha256 {spec['sha256'][:12]}")
    try:
        return Program(torch.export.load(path))
    except Exception as error:  # raises many kinds for what is no exported program
        raise ValueError(
            f"{path}: expected a program written by torch.export.save, found otherwise ({type(error).__name__}); TorchScript is "
            "loaded by a function of yours (from: python)"
        ) from error
