"""A classifier that a function of yours builds: ``package.module:function`` or ``file.py:function``. It runs your code."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

from torch import nn

from overinterp.models.sources.taken import Taken, file_of, fit, read_weights


def take(entry: dict) -> Taken:
    """What the function returns when called without arguments, with the weights of the file, if one is named, put into it.

    The module may say how images are prepared for it, in an attribute ``preprocessing`` (a dict), and what its outputs are
    called, in ``class_names``.

    Raises:
        ValueError: The function cannot be found, returns no module, or the weights do not fit it.
    """
    file = file_of(entry)
    module = rebuild({"model": entry["model"]})
    if file:
        fit(module, read_weights(file, entry["trust"]), file)
    names = getattr(module, "class_names", None)
    return Taken(module, dict(getattr(module, "preprocessing", {})), {"model": entry["model"]}, list(names) if names else None)


def rebuild(spec: dict) -> nn.Module:
    """Call the function again."""
    place, _, name = spec["model"].partition(":")
    try:
        if place.endswith(".py"):
            found = importlib.util.spec_from_file_location(Path(place).stem, place)
            code = importlib.util.module_from_spec(found)
            found.loader.exec_module(code)
        else:
            code = importlib.import_module(place)
        function = getattr(code, name)
    except (ImportError, FileNotFoundError, AttributeError) as error:
        raise ValueError(
            f"{spec['model']}: cannot be found ({error}), expected package.module:function or file.py:function"
        ) from error
    module = function()
    if not isinstance(module, nn.Module):
        raise ValueError(f"{spec['model']}: found {type(module).__name__}, expected a torch.nn.Module from this function")
    return module
