"""Training a network on a view of its images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from overinterp.models.input_dropout import drop_pixels
from overinterp.views import View, to_float


@dataclass
class Trainer:
    """Training of one network: SGD with Nesterov momentum; masking first, then augmentation of what is left.

    Every epoch draws from generators of its own, seeded by ``seed`` and the epoch's number, so that a resumed
    training gives the same weights as an undisturbed one.

    Args:
        network: On ``device``, from normalised images to logits.
        images: uint8 (N, H, W, C).
        labels: int64 (N,).
        view: What of the images is shown, on ``device``.
        mean: One value a channel, in pixel space [0, 1].
        std: Likewise.
        settings: The config's ``training`` block.
        keep_probability: Of input dropout; 1 turns it off.
        seed: Of batch order, augmentation and dropout.
        device: Where to train.
    """

    network: nn.Module
    images: np.ndarray
    labels: np.ndarray
    view: View
    mean: list
    std: list
    settings: dict
    keep_probability: float = 1.0
    seed: int = 0
    device: str = "cpu"
    history: list[dict] = field(default_factory=list)

    def __post_init__(self):
        self._pixels = torch.from_numpy(self.images).to(self.device)
        self._labels = torch.from_numpy(self.labels).to(self.device)
        self._mean = torch.tensor(self.mean, dtype=torch.float32, device=self.device).reshape(1, -1, 1, 1)
        self._std = torch.tensor(self.std, dtype=torch.float32, device=self.device).reshape(1, -1, 1, 1)
        self.optimiser = torch.optim.SGD(
            self.network.parameters(),
            lr=self.settings["learning_rate"],
            momentum=self.settings["momentum"],
            weight_decay=self.settings["weight_decay"],
            nesterov=self.settings["momentum"] > 0,
        )

    def run(self, on_epoch: Callable[[Trainer], None] = lambda trainer: None) -> None:
        """Train from the first epoch not yet in ``history`` to the last.

        Args:
            on_epoch: Called after each epoch, for the log and snapshots.

        Raises:
            ValueError: The loss is not finite.
        """
        self.network.train()
        for epoch in range(len(self.history), self.settings["epochs"]):
            self.history.append(self._epoch(epoch))
            on_epoch(self)

    def _epoch(self, epoch: int) -> dict:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
        order = torch.randperm(len(self._labels), generator=generator).to(self.device)
        batches = order.split(self.settings["batch_size"])
        total = torch.zeros(2, dtype=torch.float64, device=self.device)
        for number, rows in enumerate(batches):
            for group in self.optimiser.param_groups:
                group["lr"] = learning_rate(self.settings, epoch + number / len(batches))
            shown = self._batch(rows, generator)
            logits = self.network((shown - self._mean) / self._std)
            loss = cross_entropy(logits, self._labels[rows])
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self.optimiser.step()
            total += torch.stack([loss.detach() * len(rows), (logits.argmax(1) == self._labels[rows]).sum()])
        loss, accuracy = (total / len(order)).tolist()
        if not math.isfinite(loss):
            raise ValueError(
                f"training: found loss {loss} in epoch {epoch + 1}, expected a finite one; lower training.learning_rate"
            )
        return {"epoch": epoch + 1, "learning_rate": learning_rate(self.settings, epoch), "loss": loss, "accuracy": accuracy}

    def _batch(self, rows, generator):
        shown = self.view(to_float(self._pixels[rows], self.device), rows)
        shown = augment(shown, self.view.blank, self.settings["crop_padding"], self.settings["flip"], generator)
        if self.keep_probability < 1:
            shown = drop_pixels(shown, self.view.blank, self.keep_probability, generator)
        return shown

    def state(self) -> dict:
        """What changes while training, for a snapshot."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "history": self.history}

    def restore(self, state: dict) -> None:
        """Go on from a state written by the same training."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history = state["history"]


def learning_rate(settings: dict, epoch: float) -> float:
    """Learning rate at a point of the training, in epochs from its start.

    'cosine' falls from the peak to zero over the training; 'steps' is multiplied by ``step_factor`` at each of
    ``milestones``.
    """
    peak = settings["learning_rate"]
    if settings["schedule"] == "cosine":
        return peak * 0.5 * (1 + math.cos(math.pi * epoch / settings["epochs"]))
    return peak * settings["step_factor"] ** sum(epoch >= milestone for milestone in settings["milestones"])


def augment(images: torch.Tensor, blank: torch.Tensor, padding: int, flip: bool, generator: torch.Generator) -> torch.Tensor:
    """Random crops after padding with the blank, and random horizontal flips, drawn for each image.

    Args:
        images: (N, C, H, W), masked already, so that image and mask move together.
        blank: (1, C, 1, 1).
        padding: Pixels on each side; 0 for no crops.
        flip: Whether to flip half of the images.
        generator: On the CPU.
    """
    n, channels, height, width = images.shape
    device = images.device
    if padding:
        padded = blank.expand(n, channels, height + 2 * padding, width + 2 * padding).clone()
        padded[:, :, padding:-padding, padding:-padding] = images
        offset = torch.randint(0, 2 * padding + 1, (2, n, 1), generator=generator).to(device)
        row = (offset[0] + torch.arange(height, device=device))[:, None, :, None]
        column = (offset[1] + torch.arange(width, device=device))[:, None, None, :]
        number = torch.arange(n, device=device)[:, None, None, None]
        channel = torch.arange(channels, device=device)[None, :, None, None]
        images = padded[number, channel, row, column]
    if flip:
        turned = (torch.rand((n, 1, 1, 1), generator=generator) < 0.5).to(device)
        images = torch.where(turned, images.flip(3), images)
    return images
