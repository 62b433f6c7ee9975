"""What people take each class for, at each fraction of pixels they see."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import new_figure, text_panel
from overinterp.inputs import Inputs


def draw(inputs: Inputs) -> Figure:
    """Draw the figure from the table `human_accuracy`: one square a fraction, rows the true class."""
    table = inputs.tables["human_accuracy"]
    rows = table[table.quantity == "confusion"]
    if rows.empty:
        return text_panel("Nobody who answered is included.")
    fractions, names = rows.fraction.unique(), rows.label.unique()
    figure, axes = new_figure(1.8 + 8.5 / (len(fractions) + 0.8), columns=len(fractions), squeeze=False, sharey=True)
    for axis, fraction in zip(axes[0], fractions, strict=True):
        part = rows[rows.fraction == fraction]
        square = part.pivot(index="label", columns="choice", values="value").loc[names, names]
        image = axis.imshow(square, vmin=0, vmax=1, cmap="cividis", interpolation="nearest")
        axis.set_title(f"{100 * fraction:.3g} % of pixels")
        size = 5 if len(names) <= 12 else 3
        axis.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
        axis.set_yticks(range(len(names)), names, fontsize=size)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    axes[0, 0].set_ylabel("shown")
    axes[0, len(fractions) // 2].set_xlabel("answered")
    figure.colorbar(image, ax=axes[0].tolist(), label="share of answers", shrink=0.8, aspect=15)
    return figure
