"""A small convolutional network for images of 8x8 to 32x32 pixels."""

from __future__ import annotations

from torch import nn


class SmallCNN(nn.Module):
    """Three 3x3 convolutions with batch norm, the last two with stride 2, global average pooling, one linear layer.

    Args:
        channels: Input channels.
        classes: Number of logits.
    """

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *self._block(channels, 16, stride=1), *self._block(16, 32, stride=2), *self._block(32, 64, stride=2)
        )
        self.linear = nn.Linear(64, classes)

    @staticmethod
    def _block(inputs, outputs, stride):
        yield nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        yield nn.BatchNorm2d(outputs)
        yield nn.ReLU()

    def forward(self, x):
        """Logits (N, classes) of normalised images (N, C, H, W)."""
        return self.linear(self.features(x).mean((2, 3)))
