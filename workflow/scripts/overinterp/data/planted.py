"""Generated 16x16 images of simple shapes, with a pattern planted beside them.

The shape tells the class; so does, in a share `strength` of the images (in the others by luck), the pattern: its colour, or,
of kind 'corner', where it is. Where a network found the pattern, its sufficient input subsets should lie in it: the only
ground truth that a search for overinterpretation can be held against.
"""

from __future__ import annotations

import numpy as np

SIDE = 16
CLASS_NAMES = ["disc", "square", "triangle", "cross"]
COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], np.uint8)  # one a class
ORIGIN = "generated: shapes with a planted colour pattern"
VIVID = 0.85  # shapes and grounds are as far from the blank as the patterns, or removing them would mean little
NOISE = 0.05  # standard deviation of the pixel noise, of 1
CORNER = np.array([255, 0, 255], np.uint8)  # the one colour of patches whose place tells the class
TINT = 0.3  # share of the tint in every pixel
NEAREST_BLANK = 0.25  # least distance, in one channel, between a planted colour and the blank


def about(settings: dict) -> tuple[list[str], str]:
    """Names of the classes, and the origin in words.

    Raises:
        ValueError: A planted colour is too near the config's blank, which is what a removed pixel looks like.
    """
    planted = settings["planted"]
    blank = settings.get("blank", "mean")
    if blank != "mean" and len(blank) == len(CORNER):  # of another length none is one, which is said elsewhere
        _apart(planted, 255 * np.array(blank))
    return CLASS_NAMES, f"{ORIGIN} ({planted['kind']}, strength {planted['strength']:g})"


def split(settings: dict, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Generate one split; classes and shapes are the same whatever is planted.

    Args:
        settings: The config's ``data`` block; ``planted`` holds kind ('patch', 'border', 'corner' or 'tint'), place (row,
            column), size, strength and seed.
        name: 'train' or 'test'.

    Returns:
        uint8 (N, 16, 16, 3) and int64 (N,) labels.

    Raises:
        ValueError: A planted colour is too near the mean colour of the training images, which is the blank by default.
    """
    planted, number, count = settings["planted"], ("train", "test").index(name), settings[f"{name}_images"]
    images, labels = shapes(count, np.random.default_rng([settings["seed"], number]))
    rng = np.random.default_rng([planted["seed"], number])
    own = rng.random(count) < planted["strength"]
    shown = np.where(own, labels, rng.integers(len(CLASS_NAMES), size=count))
    if planted["kind"] == "tint":
        return np.round((1 - TINT) * images + TINT * COLOURS[shown][:, None, None]).astype(np.uint8), labels
    if planted["kind"] == "corner":
        images[_corners(planted["size"])[shown]] = CORNER
    else:
        images[:, pattern_mask(planted)] = COLOURS[shown][:, None]
    if name == "train":
        _apart(planted, images.reshape(-1, 3).mean(0))
    return images, labels


def _apart(planted: dict, blank: np.ndarray) -> None:
    """No planted colour is near the blank, of 255; a tint has none of its own."""
    colours = CORNER[None] if planted["kind"] == "corner" else COLOURS
    if planted["kind"] != "tint" and np.abs(colours - blank).max(1).min() < 255 * NEAREST_BLANK:
        raise ValueError(f"planted colours: one is within {NEAREST_BLANK:.0%} of the blank colour {blank.round()}")


def pattern_mask(planted: dict) -> np.ndarray:
    """bool (16, 16): where the pattern is in any image."""
    mask = np.zeros((SIDE, SIDE), bool)
    if planted["kind"] == "tint":
        mask[:] = True
    elif planted["kind"] == "corner":
        mask = _corners(planted["size"]).any(0)
    elif planted["kind"] == "border":
        mask[[0, -1]] = mask[:, [0, -1]] = True
    else:
        row, column = planted["place"]
        mask[row : row + planted["size"], column : column + planted["size"]] = True
    return mask


def _corners(size: int) -> np.ndarray:
    """bool (4, 16, 16): the square in each corner."""
    masks = np.zeros((len(CLASS_NAMES), SIDE, SIDE), bool)
    low, high = slice(None, size), slice(-size, None)
    for mask, (rows, columns) in zip(masks, ((low, low), (low, high), (high, low), (high, high)), strict=True):
        mask[rows, columns] = True
    return masks


def shapes(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Shapes of random place, size and colour on a noisy ground of random colour.

    Returns:
        uint8 (count, 16, 16, 3) and int64 (count,), classes in equal shares.
    """
    labels = rng.permutation(np.arange(count) % len(CLASS_NAMES)).astype(np.int64)
    radius = rng.uniform(3.2, 5.0, (count, 1, 1))
    centre = rng.uniform(radius[:, 0] + 0.5, SIDE - 1.5 - radius[:, 0], (count, 2))
    grid = np.arange(SIDE)
    dy = grid[None, :, None] - centre[:, 0, None, None]
    dx = grid[None, None, :] - centre[:, 1, None, None]
    inside = np.stack(
        [
            dy**2 + dx**2 <= radius**2,
            np.maximum(abs(dy), abs(dx)) <= 0.85 * radius,
            (dy <= 0.8 * radius) & (abs(dx) <= (dy + radius) / 1.8),
            (np.minimum(abs(dy), abs(dx)) <= 0.3 * radius) & (np.maximum(abs(dy), abs(dx)) <= radius),
        ]
    )[labels, np.arange(count)]
    ground = np.where(rng.random((count, 1, 1, 3)) < 0.5, VIVID, 1 - VIVID)
    other = rng.random((count, 1, 1, 3)) < 0.5
    other[..., 0] |= ~other.any(-1)  # the shape differs from its ground in one channel at least
    figure = np.where(other, 1 - ground, ground)
    images = np.where(inside[..., None], figure, ground) + rng.normal(0, NOISE, (count, SIDE, SIDE, 3))
    return np.round(255 * images.clip(0, 1)).astype(np.uint8), labels
