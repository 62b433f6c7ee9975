"""Where in the image the kept pixels lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from overinterp.figures.style import group_name, images_in_words, new_figure, words
from overinterp.inputs import Inputs


def cells(part: pd.DataFrame) -> np.ndarray:
    """float (rows, columns): the shares of one group and search."""
    return part.pivot(index="row", columns="column", values="share").to_numpy()


def _ticks(most: float) -> list[float]:
    """Zero, and ones, twos and fives up to the most, where a square-root scale has room for them."""
    steps = [digit * 10.0**power for power in range(-3, 3) for digit in (1, 2, 5)]
    return [0, *(step for step in steps if 0.02 * most < step <= most)]


def draw(inputs: Inputs) -> Figure:
    """Draw one map a group and search from the table `pixel_heatmap`, on one colour scale.

    Of several searches a row is a group and a column a search; of one the groups stand side by side.
    """
    table = inputs.tables["pixel_heatmap"]
    groups, searches = list(dict.fromkeys(table.group)), list(dict.fromkeys(table.search))
    several = len(searches) > 1
    columns = len(searches) if several else 2 if len(groups) == 4 else min(3, len(groups))
    rows = len(groups) if several else -(-len(groups) // columns)
    height = (
        (2.7 if several else 3.8) * rows + 2.6 + 0.4 * (int(table.cell_rows.max() > 1) + int(table.mean_confidence.notna().any()))
    )
    figure, axes = new_figure(height, rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    scale = PowerNorm(0.5, 0, 100 * table.share.max())
    for (group, search), part in table.groupby(["group", "search"], sort=False):
        at = (groups.index(group), searches.index(search)) if several else divmod(groups.index(group), columns)
        axis, first = axes[at], part.iloc[0]
        picture = axis.imshow(100 * cells(part), cmap="cividis", norm=scale, interpolation="nearest")
        name = group_name(first).replace(", ", ",\n")
        if not several:
            axis.set_title(name, pad=3)
        counts = images_in_words(int(first.networks), (int(first.fewest_images), int(first.most_images)))
        confidence = "" if np.isnan(first.mean_confidence) else f"\nconfidence {first.mean_confidence:.2f}"
        axis.set_xlabel(counts + confidence, labelpad=2, fontsize=6.5)
    if several:
        for axis, search in zip(axes[0], searches, strict=True):
            axis.set_title(f"by {words(search)}", pad=3)
        for row, group in zip(axes[:, 0], groups, strict=True):
            name = group_name(table[table.group == group].iloc[0]).replace(", ", ",\n")
            row.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=4)
    first = table.iloc[0]
    bar = figure.colorbar(picture, ax=axes, location="bottom", shrink=0.9, aspect=40, pad=0.03, ticks=_ticks(scale.vmax))
    what = "" if first.cell_rows == 1 else f"; cells of {first.cell_rows}x{first.cell_columns}"
    sure = "" if table.mean_confidence.isna().all() else "\nconfidence: the mean on what is kept"
    kept = f"{first.kept_pixels:,} of {first.pixels:,} pixels"
    said = f"images that keep this pixel,\nwhen {kept} are kept\n(%, square-root scale{what}){sure}"
    bar.set_label(said)
    bar.outline.set_visible(False)
    uniform = 100 * first.kept_pixels / first.pixels
    bar.ax.axvline(uniform, color="white", linewidth=1.5)
    bar.ax.text(uniform, 1.15, f"uniform {uniform:.1f}", transform=bar.ax.get_xaxis_transform(), ha="center", va="bottom")
    return figure
