"""One of the architectures here, with weights that were trained elsewhere or in another study."""

from __future__ import annotations

from torch import nn

from overinterp.models import registry
from overinterp.models.sources.taken import Taken, file_of
from overinterp.models.weights import fit, outputs_in, read_weights


def take(entry: dict) -> Taken:
    """The architecture with the weights of a file.

    Raises:
        ValueError: No such architecture, no file, or weights that do not fit.
    """
    file = file_of(entry)
    if file is None:
        raise ValueError(f"classifiers.{entry['name']}.weights: found no file, expected weights: {{file: ...}}")
    state = read_weights(file, entry["trust"])
    first = next((value for value in state.values() if value.dim() == 4), None)
    channels = first.shape[1] if first is not None else 3
    classes = outputs_in(state, lambda k: registry.build(entry["model"], channels, k), 10, file)
    spec = {"model": entry["model"], "channels": channels, "classes": classes}
    return Taken(fit(rebuild(spec), state, file), {}, spec)


def rebuild(spec: dict) -> nn.Module:
    """The architecture without weights."""
    return registry.build(spec["model"], spec["channels"], spec["classes"])
