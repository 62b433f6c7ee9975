"""The plain recipes of a search and of a training, the yardsticks of our speed.

What one writes first, and what the authors' code amounts to: PyTorch eager, NCHW, float32, one image at a time, batches
of 128 masked copies built with NumPy, softmax, weights that require gradients. And a training as in torchvision's reference
scripts: a data set of PIL images, its transforms, a DataLoader with workers, SGD.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

BATCH = 128
WORKERS = 2


def exact_step(network, image, gone, target, blank, most=None, device="cpu"):
    """Confidence (remaining,) of one image (C, P) with each remaining pixel removed too; of the first ``most`` only."""
    side = int(image.shape[1] ** 0.5)
    remaining = np.flatnonzero(~gone)[:most]
    confidence = []
    for start in range(0, len(remaining), BATCH):
        pixels = remaining[start : start + BATCH]
        masks = np.repeat(gone[None], len(pixels), axis=0)
        masks[np.arange(len(pixels)), pixels] = True
        batch = np.where(masks[:, None], blank, image[None]).astype(np.float32).reshape(len(pixels), -1, side, side)
        with torch.no_grad():
            confidence.append(network(torch.from_numpy(batch).to(device)).softmax(1)[:, target].cpu().numpy())
    return remaining, np.concatenate(confidence)


def gradient_step(network, images, gone, targets, blank, device="cpu"):
    """Derivative (n, P) of the confidence of images (n, C, P) with respect to each pixel's removal."""
    side = int(images.shape[2] ** 0.5)
    mask = torch.from_numpy(gone.astype(np.float32)).to(device)[:, None].requires_grad_(True)
    x = torch.from_numpy(images).to(device)
    mixed = (1 - mask) * x + mask * torch.from_numpy(blank).to(device)
    confidence = network(mixed.unflatten(2, (side, side))).softmax(1)
    confidence.gather(1, torch.from_numpy(targets).to(device)[:, None]).sum().backward()
    network.zero_grad()
    return mask.grad[:, 0].cpu().numpy()


class Pictures(Dataset):
    """uint8 images (N, H, W, 3) and labels (N,), each image transformed when it is asked for."""

    def __init__(self, images, labels, mean, std):
        self.images, self.labels = images, labels
        steps = [transforms.RandomCrop(32, 4), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
        self.transform = transforms.Compose([*steps, transforms.Normalize(mean, std)])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, number):
        return self.transform(Image.fromarray(self.images[number])), self.labels[number]


def train_epoch(network, images, labels, mean, std, device="cpu"):
    """One epoch of training."""
    loader = DataLoader(Pictures(images, labels, mean, std), BATCH, shuffle=True, num_workers=WORKERS)
    optimiser = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=5e-4)
    network.train()
    for batch, target in loader:
        loss = cross_entropy(network(batch.to(device)), target.to(device))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
