"""Settings of the verbs that look into finished scores: calls, query."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from daf_core.errors import check_range, check_whole

Shown: TypeAlias = Literal["table", "csv", "jsonl"]


@dataclass(frozen=True, kw_only=True)
class CallsSettings:
    """List calls: how they went and what stands out; or compare groups of them, such as agents."""

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    where: str | None = None
    """Only calls for which this SQL condition holds, such as "queue = 'billing' and change < -1".
    docs/calls.md lists the columns; what the source says of recordings has a column each. A name
    with a space stands in double quotes."""

    sort: str = "lowest"
    """Order: lowest (sentiment), falling (change), contradictory, interrupted, silent, longest; a
    column; or any SQL, such as "talk_s desc"."""

    top: int = 20
    """Show this many calls."""

    by: str | None = None
    """Compare the groups of calls with one value of this column, such as "Agent name" or queue."""

    least: int = 10
    """With --by: compare only groups of this many calls and more."""

    to: Shown = "table"
    """Form of the output."""

    def __post_init__(self) -> None:
        check_whole("top", self.top, least=1)
        check_whole("least", self.least, least=2)


@dataclass(frozen=True, kw_only=True)
class QuerySettings:
    """Ask finished scores in SQL, as DuckDB reads it.

    The tables are utterances (with their words), calls, speakers, quarantine and manifest. Nothing
    else is read, and nothing is written.
    """

    scores: str = field(kw_only=False)
    """Folder made by `daf score`."""

    sql: str = field(kw_only=False)
    """One SELECT."""

    to: Shown = "table"
    """Form of the output."""

    out: str | None = None
    """Write all rows to this file, whose suffix says how: .csv, .jsonl, .xlsx or .parquet."""

    rows: int = 1_000
    """Print at most this many rows."""

    seconds: float = 300.0
    """Give up a query that takes longer."""

    memory_gb: float = 4.0
    """Give up a query that takes more memory (GB)."""

    def __post_init__(self) -> None:
        check_whole("rows", self.rows, least=1)
        check_range("seconds", self.seconds, least=0.001)
        check_range("memory_gb", self.memory_gb, least=0.1)
