"""Architectures by name. The names are listed in the config's schema too; a test holds the two together."""

from __future__ import annotations

from torch import nn

from overinterp.models.resnet18 import ResNet18
from overinterp.models.resnet_cifar import ResNet20
from overinterp.models.small_cnn import SmallCNN
from overinterp.models.small_resnet import SmallResNet
from overinterp.models.vgg import VGG16

ARCHITECTURES = {
    "small_cnn": SmallCNN,
    "small_resnet": SmallResNet,
    "resnet20": ResNet20,
    "resnet18": ResNet18,
    "vgg16": VGG16,
}


def build(architecture: str, channels: int, classes: int) -> nn.Module:
    """An untrained network.

    Args:
        architecture: A name in `ARCHITECTURES`.
        channels: Channels of the images.
        classes: Number of classes.

    Raises:
        ValueError: There is no such architecture.
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture: found {architecture!r}, expected one of {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[architecture](channels, classes)
