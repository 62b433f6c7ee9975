"""Weights of a file: read safely, found in what holds them, and put into a network with words for what is wrong."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

logger = logging.getLogger(__name__)

NESTED = ("state_dict", "model_state_dict", "model", "net")  # keys under which training scripts keep the weights
COUNTED = ".num_batches_tracked"  # that batch norm counts, and nothing here uses
DENSE = {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, torch.uint8}
DENSE |= {torch.int8, torch.int16, torch.int32, torch.int64}
SHOWN = 5  # names of weights that an error lists
POINTER = b"version https://git-lfs.github.com"


def read_weights(path: str | Path, trust: bool) -> dict[str, torch.Tensor]:
    """A state dict from a file; nothing in the file is run unless it is trusted.

    Args:
        path: safetensors, whatever its name, or written by ``torch.save``: a dict of tensors, or one under a key such as
            ``state_dict``, or under the one key that has any.
        trust: Unpickle whatever it holds.

    Raises:
        ValueError: The file is damaged, holds something else or several state dicts, more than tensors without trust, or values
            that are not finite or no plain numbers.
    """
    path = Path(path)
    refuse_placeholder(path)
    if path.suffix == ".safetensors" or _is_safetensors(path):
        try:
            weights = load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path}: expected safetensors, found damage ({error})") from error
    else:
        weights = _state_dict(path, _unpickled(path, trust))
    for name, value in weights.items():
        if not isinstance(name, str):
            raise ValueError(f"{path}: found {name!r} as a name, expected text: save model.state_dict()")
        if value.layout != torch.strided or value.dtype not in DENSE:
            kind = f"{value.dtype}, {value.layout}".replace("torch.", "")
            raise ValueError(f"{path}: found {kind} in {name}, expected dense numbers of 16 bits or more, or whole ones")
        if value.is_floating_point() and not value.isfinite().all():
            raise ValueError(f"{path}: found values that are not finite in {name}, expected finite weights")
    return weights


def refuse_placeholder(path: str | Path) -> None:
    """Raise a `ValueError` where a file only stands for the one that is meant: a pointer of git LFS, or a page of a website.

    Or where it is a folder, or not there.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}: found {'a folder' if Path(path).is_dir() else 'no such file'}, expected a file of weights")
    with open(path, "rb") as file:
        first = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if first.startswith(POINTER):
        raise ValueError(f"{path}: found a pointer of git LFS, expected the file that it stands for: git lfs pull")
    if first.startswith((b"<!doctype", b"<html", b"<!--")):
        raise ValueError(f"{path}: found a page of HTML, expected the file that it is about: was it downloaded from its page?")


def _is_safetensors(path: Path) -> bool:
    with open(path, "rb") as file:  # the length of the head, and its JSON
        return file.read(10)[8:] == b'{"'


def _state_dict(path: Path, found) -> dict[str, torch.Tensor]:
    """Names and tensors, in whatever a file holds."""
    if isinstance(found, torch.jit.ScriptModule):
        raise ValueError(_torchscript(path))
    if isinstance(found, nn.Module):
        return _state_dict(path, found.state_dict())
    if not isinstance(found, dict):
        raise ValueError(f"{path}: found {type(found).__name__}, expected a state dict, names and tensors")
    kept = [name for name, value in found.items() if _holds_weights(value)]
    for key in NESTED:
        if _holds_weights(found.get(key)) or _holds_holders(found.get(key)):
            if rivals := [name for name in kept if name != key]:
                logger.warning("%s: weights under %s are taken, those under %s are left", path, key, _some(rivals))
            return _state_dict(path, found[key])
    if len(kept) == 1:
        return _state_dict(path, found[kept[0]])
    others = [name for name, value in found.items() if not isinstance(value, torch.Tensor)]
    if found and not others:
        return found
    if len(others) < len(found):
        kind = type(found[others[0]]).__name__
        raise ValueError(
            f"{path}: found {kind} as {others[0]}, expected names and tensors alone: of a network that is not quantised "
            "and keeps no other state"
        )
    what = f"weights under {' and '.join(map(str, kept))}" if kept else f"keys {_some(found) or 'none'}"
    raise ValueError(f"{path}: found {what}, expected one state dict, names and tensors: save model.state_dict()")


