"""Classifiers side by side."""

from __future__ import annotations

from matplotlib.figure import Figure

from overinterp.figures.style import COLOURS, new_figure, rows_of_groups, text_panel
from overinterp.inputs import Inputs

MARKS = "os^D"


def draw(inputs: Inputs) -> Figure:
    """Draw the table `atlas`: a row a classifier, a panel a quantity, a mark a search.

    Bars: 95 % intervals over images of one network; dotted: from the least to the most of several.

    Settings: threshold, of the sizes.
    """
    table = inputs.tables["atlas"]
    if table.empty:
        return text_panel("no classifier was searched")
    groups = table.group.nunique()
    titles = {
        "accuracy": "right on full\nimages (%)",
        "size": f"mean pixels to be\n{100 * inputs.settings['threshold']:g} % sure",
        "border": "border share\n(1: even)",
        "object": "object share\n(1: even)",
        "dots": "sure of mere dots\nthere (%)",
        "leak": "position reaches\n(% of kept)",
    }
    titles = {quantity: title for quantity, title in titles.items() if quantity in set(table.quantity)}
    rows = -(-len(titles) // 3)
    figure, panels = new_figure(rows * (1.1 * groups + 1) + 1.2, rows, 3, sharey=True, squeeze=False)
    axes = panels.flat[: len(titles)]
    for axis in panels.flat[len(titles) :]:
        axis.set_axis_off()
    order = rows_of_groups(axes[0], table)
    searches = table[table.quantity == "border"].search.unique()
    handles = {}
    for axis, (quantity, title) in zip(axes, titles.items(), strict=True):
        scale = 100 if quantity in ("accuracy", "dots", "leak") else 1
        by_search = quantity in ("border", "object", "leak")
        for row in table[table.quantity == quantity].itertuples():
            number = list(searches).index(row.search) if row.search in searches else 0
            place = order.index(row.group) + (0.16 * (2 * number - len(searches) + 1) if by_search else 0)
            error = [[scale * (row.value - row.low)], [scale * (row.high - row.value)]] if row.low == row.low else None
            looks = {
                "fmt": MARKS[number],
                "color": "0.25" if quantity == "accuracy" else COLOURS[number],
                "markersize": 3.5,
                "capsize": 2,
            }
            drawn = axis.errorbar(scale * row.value, place, xerr=error, elinewidth=0.8, **looks)
            axis.plot([scale * row.least, scale * row.most], [place] * 2, ":", color=looks["color"], linewidth=0.9)
            if quantity == "border":
                handles[row.search] = drawn
            count = {"xytext": (0, 3.5), "textcoords": "offset points", "ha": "center", "fontsize": 6.5, "color": "0.35"}
            axis.annotate(f"{row.images}", (scale * row.value, place), **count)
        axis.set_title(title, fontsize=7)
        axis.grid(axis="y", linewidth=0.3, color="0.85")
        if quantity in ("border", "object"):
            axis.axvline(1, color="grey", linewidth=0.8, linestyle=":")
        values = table[table.quantity == quantity].value
        if quantity == "size" and values.max() > 10 * values.min():
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter(lambda tick, place: f"{tick:,.0f}")
            axis.minorticks_off()
        else:
            low, high = axis.dataLim.intervalx
            low, high = min(low, 0), max(high, 100 if scale == 100 else 1)
            axis.set_xlim(low - 0.03 * (high - low), high + 0.05 * (high - low))  # so that marks at either end are whole
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    dotted = "; dotted: the seeds furthest apart" if (table.least < table.most).any() else ""
    panels[-1, 0].set_xlabel(f"small numbers: images; bars: 95 %{dotted}", loc="left", color="0.35")
    figure.legend(handles.values(), handles.keys(), loc="outside lower right", ncols=2, handletextpad=0.2, columnspacing=0.8)
    return figure
