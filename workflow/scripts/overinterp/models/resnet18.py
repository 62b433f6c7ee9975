"""ResNet18 (He et al. 2016) for small images: a 3x3 stem without pooling, 64 to 512 channels."""

from __future__ import annotations

from torch import nn
from torch.nn.functional import relu


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm around an identity or 1x1 shortcut, activated after the sum."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        """Features (N, outputs, H / stride, W / stride)."""
        return relu(self.bn2(self.conv2(relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


class ResNet18(nn.Module):
    """ResNet18: 11,173,962 weights, 555 million multiply-adds an image, for 3 channels, 10 classes and 32x32 pixels.

    Args:
        channels: Input channels.
        classes: Number of logits.
    """

    def __init__(self, channels: int = 3, classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _stage(64, 64, 1)
        self.layer2 = _stage(64, 128, 2)
        self.layer3 = _stage(128, 256, 2)
        self.layer4 = _stage(256, 512, 2)
        self.linear = nn.Linear(512, classes)

    def forward(self, x):
        """Logits (N, classes) of normalised images (N, C, H, W)."""
        x = self.layer4(self.layer3(self.layer2(self.layer1(relu(self.bn1(self.conv1(x)))))))
        return self.linear(x.mean((2, 3)))


def _stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(Block(inputs, outputs, stride), Block(outputs, outputs, 1))