def _holds_weights(value) -> bool:
    """Whether it is a network or a state dict."""
    tensors = isinstance(value, dict) and bool(value) and all(isinstance(part, torch.Tensor) for part in value.values())
    return tensors or isinstance(value, nn.Module)


def _holds_holders(value) -> bool:
    """Whether it is a dict with one among its values, or with some tensor, about which there is more to say."""
    parts = value.values() if isinstance(value, dict) else ()
    return any(isinstance(part, torch.Tensor) or _holds_weights(part) for part in parts)


def _unpickled(path: Path, trust: bool):
    try:
        return torch.load(path, map_location="cpu", weights_only=not trust)
    except (pickle.UnpicklingError, AttributeError, ModuleNotFoundError) as error:
        if trust:
            raise ValueError(f"{path}: cannot be unpickled ({first_line(error)}); save its state_dict() instead") from error
        raise ValueError(
            f"{path}: found more than tensors, expected a state dict; loading it could run code: save model.state_dict(), or set "
            "trust: true if you know where the file comes from"
        ) from error
    except Exception as error:  # torch.load raises many kinds for what it did not write
        if "TorchScript" in str(error) or "torch.jit" in str(error):
            raise ValueError(_torchscript(path)) from error
        raise ValueError(f"{path}: expected a PyTorch state dict, found damage ({first_line(error)})") from error


def _torchscript(path: Path) -> str:
    return f"{path}: found TorchScript, expected a state dict; load it with torch.jit.load in a function of yours (from: python)"


def fit(module: nn.Module, weights: dict, path: str | Path) -> nn.Module:
    """Put weights into a module.

    Files of PyTorch before 0.4.1 do not count the batches that batch norm has seen; nothing here uses that number.

    Raises:
        ValueError: They are of another network, or of several such; the first names and shapes that differ are listed.
    """
    own = module.state_dict()
    inside = _inside(weights, own, path)
    if len(inside) < len(weights):
        logger.warning("%s: %d of %d weights are this network's; the others are left", path, len(inside), len(weights))
    weights = {name: value for name, value in own.items() if name.endswith(COUNTED)} | inside
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


def _inside(weights: dict, names: Iterable[str], path: str | Path) -> dict:
    """Weights with a network's names, where they are of something that holds it: ``module.conv1.weight`` of DataParallel,
    ``_orig_mod.`` of torch.compile, ``model.`` of Lightning.
    """
    needed = {name for name in names if not name.endswith(COUNTED)}
    one = min(needed, default="")
    holders = {name.removesuffix(one) for name in weights if name.endswith(f".{one}")}
    whole = sorted(before for before in holders if all(before + name in weights for name in needed))
    if needed <= set(weights) or not whole:
        return weights
    if len(whole) > 1:
        raise ValueError(
            f"{path}: found weights of {len(whole)} such networks ({', '.join(whole)}), expected one: save the one that is meant"
        )
    return {name.removeprefix(whole[0]): value for name, value in weights.items() if name.startswith(whole[0])}


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
    weights, last = _inside(weights, one, path), []
    for name, value in one.items():
        if value.shape != other[name].shape:
            last.append(name)
            if name not in weights:
                continue
            place = next(d for d in range(value.dim()) if value.shape[d] != other[name].shape[d])
            return int(weights[name].shape[place]) if weights[name].dim() == value.dim() else usual
    lost = f"{path}: found none of the last layer's weights ({', '.join(last)})"
    changed = [name for name in weights if name not in one]
    if len(changed) < len(weights) / 2:  # a head of one's own
        raise ValueError(
            f"{lost} but {_some(changed) or 'nothing instead'}, expected the network as it is named: one with another head is "
            "built by a function of yours (from: python)"
        )
    raise ValueError(f"{lost}, expected a state dict of the network named; found {_some(weights)}")


def _some(names: Iterable[str]) -> str:
    return ", ".join(map(str, list(names)[:SHOWN]))


def first_line(error: Exception) -> str:
    """Of what an error says, or its kind where it says nothing."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
