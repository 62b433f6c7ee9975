"""Where in the image the kept pixels lie."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from overinterp.figures.style import count_in_words, new_figure
from overinterp.search.ordering import Ordering, kept_pixels


def shares(orderings: list[Ordering], fraction: float) -> np.ndarray:
    """float (H, W): share of images, over all networks, whose subset of this fraction holds the pixel."""
    return np.concatenate([ordering.kept_fraction(fraction) for ordering in orderings]).mean(0)


def confidence_at(ordering: Ordering, removed: int | np.ndarray) -> np.ndarray:
    """(N,) confidence at the last recorded column with at most so many pixels removed, one number or (N,)."""
    column = (ordering.removed <= np.reshape(removed, (-1, 1))).cumsum(1).argmax(1)
    return np.take_along_axis(ordering.confidence, column[:, None], 1)[:, 0]


def draw(groups: dict[str, list[Ordering]], fraction: float) -> Figure:
    """Draw one map a group, on one colour scale.

    Args:
        groups: Orderings of the networks of each group, by the group's name.
        fraction: Kept fraction.
    """
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    figure, axes = new_figure(3.4 * rows + 1.5, rows, columns, squeeze=False)
    maps = {name: shares(orderings, fraction) for name, orderings in groups.items()}
    pixels = next(iter(maps.values())).size
    kept = kept_pixels(pixels, fraction)
    top = max(share.max() for share in maps.values())
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (name, share) in zip(axes.flat, maps.items(), strict=False):
        axis.set_axis_on()
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        picture = axis.imshow(100 * share, cmap="cividis", vmin=0, vmax=100 * top, interpolation="nearest")
        axis.set_title(name.replace(", ", ",\n"), pad=3)
        orderings = groups[name]
        confidence = np.mean([confidence_at(ordering, pixels - kept).mean() for ordering in orderings])
        axis.set_xlabel(f"{count_in_words(orderings)}\nconfidence {confidence:.2f}", labelpad=2, fontsize=6.5)
    bar = figure.colorbar(picture, ax=axes, location="bottom", shrink=0.9, aspect=40, pad=0.03)
    bar.set_label(f"images whose {kept} of {pixels} kept pixels hold this one (%)")
    bar.outline.set_visible(False)
    uniform = 100 * kept / pixels
    bar.ax.axvline(uniform, color="white", linewidth=1.5)
    bar.ax.text(uniform, 1.15, f"uniform {uniform:.1f}", transform=bar.ax.get_xaxis_transform(), ha="center", va="bottom")
    return figure
