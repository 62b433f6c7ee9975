"""SqueezeNet with its input's edge treated otherwise: what has its padding to do with the border? For `imagenette.yaml`.

Each function returns a network of torchvision's `squeezenet1_0`, to be filled with its weights. Sizes are for 224x224 pixels.
"""

import torch
from torch import nn
from torch.nn.functional import pad
from torchvision.models import SqueezeNet

PREPROCESSING = {"resize": 256, "crop": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
FRAME, SHIFT = 32, 112  # pixels


class Framed(SqueezeNet):
    """The image stands in a frame of mean colour, so that none of its pixels lies at the network's edge."""

    def forward(self, x):
        """Logits (N, 1000) of normalised images."""
        return super().forward(pad(x, (FRAME,) * 4))


class Shifted(SqueezeNet):
    """The image is moved by half of itself, round and round: its edge lies in the network's middle, its middle at the edge."""

    def forward(self, x):
        """Logits (N, 1000) of normalised images."""
        return super().forward(torch.roll(x, (SHIFT, SHIFT), (2, 3)))


def reflected():
    """Convolutions pad with the mirrored image instead of zeros."""
    network = SqueezeNet("1_0")
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and any(module.padding):
            module.padding_mode = "reflect"
    return _described(network)


def framed():
    """See `Framed`."""
    return _described(Framed("1_0"))


def shifted():
    """See `Shifted`."""
    return _described(Shifted("1_0"))


def _described(network):
    network.preprocessing = PREPROCESSING
    return network
