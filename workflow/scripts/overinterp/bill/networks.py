"""Networks of a study without their weights: what a forward pass costs, how many weights there are, which images they take."""

from __future__ import annotations

import warnings
from functools import cache

import timm
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from overinterp import machine
from overinterp.plan import images
from overinterp.plan.study import Study


def forward(study: Study, model: str, size: tuple[int, int]) -> int | None:
    """Floating point operations of one image's forward pass; None of a classifier that only its owner can build."""
    kinds = [origin(study, name) for name in study.members([model])]
    return None if None in kinds else sum(counted(*kind, channels_of(study), size)[0] for kind in kinds)


def size_of(study: Study) -> tuple[int, int] | None:
    """Height and width of the images: as the config says or, without weights and network, the first classifier's source."""
    entry, source = study.brought.get(images.pattern(study), {"from": None}), None
    if entry["from"] == "torchvision" and entry["model"] in torchvision.models.list_models(module=torchvision.models):
        known, named = torchvision.models.get_model_weights(entry["model"]), entry.get("weights")
        chosen = known[named] if isinstance(named, str) and named in known.__members__ else known.DEFAULT
        source = {"crop": chosen.transforms().crop_size[0]}
    if entry["from"] == "timm" and (config := timm.get_pretrained_cfg(entry["model"])):
        source = {"crop": list(config.input_size[1:])}
    return images.size(study, source)


def origin(study: Study, name: str) -> tuple[str, str] | None:
    """Where a network can be had without its owner, and by which name."""
    if name in study.networks:
        return "trained", study.networks[name].architecture
    entry = study.brought[name]
    return (entry["from"], entry["model"]) if entry["from"] in ("torchvision", "timm", "trained") else None


def channels_of(study: Study) -> int:
    """Channels of the images, as far as it is known before they are."""
    return images.dataset(study).channels


@cache
def counted(source: str, name: str, channels: int, size: tuple[int, int]) -> tuple[int, int]:
    """Operations of a forward pass, which is counted and not done, and weights."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # torchvision's, on how it would draw weights
        network = machine.build({"source": source, "name": name, "channels": channels, "classes": 1000})
        network = network.eval().to("meta")  # built in memory, for some compute their widths (RegNet)
        with FlopCounterMode(display=False) as counter:
            network(torch.zeros(1, channels, *size, device="meta"))
    return counter.get_total_flops(), sum(p.numel() for p in network.parameters())
