"""A small residual network for images of 8x8 to 32x32 pixels."""

from __future__ import annotations

from torch import nn
from torch.nn.functional import relu


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm around an identity or 1x1 shortcut (He et al. 2016, post-activation)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def forward(self, x):
        """Features (N, outputs, H / stride, W / stride)."""
        return relu(self.bn2(self.conv2(relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


class SmallResNet(nn.Module):
    """A stem, two residual blocks of 32 channels with stride 2, global average pooling and one linear layer.

    Args:
        channels: Input channels.
        classes: Number of logits.
    """

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.stem = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        self.block1 = Block(16, 32, stride=2)
        self.block2 = Block(32, 32, stride=2)
        self.linear = nn.Linear(32, classes)

    def forward(self, x):
        """Logits (N, classes) of normalised images (N, C, H, W)."""
        x = self.block2(self.block1(relu(self.bn(self.stem(x)))))
        return self.linear(x.mean((2, 3)))
