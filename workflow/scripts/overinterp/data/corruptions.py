"""Corrupted test images: a sample of the official CIFAR-10-C files, or corruptions made here by torchvision.

CIFAR-10-C (Hendrycks and Dietterich 2019) holds 19 corruptions at 5 severities of all test images. What is made here is
not that set: other code, fewer kinds, severities of its order. Its name says "generated" wherever it appears.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as change

from overinterp.data.official import OFFICIAL
from overinterp.data.source import Source, batches

KINDS = (
    "gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "gaussian_blur", "defocus_blur", "glass_blur",
    "motion_blur", "zoom_blur", "snow", "frost", "fog", "spatter", "brightness", "contrast", "saturate",
    "elastic_transform", "pixelate", "jpeg_compression",
)  # fmt: skip
SEVERITIES = 5
GENERATED = {  # kind: what is done at severities 1 to 5
    "gaussian_noise": (0.04, 0.06, 0.08, 0.09, 0.10),  # standard deviation, of 1
    "gaussian_blur": (0.4, 0.6, 0.7, 0.8, 1.0),  # standard deviation, in pixels
    "brightness": (1.1, 1.2, 1.3, 1.4, 1.6),  # factor
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),  # factor
    "saturation": (0.3, 0.1, 1.5, 2.0, 2.5),  # factor
    "pixelate": (0.95, 0.9, 0.85, 0.75, 0.65),  # side, relative
    "jpeg": (80, 65, 58, 50, 40),  # quality
}


def load_official(path: str | Path, count: int, seed: int):
    """A random sample of all images, kinds and severities of CIFAR-10-C.

    Args:
        path: Folder that holds ``CIFAR-10-C``.
        count: Images to draw, without replacement.
        seed: Of the draw.

    Returns:
        Parts of the sample, uint8 (n, 32, 32, 3), one a kind, read when they are asked for; and labels (count,).

    Raises:
        ValueError: A file is missing or has another shape than the labels say.
    """
    official = OFFICIAL["cifar10c"]
    folder = Path(path) / official.folder
    for name in ("labels", *KINDS):
        if not (folder / f"{name}.npy").is_file():
            raise ValueError(f"{folder}: found no {name}.npy, expected the files of CIFAR-10-C ({official.url})")
    labels = np.load(folder / "labels.npy", allow_pickle=False).astype(np.int64)
    each = len(labels)
    if count > each * len(KINDS):
        raise ValueError(f"{folder}: found {each * len(KINDS)} images, expected the config's {count}")
    chosen = np.sort(np.random.default_rng(seed).choice(each * len(KINDS), count, replace=False))
    files = []
    for kind in KINDS:
        file = np.load(folder / f"{kind}.npy", mmap_mode="r", allow_pickle=False)
        if file.dtype != np.uint8 or len(file) != each:
            raise ValueError(
                f"{folder / kind}.npy: found {file.dtype} {file.shape}, expected uint8 and {each} images as labels.npy"
            )
        files.append(file)
    parts = (file[chosen[chosen // each == number] % each] for number, file in enumerate(files))
    return parts, labels[chosen % each]


def generate(test: Source, count: int, seed: int):
    """A random sample of corrupted test images: each image, kind and severity is drawn uniformly.

    Args:
        test: Images with 1 or 3 channels.
        count: Images to draw.
        seed: Of the draw and of the noise.

    Returns:
        Parts of the sample, uint8 (n, H, W, C), in random order, made when they are asked for; and labels (count,).
    """
    rng = np.random.default_rng(seed)
    source = rng.integers(len(test), size=count)
    kinds, severities = rng.integers(len(GENERATED), size=count), rng.integers(SEVERITIES, size=count)
    names = list(GENERATED)

    def parts():
        for numbers in batches(count, test.shape):
            rows = slice(numbers.start, numbers.stop)
            found = test.read(source[rows])
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(1_000_003 * seed + numbers.start)
                for kind, severity in sorted(set(zip(kinds[rows].tolist(), severities[rows].tolist()))):
                    same = np.flatnonzero((kinds[rows] == kind) & (severities[rows] == severity))
                    found[same] = corrupt(found[same], names[kind], severity)
            yield found

    return parts(), test.labels[source]


def corrupt(images: np.ndarray, kind: str, severity: int) -> np.ndarray:
    """One generated corruption.

    Args:
        images: uint8 (N, H, W, C).
        kind: A name in `GENERATED`.
        severity: 0 to 4, the mildest first.

    Returns:
        uint8 (N, H, W, C). Noise draws from torch's global generator.
    """
    amount = GENERATED[kind][severity]
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    size = list(pixels.shape[2:])
    match kind:
        case "gaussian_noise":
            changed = change.gaussian_noise(pixels / 255, sigma=amount, clip=True) * 255
        case "gaussian_blur":
            changed = change.gaussian_blur(pixels / 255, kernel_size=[5, 5], sigma=[amount, amount]) * 255
        case "brightness":
            changed = change.adjust_brightness(pixels, amount)
        case "contrast":
            changed = change.adjust_contrast(pixels, amount)
        case "saturation":
            changed = change.adjust_saturation(pixels, amount)
        case "pixelate":
            small = change.resize(pixels, [max(1, round(side * amount)) for side in size], antialias=True)
            changed = change.resize(small, size, interpolation=change.InterpolationMode.NEAREST)
        case "jpeg":
            changed = torch.stack([_jpeg(image, amount) for image in pixels])
    return changed.round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def _jpeg(image: torch.Tensor, quality: int) -> torch.Tensor:
    """uint8 (C, H, W) through Pillow's JPEG and back."""
    file = io.BytesIO()
    change.to_pil_image(image).save(file, "JPEG", quality=quality)
    return change.pil_to_tensor(Image.open(file))
