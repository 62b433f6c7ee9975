"""Where in the image the kept pixels lie."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overinterp.figures.style import group_name, images_in_words, new_figure, words
from overinterp.outputs import Inputs


def cells(part: pd.DataFrame) -> np.ndarray:
    """float (rows, columns): the shares of one group and search."""
    return part.pivot(index="row", columns="column", values="share").to_numpy()


def draw(inputs: Inputs) -> Figure:
    """Draw one map a group and search from the table `pixel_heatmap`, on one colour scale; maps of one group stand together."""
    table = inputs.tables["pixel_heatmap"]
    groups = [part for _, part in table.groupby(["group", "search"], sort=False)]
    several = table.search.nunique() > 1
    columns = min(2 if several else 3, len(groups))
    rows = -(-len(groups) // columns)
    height = (3.4 + 0.4 * several) * rows + 1.5 + 0.4 * (table.cell_rows.max() > 1)
    figure, axes = new_figure(height, rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, part in zip(axes.flat, groups, strict=False):
        axis.set_axis_on()
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        picture = axis.imshow(100 * cells(part), cmap="cividis", vmin=0, vmax=100 * table.share.max(), interpolation="nearest")
        first = part.iloc[0]
        name = group_name(first).replace(", ", ",\n")
        axis.set_title(f"{name}\nby {words(first.search)}" if several else name, pad=3)
        counts = images_in_words(int(first.networks), int(first.fewest_images), int(first.most_images))
        confidence = "" if np.isnan(first.mean_confidence) else f"\nconfidence {first.mean_confidence:.2f}"
        axis.set_xlabel(counts + confidence, labelpad=2, fontsize=6.5)
    first = table.iloc[0]
    bar = figure.colorbar(picture, ax=axes, location="bottom", shrink=0.9, aspect=40, pad=0.03)
    what = "" if first.cell_rows == 1 else f",\nmean over cells of {first.cell_rows}x{first.cell_columns}"
    bar.set_label(f"images whose {first.kept_pixels} of {first.pixels} kept pixels hold this one{what} (%)")
    bar.outline.set_visible(False)
    uniform = 100 * first.kept_pixels / first.pixels
    bar.ax.axvline(uniform, color="white", linewidth=1.5)
    bar.ax.text(uniform, 1.15, f"uniform {uniform:.1f}", transform=bar.ax.get_xaxis_transform(), ha="center", va="bottom")
    return figure
