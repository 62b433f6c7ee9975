"""VGG16 (Simonyan and Zisserman 2015, configuration D) with batch norm, for images of 32x32 pixels."""

from __future__ import annotations

from torch import nn

WIDTHS = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool")


class VGG16(nn.Module):
    """VGG16-BN with one linear layer: 14,728,266 weights, 313 million multiply-adds an image, for 3 channels and 10 classes.

    Args:
        channels: Input channels.
        classes: Number of logits.
    """

    def __init__(self, channels: int = 3, classes: int = 10):
        super().__init__()
        layers, inputs = [], channels
        for width in WIDTHS:
            if width == "pool":
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
                continue
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            inputs = width
        self.features = nn.Sequential(*layers)
        self.linear = nn.Linear(512, classes)

    def forward(self, x):
        """Logits (N, classes) of normalised images (N, C, H, W); below 32x32 the last poolings do nothing."""
        return self.linear(self.features(x).mean((2, 3)))
