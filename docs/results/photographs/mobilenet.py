"""MobileNetV2 whose convolutions of stride 2 are padded as TensorFlow pads, for weights that were learnt there."""

import torch
from torchvision.models import mobilenet_v2


def build():
    """The network, to be filled with weights."""
    network = mobilenet_v2(weights=None)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d) and module.stride == (2, 2):
            module.padding = (0, 0)  # TensorFlow pads right and below
            module.register_forward_pre_hook(lambda m, given: (torch.nn.functional.pad(given[0], (0, 1, 0, 1)),))
    return network
