"""Tables of figures: as text for people, and as Arrow tables for programs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import pyarrow as pa
from tabulate import tabulate

from daf_core.decimals import decimals
from daf_core.evaluation.comparison import Difference
from daf_core.storage import files, parquet
from daf_core.storage.run_record import Json


@dataclass(frozen=True)
class ResultTable:
    """A table for people and for programs.

    name: of its files; rows: its rows for programs; render: style (`shown_table`) → its text for
    people; note: how to read it.
    """

    name: str
    rows: list[Json]
    render: Callable[[str], str]
    note: str

    def publish(self, folder: str) -> None:
        """Write the table to `folder` as Parquet, Markdown and LaTeX."""
        data = parquet.parquet_bytes(arrow_table(self.rows), self.name, {})
        files.publish(files.join(folder, f"{self.name}.parquet"), data)
        for suffix, style, comment in (("md", "github", ""), ("tex", "latex_booktabs", "% ")):
            text = f"{self.render(style)}\n\n{comment}{self.note}\n"
            files.publish(files.join(folder, f"{self.name}.{suffix}"), text.encode())

    def shown(self) -> str:
        """The table and its note, for a terminal."""
        return f"{self.render('simple')}\n\n{self.note}"


def shown_table(rows: list[Json], style: str) -> str:
    """Rows as text, with the keys as the head and cells unchanged.

    Args:
        style: "simple" for a terminal, "github" for Markdown, "latex_booktabs".
    """
    return str(
        tabulate(rows, headers="keys", tablefmt=style, stralign="left", disable_numparse=True)
    )


def shown_interval(mean: float, low: float, high: float) -> str:
    """A difference and its interval, such as "-0.0120 [-0.0200, -0.0040]"."""
    shown, least, most = (decimals(one, 4, sign=True) for one in (mean, low, high))
    return f"{shown} [{least}, {most}]"


def arrow_table(rows: list[Json]) -> pa.Table:
    """A table with a column for each key of any row; null where a row lacks the key."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def difference_columns(difference: Difference | None) -> dict[str, float]:
    """A difference with one key a figure, for `arrow_table`."""
    figures = {} if difference is None else asdict(difference)
    return {f"difference_{name}": value for name, value in figures.items()}


def shown_difference(difference: Difference | None) -> dict[str, str]:
    """The cells of a difference; empty ones where there is none."""
    if difference is None:
        return {"difference [95 %]": "", "p": ""}
    p = difference.p
    return {
        "difference [95 %]": shown_interval(difference.mean, difference.low, difference.high),
        "p": "< .001" if p < 0.001 else f"{p:.3f}",
    }
