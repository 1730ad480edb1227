"""The figure of a robustness grid: MAE against severity; a panel per damage, a line per head."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from daf_core.damage.conditions import CLEAN, CONDITIONS
from daf_core.evaluation.figures import png
from daf_core.stress.table import GridRow

COLUMNS = 3
UNGRADED = "missing or telephone"


def figure_png(rows: Sequence[GridRow]) -> bytes:
    """PNG of the rows that `table.robustness` gives.

    Lines begin at the clean rows. Bands are the 95 % intervals of the differences from them. Damage
    without a severity shares one panel, as points.
    """
    units = {one.kind: one.unit for one in CONDITIONS if one.level is not None}
    kinds = dict.fromkeys(row.condition.kind for row in rows if row.condition.kind != CLEAN.kind)
    panels = [kind for kind in kinds if kind in units]
    if len(panels) < len(kinds):
        panels.append(UNGRADED)
    lines = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(4 * COLUMNS, 3.2 * lines), layout="constrained")
    grid = [*figure.subplots(lines, COLUMNS, sharey=True, squeeze=False).flat]
    for axes, kind in zip(grid, panels, strict=False):
        graded = kind in units
        shown = {kind, CLEAN.kind} if graded else {CLEAN.kind, *kinds} - units.keys()
        _panel(axes, [row for row in rows if row.condition.kind in shown], graded)
        axes.set_title(f"{kind} ({units[kind]})" if graded else kind, fontsize=10)
    for axes in grid[len(panels) :]:
        axes.remove()
    for axes in figure.axes[::COLUMNS]:
        axes.set_ylabel("MAE")
    figure.axes[0].legend(frameon=False, fontsize=9)
    return png(figure)


def _panel(axes: Axes, rows: Sequence[GridRow], graded: bool) -> None:
    """Draw the rows of one panel: `graded` as lines with bands, else as points with bars."""
    names = list(dict.fromkeys(_tick(row) for row in rows))
    for number, head in enumerate(dict.fromkeys(row.head for row in rows)):
        own = [row for row in rows if row.head == head]
        places = [names.index(_tick(row)) for row in own]
        mae = [row.mae for row in own]
        clean = own[0].mae
        ends = [(one.low, one.high) if (one := row.difference) else (0.0, 0.0) for row in own]
        low, high = ([clean + end for end in of_rows] for of_rows in zip(*ends, strict=True))
        colour = f"C{number}"
        if graded:
            axes.plot(places, mae, marker=".", color=colour, label=head)
            axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
        else:
            axes.plot(places, mae, "o", color=colour, label=head)
            axes.vlines(places, low, high, color=colour)
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.grid(axis="y", linewidth=0.4)


def _tick(row: GridRow) -> str:
    level = row.condition.level
    return row.condition.kind if level is None else f"{level:g}"
