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
from overinterp.models.checks import remembered
from overinterp.models.ensemble import Ensemble
from overinterp.plan.lists import SOURCES, find
from overinterp.search.passes import LARGE_PIXELS

logger = logging.getLogger(__name__)
FOLDED_AGREEMENT = 1e-4  # largest difference of logits, relative to the largest, after folding batch norm


class Normalised(nn.Module):
    """A network behind its normalisation.

    Args:
        network: From normalised images to logits.
        mean: One value a channel, in pixel space [0, 1].
        std: Likewise.
        shape: (C, H, W) of the images it was made for; None where it takes any.
        rows: Whether images lie in memory row by row, channel by channel, and not as they come.
    """

    def __init__(self, network: nn.Module, mean, std, shape, rows: bool = False):
        super().__init__()
        self.network, self.shape, self.rows = network, None if shape is None else tuple(shape), rows
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).reshape(1, -1, 1, 1))

    def forward(self, images):
        """Logits (N, K), float32, of images (N, C, H, W) in [0, 1].

        Raises:
            ValueError: Images of another shape.
        """
        if self.shape is not None and images.shape[1:] != self.shape:
            raise ValueError(f"images: found shape {tuple(images.shape[1:])}, expected {self.shape} (channels, height, width)")
        images = (images - self.mean) / self.std
        return self.network(images.contiguous() if self.rows else images).float()


class Outputs(nn.Module):
    """A classifier with its outputs in another order: those of the study's classes first, in the study's numbering.

    Args:
        classifier: From images to logits (N, K).
        outputs: All K outputs, in the order wanted.
    """

    def __init__(self, classifier: nn.Module, outputs: list[int]):
        super().__init__()
        self.classifier = classifier
        self.register_buffer("outputs", torch.tensor(outputs))

    def forward(self, images):
        """Logits (N, K) of images (N, C, H, W)."""
        return self.classifier(images)[:, self.outputs]


class Channels(nn.Module):
    """A classifier that is shown the channels of an image in another order."""

    def __init__(self, classifier: nn.Module, order: list[int]):
        super().__init__()
        self.classifier, self.order = classifier, order

    def forward(self, images):
        """Logits (N, K) of images (N, C, H, W)."""
        return self.classifier(images[:, self.order])


def freeze(network: nn.Module) -> nn.Module:
    """The module in evaluation mode, no weight requiring gradients."""
    for weight in network.parameters():  # TorchScript has no requires_grad_ of its own
        weight.requires_grad_(False)
    return network.eval()


def fold(network: nn.Module, example: torch.Tensor) -> nn.Module:
    """Fold each batch norm into the convolution before it, where that leaves the logits as they are.

    Args:
        network: In evaluation mode.
        example: Normalised images to compare logits on.

    Returns:
        The folded network; the network itself, with a line in the log, where it cannot be traced or the logits
        differ by more than 1e-4 of the largest.
    """
    if not any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules()):
        return network
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
    """Load a classifier: trained here, brought along, or an ensemble with its members from the folders beside it.

    Float32 means float32 on every device: TF32 is turned off.

    Args:
        folder: ``models/<name>``.
        device: Where it shall run.

    Returns:
        A frozen, folded module from pixel-space images float32 (N, C, H, W) in [0, 1] to logits (N, K) in the study's numbering:
        column c is class c of the study; of a classifier that was brought along, outputs that are none of its classes follow.

    Raises:
        ValueError: A file is damaged or foreign, or members have different classes.
    """
    folder = Path(folder)
    info = classifiers.load_info(folder)
    if "members" in info:
        _same_classes(folder, list(info["members"]))
        return freeze(Ensemble([load(folder.parent / name, device) for name in info["members"]], info["average"]))
    mapped = classifiers.load_outputs(folder)
    if "spec" in info and mapped is None:
        raise ValueError(f"{folder}: found no outputs.json, expected what rule map_outputs writes")
    network = load_unmapped(folder, device)
    return freeze(Outputs(network, mapped["outputs"])).to(device) if mapped else network


def load_unmapped(folder: str | Path, device: str | torch.device = "cpu") -> nn.Module:
    """As `load`, of a single classifier with its outputs in their own order."""
    no_tf32()
    folder = Path(folder)
    info = classifiers.load_info(folder)
    if "spec" in info:
        network = find(SOURCES[info["source"]["from"]]).rebuild(info["spec"])
        colours, size = info["preprocessing"], info["preprocessing"]["size"]
        shape = (len(colours["mean"]), *size) if size else None
    else:
        network = registry.build(info["architecture"], info["shape"][2], info["classes"])
        height, width, channels = info["shape"]
        colours, shape = info, (channels, height, width)
    network.load_state_dict(classifiers.load_weights(folder))
    small = shape is None or shape[1] * shape[2] <= LARGE_PIXELS
    tried = shape or (len(colours["mean"]), 32, 32)
    example = torch.randn(16 if small else 2, *tried, generator=torch.Generator().manual_seed(0))
    network = freeze(network)
    if "spec" in info:
        remembered.confirm(network, info)
    network = fold(network, example)
    rows = not _takes_channels_last(network, example)
    layout = torch.contiguous_format if rows else torch.channels_last
    return freeze(Normalised(network, colours["mean"], colours["std"], shape, rows)).to(device, memory_format=layout)


@torch.no_grad()
def _takes_channels_last(network: nn.Module, example: torch.Tensor) -> bool:
    """Whether a network takes images whose channels lie side by side, as they are read; one with `Tensor.view` does not."""
    try:
        network.to(memory_format=torch.channels_last)(example.contiguous(memory_format=torch.channels_last))
    except RuntimeError:
        return False
    return True


def _same_classes(folder: Path, members: list[str]) -> None:
    """An average is of the same things only where all members' columns are."""
    counts, listed = {}, []
    for member in members:
        mapped, info = classifiers.load_outputs(folder.parent / member), classifiers.load_info(folder.parent / member)
        counts[member] = info["classes"]
        listed += [mapped["identities"]] if mapped else []  # a network trained here has the study's classes
    if len(set(counts.values())) > 1 or any(found != listed[0] for found in listed):
        raise ValueError(f"{folder}: found members with different outputs ({counts}), expected the same classes in all of them")


def no_tf32() -> None:
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


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


def for_search(classifier: nn.Module, settings: dict, shape, device: str) -> tuple[nn.Module, nn.Module | None]:
    """A classifier as a search passes images through it, and in lower precision, or None.

    Args:
        classifier: From images to logits.
        settings: An entry of the config's ``searches``: compile and precision.
        shape: (H, W, ...) of the images.
        device: 'cpu' or 'cuda'.

    Raises:
        ValueError: The images are too large to compile for, or there is no C++ compiler.
    """
    if settings["compile"] and shape[0] * shape[1] > LARGE_PIXELS:
        raise ValueError(
            f"searches.compile: found images of {shape[0]}x{shape[1]}, expected at most 64x64: above, compiled passes with "
            "gradients are slower than plain ones (docs/METHODS.md); leave it out"
        )
    prepare = compiled if settings["compile"] else lambda network: network
    quick = prepare(BFloat16(classifier, device)) if settings["precision"] == "bfloat16" else None
    return prepare(classifier), quick
