"""A classifier as its source gives it, and what all sources need.

Every source is a module with two functions. ``take(entry)`` reads the config's entry (an item of ``classifiers``) and returns a
`Taken`, with its weights in place; it may use the network. ``rebuild(spec)`` builds the same module again from ``Taken.spec``
without weights and without the network.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import nn

from overinterp.artifacts.files import sha256
from overinterp.models.weights import first_line

KEYS = ("resize", "crop", "interpolation", "mean", "std")  # of what is known of a classifier's images


@dataclass
class Taken:
    """A classifier with its weights.

    Attributes:
        module: From normalised images (N, C, H, W) to logits (N, K).
        preprocessing: resize, crop, interpolation, mean and std, as far as the source knows them.
        spec: Plain values that `rebuild` needs.
        class_names: (K,) names of the outputs, or None.
        class_ids: (K,) WordNet ids of the outputs where they are ImageNet's, or None.
        notes: What was assumed, in sentences.
    """

    module: nn.Module
    preprocessing: dict
    spec: dict = field(default_factory=dict)
    class_names: list[str] | None = None
    class_ids: list[str] | None = None
    notes: list[str] = field(default_factory=list)


def file_of(entry: dict) -> str | None:
    """The file of weights that an entry names, its digest checked; None where it names none.

    Raises:
        ValueError: Another digest than the entry says.
    """
    weights = entry.get("weights")
    if not isinstance(weights, dict):
        return None
    if "sha256" in weights:
        found = sha256(weights["file"])
        if found != weights["sha256"]:
            raise ValueError(f"{weights['file']}: found sha256 {found}, expected {weights['sha256']}")
    return weights["file"]


def unreachable(name: str, error: Exception) -> ValueError:
    """What to say when a hub or a download cannot be reached."""
    return ValueError(
        f"{name}: cannot be fetched ({type(error).__name__}: {first_line(error)}); expected the network, or weights: "
        "{file: ...} on this machine"
    )


def imagenet_ids(classes: int) -> list[str] | None:
    """WordNet ids of ImageNet's 1,000 classes in their usual order, for a classifier of as many outputs."""
    if classes != 1000:
        return None
    from timm.data import ImageNetInfo

    return list(ImageNetInfo("imagenet-1k").label_names())
