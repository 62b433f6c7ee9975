"""A classifier as its source gives it, and what all sources need: weights read safely, and fitted with words for what is wrong.

Every source is a module with two functions. ``take(entry)`` reads the config's entry (an item of ``classifiers``) and returns a
`Taken`, with its weights in place; it may use the network. ``rebuild(spec)`` builds the same module again from ``Taken.spec``
without weights and without the network.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from overinterp.artifacts.files import sha256

KEYS = ("resize", "crop", "interpolation", "mean", "std")  # of what is known of a classifier's images
NESTED = ("state_dict", "model_state_dict", "model", "net")  # keys under which training scripts keep the weights
SHOWN = 5  # names of weights that an error lists


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


def read_weights(path: str | Path, trust: bool) -> dict[str, torch.Tensor]:
    """A state dict from a file; nothing in the file is run unless it is trusted.

    Args:
        path: safetensors, or written by ``torch.save``: a dict of tensors, or one under a key such as ``state_dict``. Prefixes
            ``module.`` and ``_orig_mod.`` (DataParallel, torch.compile) are dropped.
        trust: Unpickle whatever it holds.

    Raises:
        ValueError: The file is damaged, holds something else, more than tensors without trust, or values that are not finite.
    """
    path = Path(path)
    if path.suffix == ".safetensors":
        try:
            weights = load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path}: expected safetensors, found damage ({error})") from error
    else:
        weights = _unpickled(path, trust)
    if isinstance(weights, torch.jit.ScriptModule):
        raise ValueError(_torchscript(path))
    if isinstance(weights, nn.Module):
        weights = weights.state_dict()
    for key in NESTED:
        weights = weights[key] if isinstance(weights, dict) and isinstance(weights.get(key), dict) else weights
    if not isinstance(weights, dict) or not weights or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise ValueError(f"{path}: found {type(weights).__name__}, expected a state dict, names and tensors")
    for name, value in weights.items():
        if value.is_floating_point() and not value.isfinite().all():
            raise ValueError(f"{path}: found values that are not finite in {name}, expected finite weights")
    return {re.sub(r"^(module\.|_orig_mod\.)+", "", name): value for name, value in weights.items()}


def _unpickled(path: Path, trust: bool):
    try:
        return torch.load(path, map_location="cpu", weights_only=not trust)
    except (pickle.UnpicklingError, AttributeError, ModuleNotFoundError) as error:
        if trust:
            raise ValueError(f"{path}: cannot be unpickled ({error}); save its state_dict() instead") from error
        raise ValueError(
            f"{path}: found more than tensors, expected a state dict; loading it could run code: save model.state_dict(), or set "
            "trust: true if you know where the file comes from"
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        if "TorchScript" in str(error) or "torch.jit" in str(error):
            raise ValueError(_torchscript(path)) from error
        raise ValueError(f"{path}: expected a PyTorch state dict, found damage ({_first_line(error)})") from error


def _torchscript(path: Path) -> str:
    return f"{path}: found TorchScript, expected a state dict; load it with torch.jit.load in a function of yours (from: python)"


def fit(module: nn.Module, weights: dict, path: str | Path) -> nn.Module:
    """Put weights into a module.

    Files of PyTorch before 0.4.1 do not count the batches that batch norm has seen; nothing here uses that number.

    Raises:
        ValueError: They are of another network; the first names and shapes that differ are listed.
    """
    own = module.state_dict()
    weights = {name: value for name, value in own.items() if name.endswith(".num_batches_tracked")} | weights
    missing, unknown = [n for n in own if n not in weights], [n for n in weights if n not in own]
    shapes = [
        f"{name} {tuple(weights[name].shape)} for {tuple(value.shape)}"
        for name, value in own.items()
        if name in weights and weights[name].shape != value.shape
    ]
    wrong = [
        f"{what} {', '.join(names[:SHOWN])}{f' and {len(names) - SHOWN} more' if len(names) > SHOWN else ''}"
        for what, names in (("no", missing), ("unknown", unknown), ("of another shape", shapes))
        if names
    ]
    if wrong:
        found = "; ".join(wrong)
        hint = _prefixed(missing, unknown)
        raise ValueError(f"{path}: does not fit {type(module).__name__}, {len(own)} weights: found {found}{hint}")
    module.load_state_dict(weights)
    return module


def _prefixed(missing: list[str], unknown: list[str]) -> str:
    """What to do about weights of a network inside the module, whose names lack where in it that is."""
    before = next((mine.removesuffix(theirs) for mine in missing[:1] for theirs in unknown if mine.endswith(f".{theirs}")), "")
    if not before or not {before + name for name in unknown} >= set(missing):
        return ""
    return f"; names lack {before!r}: they are of the network inside, load them in your function and name no file"


def outputs_in(weights: dict, build: Callable[[int], nn.Module], usual: int, path: str | Path) -> int:
    """Number of outputs K that weights are of, read off the layer whose shape depends on K.

    Args:
        weights: A state dict.
        build: From K to a network; called on the meta device.
        usual: A K that the network takes.
        path: Named in errors.

    Raises:
        ValueError: That layer is not among the weights.
    """
    with torch.device("meta"):
        one, other = build(usual).state_dict(), build(usual + 1).state_dict()
    for name, value in one.items():
        if value.shape != other[name].shape:
            if name not in weights:
                continue
            place = next(d for d in range(value.dim()) if value.shape[d] != other[name].shape[d])
            return int(weights[name].shape[place]) if weights[name].dim() == value.dim() else usual
    raise ValueError(
        f"{path}: found none of the last layer's weights, expected a state dict of the network named; found {_some(weights)}"
    )


def _some(weights: dict) -> str:
    return ", ".join(list(weights)[:SHOWN])


def _first_line(error) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def unreachable(name: str, error: Exception) -> ValueError:
    """What to say when a hub or a download cannot be reached."""
    return ValueError(
        f"{name}: cannot be fetched ({type(error).__name__}: {_first_line(error)}); expected the network, or weights: "
        "{file: ...} on this machine"
    )


def imagenet_ids(classes: int) -> list[str] | None:
    """WordNet ids of ImageNet's 1,000 classes in their usual order, for a classifier of as many outputs."""
    if classes != 1000:
        return None
    from timm.data import ImageNetInfo

    return list(ImageNetInfo("imagenet-1k").label_names())
