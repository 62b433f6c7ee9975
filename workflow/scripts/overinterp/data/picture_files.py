"""Which files of a folder are taken for pictures; apart from what reads them, for the plan imports no image library."""

import os
from collections.abc import Iterator

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp", ".gif")


def visible_below(root: str) -> Iterator[str]:
    """Files in a folder, however deep and behind links, too, but hidden ones; a link that leads back is not followed."""
    seen = set()
    for folder, below, names in os.walk(root, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not name.startswith("."))  # of two links to one folder the first counts
        paths = (os.path.join(folder, name) for name in names if not name.startswith("."))
        yield from (path for path in paths if os.path.isfile(path))
