"""Inception v3 as torchvision has it, untrained, without its second classifier: for colour images from 75 pixels a side."""

from __future__ import annotations

from torch import nn
from torchvision.models import inception_v3


def InceptionV3(channels: int, classes: int) -> nn.Module:
    """23.8 million weights and 5.7 billion multiply-adds an image of 299x299, for 3 channels and 1,000 classes.

    Raises:
        ValueError: The images are not in colour.
    """
    if channels != 3:
        raise ValueError(f"inception_v3: found images of {channels} channel(s), expected 3")
    return inception_v3(weights=None, num_classes=classes, aux_logits=False, init_weights=False)
