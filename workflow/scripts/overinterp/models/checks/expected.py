"""Is a classifier as accurate as its owner expects? Asked before any search, and again where a verdict is written."""

from __future__ import annotations


def is_expected(accuracy: float, expect: dict) -> bool:
    """Whether an accuracy (0 to 1) is within ``expect["within"]`` of ``expect["accuracy"]``."""
    return abs(accuracy - expect["accuracy"]) <= expect["within"] + 1e-9


def confirm(name: str, found: dict, expect: dict) -> None:
    """Refuse a classifier that is not as its owner expects.

    Args:
        name: What to call it.
        found: Its accuracy, the number of images, and a hint at what else it may be, empty where there is none.
        expect: accuracy and within.

    Raises:
        ValueError: It is more or less accurate.
    """
    if not is_expected(found["accuracy"], expect):
        hint = f"; {found['hint']}" if found["hint"] else ""
        raise ValueError(
            f"{name}: found accuracy {found['accuracy']:.4f} on {found['images']} images, expected {expect['accuracy']} within "
            f"{expect['within']}; check preprocessing and the version of its weights{hint}"
        )
