"""A classifier that a function of yours builds: ``package.module:function`` or ``file.py:function``. It runs your code."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

import numpy as np
from torch import nn

from overinterp.artifacts.files import sha256
from overinterp.code_version import with_imports
from overinterp.models.sources.taken import KEYS, Taken, file_of
from overinterp.models.weights import fit, read_weights

LARGEST = 10  # of a mean or a deviation of pixels in 0 to 1
FOLDERS: set[Path] = set()  # of the files that classifiers of this process were built by


def take(entry: dict) -> Taken:
    """What the function returns when called without arguments, with the weights of the file, if one is named, put into it.

    The code is part of what was taken: the function's file and those that it imports from its folder are known by their
    digests. The network may say how images are prepared for it, in an attribute ``preprocessing`` (a dict), and what its
    outputs are called, in ``class_names``.

    Raises:
        ValueError: The function cannot be found, returns no module, or the weights do not fit it.
    """
    file = file_of(entry)
    module = rebuild({"model": entry["model"]})
    if file:
        fit(module, read_weights(file, entry["trust"]), file)
    spec = {"model": entry["model"], "code": _digests(entry["model"])}
    return Taken(module, _preprocessing(module, entry["model"]), spec, _class_names(module, entry["model"]))


def _preprocessing(module: nn.Module, model: str) -> dict:
    """What the network says of its images; means and deviations as plain numbers, whatever they were."""
    said = getattr(module, "preprocessing", {})
    if not isinstance(said, dict) or not set(said) <= set(KEYS):
        found = f"keys {', '.join(map(str, said))}" if isinstance(said, dict) else f"a {type(said).__name__}"
        raise ValueError(f"{model}: found {found} as the network's attribute preprocessing, expected a dict of {', '.join(KEYS)}")
    colours = {key: np.asarray(said[key], float).reshape(-1).tolist() for key in ("mean", "std") if said.get(key) is not None}
    for key, values in colours.items():
        if max(map(abs, values)) > LARGEST:
            raise ValueError(
                f"{model}: found {values} as preprocessing's {key}, expected values for pixels in 0 to 1: divide by 255"
            )
    return said | colours


def _class_names(module: nn.Module, model: str) -> list[str] | None:
    names = getattr(module, "class_names", None)
    if isinstance(names, dict | str):
        raise ValueError(
            f"{model}: found a {type(names).__name__} as the network's attribute class_names, expected a list, one an output"
        )
    return None if names is None else [str(name) for name in names]


def rebuild(spec: dict) -> nn.Module:
    """Call the function again. The folder of a file comes first among those that modules are imported from, as when it is run.

    Classifiers of two folders may each import a module of one name, such as ``utils``: each gets its own.

    Raises:
        ValueError: The function cannot be found, its file cannot be imported, or it fails or returns no module; or the code is
            another than was taken in, so that what was found of the classifier is not of this one.
    """
    for file, digest in spec.get("code", {}).items():
        if not Path(file).is_file() or sha256(file) != digest:
            raise ValueError(
                f"{spec['model']}: found other code in {file} than when the classifier was taken in, expected the same; "
                "take it in again: --forcerun import_classifier"
            )
    place, _, name = spec["model"].partition(":")
    expected = "expected package.module:function or file.py:function"
    if place.endswith(".py") and not Path(place).is_file():
        raise ValueError(f"{spec['model']}: cannot be found (no file {place}), {expected}")
    try:
        code = _of_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # whatever the user's own code raises, such as argparse of a script
        absent = isinstance(error, ModuleNotFoundError) and f"{place}.".startswith(f"{error.name}.")
        found = f"cannot be found ({error}), {expected}" if absent else f"cannot be imported: {_said(error, place)}"
        raise ValueError(f"{spec['model']}: {found}") from error
    function = getattr(code, name, None)
    if function is None:
        raise ValueError(f"{spec['model']}: cannot be found (no {name!r} in {place}), {expected}")
    try:
        module = function()
    except (Exception, SystemExit) as error:
        hint = "; it is called without arguments" if isinstance(error, TypeError) else ""
        raise ValueError(f"{spec['model']} raised {_said(error, code.__file__)}{hint}") from error
    if not isinstance(module, nn.Module):
        raise ValueError(f"{spec['model']}: found {type(module).__name__}, expected a torch.nn.Module from this function")
    return module


def _digests(model: str) -> dict[str, str]:
    """By its path, the digest of the function's file and of each file that it imports from its folder; none of a library."""
    path = model.partition(":")[0]
    return {str(file): sha256(file) for file in with_imports(path)} if path.endswith(".py") else {}


def _of_file(path: Path) -> ModuleType:
    folder = path.resolve().parent
    here = {entry.stem for entry in folder.iterdir() if entry.suffix == ".py" or entry.is_dir()}
    for name, module in list(sys.modules.items()):  # those of another classifier that hide one of this folder
        top = name.partition(".")[0]
        if top not in here:
            continue
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)  # a folder is no file
        if file and any(_holds(other, top, file) for other in FOLDERS - {folder}):
            del sys.modules[name]
    FOLDERS.add(folder)
    sys.path[:] = [str(folder), *(entry for entry in sys.path if entry != str(folder))]
    found = importlib.util.spec_from_file_location(path.stem, path)
    code = importlib.util.module_from_spec(found)
    sys.modules.setdefault(path.stem, code)  # where dataclasses look for it
    found.loader.exec_module(code)
    return code


def _holds(folder: Path, top: str, file: str) -> bool:
    """Whether a file is of a folder's module or package of this name."""
    return Path(file) == folder / f"{top}.py" or Path(file).is_relative_to(folder / top)


def _said(error: BaseException, file: str | None) -> str:
    """An error's kind and message, and the last line of a file that led to it."""
    lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if file and Path(at.filename) == Path(file).absolute()]
    return f"{type(error).__name__}: {' '.join(str(error).split())}" + (f", line {lines[-1]}" if lines else "")
