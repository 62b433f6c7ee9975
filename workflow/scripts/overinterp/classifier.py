"""A trained network, or an ensemble of them, made ready for search: one frozen module from images to logits."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from pathlib import Path

import torch
from torch import nn
from torch.fx.experimental.optimization import fuse

from overinterp.artifacts import classifiers
from overinterp.models import registry
from overinterp.models.ensemble import Ensemble

logger = logging.getLogger(__name__)
FOLDED_AGREEMENT = 1e-4  # largest difference of logits, relative to the largest, after folding batch norm


class Normalised(nn.Module):
    """A network behind its normalisation.

    Args:
        network: From normalised images to logits.
        mean: One value a channel, in pixel space [0, 1].
        std: Likewise.
        shape: (C, H, W) of the images it was trained on.
    """

    def __init__(self, network: nn.Module, mean, std, shape):
        super().__init__()
        self.network, self.shape = network, tuple(shape)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).reshape(1, -1, 1, 1))

    def forward(self, images):
        """Logits (N, K) of images (N, C, H, W) in [0, 1].

        Raises:
            ValueError: Images of another shape.
        """
        if images.shape[1:] != self.shape:
            raise ValueError(f"images: found shape {tuple(images.shape[1:])}, expected {self.shape} (channels, height, width)")
        return self.network((images - self.mean) / self.std)


def freeze(network: nn.Module) -> nn.Module:
    """The module in evaluation mode, no weight requiring gradients."""
    return network.eval().requires_grad_(False)


def fold(network: nn.Module, example: torch.Tensor) -> nn.Module:
    """Fold each batch norm into the convolution before it, where that leaves the logits as they are.

    Args:
        network: In evaluation mode.
        example: Normalised images to compare logits on.

    Returns:
        The folded network; the network itself, with a line in the log, where it cannot be traced or the logits
        differ by more than 1e-4 of the largest.
    """
    try:
        folded = freeze(fuse(network))
    except Exception as error:  # torch.fx raises many kinds for code that it cannot trace
        logger.info("batch norm is not folded: %s", error)
        return network
    with torch.no_grad():
        before, after = network(example), folded(example)
    difference = ((before - after).abs().max() / before.abs().max().clamp(min=1)).item()
    if difference > FOLDED_AGREEMENT:
        logger.info("batch norm is not folded: logits would differ by %.1e of the largest", difference)
        return network
    return folded


def load(folder: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """Load a trained network, or an ensemble with its members from the folders beside it.

    Args:
        folder: ``models/<name>``.
        device: Where it shall run.

    Returns:
        A frozen, folded module from pixel-space images float32 (N, C, H, W) in [0, 1] to logits (N, K).

    Raises:
        ValueError: A file is damaged or foreign, or there are fewer than two classes.
    """
    folder = Path(folder)
    info = classifiers.load_info(folder)
    if "members" in info:
        members = [load(folder.parent / name, device) for name in info["members"]]
        return freeze(Ensemble(members, info["average"]))
    if info["classes"] < 2:
        raise ValueError(f"{folder}: found {info['classes']} class, expected at least 2: one class is always certain")
    network = registry.build(info["architecture"], info["shape"][2], info["classes"])
    network.load_state_dict(classifiers.load_weights(folder))
    height, width, channels = info["shape"]
    example = torch.randn(16, channels, height, width, generator=torch.Generator().manual_seed(0))
    network = fold(freeze(network), example)
    return freeze(Normalised(network, info["mean"], info["std"], example.shape[1:])).to(device, memory_format=torch.channels_last)


class BFloat16(nn.Module):
    """A classifier whose convolutions and products are done in bfloat16 (autocast); 8 bits of mantissa, float32's range.

    Args:
        classifier: From images to logits.
        device: 'cpu' or 'cuda'.
    """

    def __init__(self, classifier: nn.Module, device: str):
        super().__init__()
        self.classifier, self.device = classifier, torch.device(device).type

    def forward(self, images):
        """Logits (N, K), float32, of images (N, C, H, W)."""
        with torch.autocast(self.device, dtype=torch.bfloat16):
            return self.classifier(images).float()


def compiled(classifier: nn.Module) -> nn.Module:
    """The classifier compiled by TorchInductor with its weights as constants, for each batch shape and for gradients.

    The first pass of each kind takes seconds to a minute; what is gained is in docs/METHODS.md.

    Raises:
        ValueError: There is no C++ compiler, which TorchInductor needs.
    """
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if not shutil.which(compiler):
        raise ValueError(f"compile: found no C++ compiler, expected {compiler} on the PATH; or set compile: false")
    return torch.compile(classifier, dynamic=False, options={"freezing": True})


@torch.no_grad()
def logits(classifier: nn.Module, images: torch.Tensor, batch_size: int = 256) -> torch.Tensor:
    """Logits (N, K) of many images (N, C, H, W), in equal batches, the last padded."""
    found = []
    for batch in images.split(batch_size):
        missing = batch_size - len(batch)
        padded = torch.cat([batch, batch[:1].expand(missing, -1, -1, -1)]) if missing else batch
        found.append(classifier(padded)[: len(batch)])
    return torch.cat(found)
