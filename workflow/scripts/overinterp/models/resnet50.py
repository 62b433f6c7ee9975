"""ResNet50 as torchvision has it, untrained: for colour images of 32 pixels a side and more; made for 224."""

from __future__ import annotations

from torch import nn
from torchvision.models import resnet50


def ResNet50(channels: int, classes: int) -> nn.Module:
    """25.6 million weights and 4.1 billion multiply-adds an image of 224x224, for 3 channels and 1,000 classes.

    Raises:
        ValueError: The images are not in colour.
    """
    if channels != 3:
        raise ValueError(f"resnet50: found images of {channels} channel(s), expected 3")
    return resnet50(weights=None, num_classes=classes)
