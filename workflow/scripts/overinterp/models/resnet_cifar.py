"""The residual networks of He et al. (2016) for CIFAR: three stages of n blocks, 16, 32 and 64 channels wide."""

from __future__ import annotations

from torch import nn
from torch.nn.functional import pad, relu


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm around the option-A shortcut: every other pixel, new channels zero."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.stride, self.new = stride, outputs - inputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        """Features (N, outputs, H / stride, W / stride)."""
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        if self.new:
            before = self.new // 2
            x = pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, self.new - before))
        return relu(y + x)


class _ResNet(nn.Module):
    blocks: int  # a stage

    def __init__(self, channels: int = 3, classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._stage(16, 16, 1)
        self.layer2 = self._stage(16, 32, 2)
        self.layer3 = self._stage(32, 64, 2)
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        """Logits (N, classes) of normalised images (N, C, H, W)."""
        x = self.layer3(self.layer2(self.layer1(relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))

    def _stage(self, inputs: int, outputs: int, stride: int) -> nn.Sequential:
        return nn.Sequential(Block(inputs, outputs, stride), *(Block(outputs, outputs, 1) for _ in range(self.blocks - 1)))


class ResNet20(_ResNet):
    """ResNet20 (n = 3): 269,722 weights, 40.6 million multiply-adds an image, for 3 channels and 10 classes.

    Args:
        channels: Input channels.
        classes: Number of logits.
    """

    blocks = 3


class ResNet32(_ResNet):
    """ResNet32 (n = 5): 464,154 weights, 68.9 million multiply-adds an image; arguments as of ResNet20."""

    blocks = 5


class ResNet44(_ResNet):
    """ResNet44 (n = 7): 658,586 weights, 97.2 million multiply-adds an image; arguments as of ResNet20."""

    blocks = 7
