"""Training a network on a view of its images."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import distributed, nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from overinterp.models.input_dropout import drop_pixels
from overinterp.pixels import blank_tensor

RISE = 0.2  # share of the training in which one cycle's learning rate rises


@dataclass
class Trainer:
    """Training of one network: SGD with Nesterov momentum; masking first, then augmentation of what is left (but see ``late``).

    Every epoch draws from generators of its own, seeded by ``seed`` and the epoch's number, and so does a network that draws
    (dropout), from torch's, so that a resumed training gives the same weights as an undisturbed one.

    Several processes share each batch, as torch's DistributedSampler would deal it out: image i of the batch goes to process i
    modulo their number. Batches are as large, and gradients are means over as many images, as in one process; statistics of batch
    norm are of a process's own images, and its augmentation is drawn from a generator of its own. A last batch of fewer images
    than there are processes, or of one, is left out.

    Args:
        network: On ``device``, from normalised images to logits.
        feed: The training images as they are shown, see `overinterp.views.feed`.
        blank: Colour that crops are padded with and dropped pixels have, one value in [0, 1] a channel.
        mean: One value a channel, in pixel space [0, 1].
        std: Likewise.
        settings: The config's ``training`` block.
        keep_probability: Of input dropout; 1 turns it off, 'random' draws it for each image and epoch, uniformly in [0, 1].
        adversarial: The condition's ``adversarial`` block: epsilon, steps, step_size; None for training on clean images.
        seed: Of batch order, augmentation and dropout.
        device: Where to train.
        late: A view of the images after their augmentation, whose masks therefore do not move along; None for none.
        rank: This process among those that train together, from 0; torch.distributed joins them beforehand.
        processes: How many they are.
    """

    network: nn.Module
    feed: object
    blank: list
    mean: list
    std: list
    settings: dict
    keep_probability: float | str = 1.0
    adversarial: dict | None = None
    seed: int = 0
    device: str = "cpu"
    late: Callable | None = None
    rank: int = 0
    processes: int = 1
    history: list[dict] = field(default_factory=list)

    def __post_init__(self):
        self.network.to(memory_format=torch.channels_last)
        self._labels = torch.from_numpy(self.feed.labels).to(self.device)
        self._blank = blank_tensor(self.blank, self.device)
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
        trained = self.network
        if self.processes > 1:  # made here: it sends the weights of the first process, restored or not, to the others
            trained = DistributedDataParallel(self.network, [self.device] if "cuda" in self.device else None)
        elif "cuda" in self.device:
            trained = self._recorded()
        for epoch in range(len(self.history), self.settings["epochs"]):
            self.history.append(self._epoch(epoch, trained))
            on_epoch(self)
        self.network.__dict__.pop("forward", None)  # the recorded one

    def _epoch(self, epoch: int, trained: Callable) -> dict:
        seed = 1_000_003 * self.seed + epoch
        torch.manual_seed(seed + 10_000_019 * self.rank)  # for what the network itself draws
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(self._labels), generator=generator)
        if self.rank:
            generator.manual_seed(seed + 10_000_019 * self.rank)
        least = max(self.processes, min(2, self.settings["batch_size"], len(order)))  # batch norm may fail at a single image
        batches = [rows for rows in order.split(self.settings["batch_size"]) if len(rows) >= least]
        own = [rows[self.rank :: self.processes] for rows in batches]
        total = torch.zeros(3, dtype=torch.float64, device=self.device)
        with ThreadPoolExecutor(1) as reader:  # reads the next batch while this one is learnt
            coming = reader.submit(self.feed.read, own[0].numpy())
            for number, rows in enumerate(own):
                found = coming.result()
                if number + 1 < len(own):
                    coming = reader.submit(self.feed.read, own[number + 1].numpy())
                for group in self.optimiser.param_groups:
                    group["lr"] = learning_rate(self.settings, epoch + number / len(own))
                shown = self._augmented(self.feed.show(found, rows.numpy()), rows.numpy(), generator)
                labels = self._labels[rows.to(self.device)]
                if self.adversarial:
                    shown = self._attacked(shown, labels, generator)
                logits = self._logits(shown, trained)
                loss = cross_entropy(logits, labels)
                self.optimiser.zero_grad(set_to_none=True)
                # Gradients are averaged over processes, which may have unlike shares of the last batch.
                (loss * (len(rows) * self.processes / len(batches[number]))).backward()
                self.optimiser.step()
                right = (logits.argmax(1) == labels).sum()
                total += torch.stack([loss.detach() * len(rows), right, torch.full_like(right, len(rows))])
        if self.processes > 1:
            distributed.all_reduce(total)
        loss, accuracy = (total[:2] / total[2]).tolist()
        if not math.isfinite(loss):
            raise ValueError(
                f"training: found loss {loss} in epoch {epoch + 1}, expected a finite one; lower training.learning_rate"
            )
        return {"epoch": epoch + 1, "learning_rate": learning_rate(self.settings, epoch), "loss": loss, "accuracy": accuracy}

    def _recorded(self) -> Callable:
        """The network with its passes, forth and back, recorded as CUDA graphs and replayed; another size of batch goes as ever.

        A small network's hundreds of kernels take longer to launch one by one from Python than to run. The weights are the same
        (of networks without dropout). The memory of its activations is held until the training ends.
        """
        size, as_it_is = self.settings["batch_size"], self.network.forward
        if len(self._labels) < size:
            return self.network
        first = np.arange(1)
        shown = self.feed.show(self.feed.read(first), first)
        sample = torch.zeros_like(shown.expand(size, -1, -1, -1), memory_format=torch.channels_last)
        before = [buffer.clone() for buffer in self.network.buffers()]
        torch.autograd.graph.set_warn_on_accumulate_grad_stream_mismatch(False)  # the recording has a stream of its own
        with self._precision(cached=False):
            torch.cuda.make_graphed_callables(self.network, (sample,))
        with torch.no_grad():  # recording passes zeros through it, which its statistics must not know
            for buffer, value in zip(self.network.buffers(), before, strict=True):
                buffer.copy_(value)
        return lambda images: self.network(images) if len(images) == size else as_it_is(images)

    def _precision(self, cached: bool = True):
        low = self.settings["precision"] == "bfloat16"
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=low, cache_enabled=cached)

    def _logits(self, shown, network=None):
        with self._precision():
            images = ((shown - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
            return (network or self.network)(images).float()

    def _attacked(self, shown, labels, generator):
        """The network's statistics of batch norm stay those of the training: the attack sees it as in use."""
        self.network.eval()
        attacked = attack(self._logits, shown, labels, generator=generator, **self.adversarial)
        self.network.train()
        return attacked

    def _augmented(self, shown, numbers, generator):
        """Images as the network sees them: masked already, so that image and mask are moved together, or masked late."""
        shown = augment(shown, self._blank, self.settings["crop_padding"], self.settings["flip"], generator)
        if self.late is not None:
            shown = self.late(shown, numbers)
        if self.keep_probability == "random":
            shares = torch.rand((len(shown), 1, 1, 1), generator=generator)
            return drop_pixels(shown, self._blank, shares, generator)
        if self.keep_probability < 1:
            shown = drop_pixels(shown, self._blank, self.keep_probability, generator)
        return shown

    def state(self) -> dict:
        """What changes while training, for a snapshot."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "history": self.history}

    def restore(self, state: dict) -> None:
        """Go on from a state written by the same training."""
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history = state["history"]


def attack(
    classifier: Callable, images: torch.Tensor, labels: torch.Tensor, epsilon: float, steps: int, step_size: float, generator
) -> torch.Tensor:
    """Adversarial images by projected gradient ascent of the loss from a random start (Madry et al. 2018), l-infinity.

    Args:
        classifier: From images in [0, 1] to logits.
        images: (N, C, H, W) in [0, 1].
        labels: (N,) classes to lead away from.
        epsilon: Largest change of a value.
        steps: Gradient steps.
        step_size: Change a step.
        generator: Of the start, on the CPU.

    Returns:
        (N, C, H, W) in [0, 1], within epsilon of ``images``.
    """
    start = (2 * torch.rand(images.shape, generator=generator) - 1).to(images.device)
    changed = (images + epsilon * start).clamp(0, 1)
    for _ in range(steps):
        changed.requires_grad_(True)
        loss = cross_entropy(classifier(changed), labels, reduction="sum")
        (slope,) = torch.autograd.grad(loss, changed)
        changed = changed.detach() + step_size * slope.sign()
        changed = torch.minimum(torch.maximum(changed, images - epsilon), images + epsilon).clamp(0, 1)
    return changed


def learning_rate(settings: dict, epoch: float) -> float:
    """Learning rate at a point of the training, in epochs from its start.

    'cosine' falls from the peak to zero over the training; 'steps' is multiplied by ``step_factor`` at each of
    ``milestones``; 'one_cycle' rises in a line to the peak in the first fifth, then falls in a line to zero.
    """
    peak = settings["learning_rate"]
    if settings["schedule"] == "one_cycle":
        share = epoch / settings["epochs"]
        return peak * min(share / RISE, (1 - share) / (1 - RISE))
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
