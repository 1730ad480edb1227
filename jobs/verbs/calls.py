"""daf calls: how calls went, as a list; or groups of them compared."""

import re

import numpy as np
import pyarrow as pa

from daf_core.calls.columns import CALLS
from daf_core.calls.groups import Group, groups_of
from daf_core.calls.orders import ORDERS
from daf_core.errors import SettingsError
from daf_core.query.database import Database, Limits
from daf_core.storage.output import scores_output
from jobs.command.told import is_wanted, tell, tell_rows
from jobs.parts.calls import make_calls, manifest_of
from jobs.settings import CallsSettings, EncodeResources
from jobs.verbs.shown import shown

META_SHOWN = 3  # columns of metadata in a table for people; others have all
COLUMNS = """
    sentiment, sentiment_low AS low, sentiment_high AS high,
    change,
    lowest_sentiment AS lowest, lowest_start_s AS lowest_at_s,
    utterances, talk_s, silence_s, interruptions, contradictions, status
"""


def run(settings: CallsSettings) -> str:
    """The list of calls, or the comparison of groups, as text.

    Raises:
        SettingsError: the scores are not finished, or a condition, an order or a column is wrong.
        NotDone: a table cannot be read or written.
    """
    database = open_database(settings.scores, Limits(memory_gb=4.0, seconds=300.0))
    where = "" if settings.where is None else f" WHERE ({settings.where}\n)"
    _check_columns(database, settings)
    if settings.by is not None:
        return _shown(_groups(database, settings, where), settings)
    order = ORDERS.get(settings.sort, settings.sort)
    listed = database.query(
        f"SELECT {_columns(database, settings)} FROM calls{where} "
        f"ORDER BY {order}, recording_id LIMIT {settings.top:d}"
    )
    lines = [_shown(listed, settings)]
    if settings.to == "table" or is_wanted():
        (count,) = database.query(f"SELECT count(*) AS n FROM calls{where}")["n"].to_pylist()
        by = f"{settings.sort} first" if settings.sort in ORDERS else f"by {settings.sort}"
        tell("listed", shown=len(listed), calls=count)
        lines.append(f"{len(listed):,} of {count:,} calls, {by}{_of_all(database, settings)}")
    return "\n".join(lines)


def _of_all(database: Database, settings: CallsSettings) -> str:
    """How many calls there are at all, where a condition leaves some out."""
    if settings.where is None:
        return ""
    (every,) = database.query("SELECT count(*) AS n FROM calls")["n"].to_pylist()
    return f"; {every:,} without the condition"


def _columns(database: Database, settings: CallsSettings) -> str:
    """What is listed of a call, with what the source says of it."""
    names = [name for name in database.meta if name not in CALLS.names]
    if settings.to == "table" and not is_wanted():
        names = names[:META_SHOWN]
    meta = ['"' + name.replace('"', '""') + '"' for name in names]
    return ", ".join(["recording_id AS call", *meta, COLUMNS])


def _shown(rows: pa.Table, settings: CallsSettings) -> str:
    """The rows as text; programs are told them."""
    if is_wanted():
        tell_rows(rows.to_pylist())
        return ""
    return shown(rows, settings.to)


def _check_columns(database: Database, settings: CallsSettings) -> None:
    """Check that there is a column for `by`, and an order or a column for `sort`."""
    columns = database.query("SELECT * FROM calls LIMIT 0").column_names
    own = [name for name in columns if name not in CALLS.names]
    told = f"the calls are known by {', '.join(own)}" if own else (
        "nothing else is known of these calls; `daf ingest` takes columns of a table with `meta`"
    )  # fmt: skip
    if settings.by is not None and settings.by not in columns:
        raise SettingsError(f"`by` {settings.by}: expected a column of the calls; {told}")
    is_name = re.fullmatch(r"\w+", settings.sort) is not None
    if is_name and settings.sort not in (*ORDERS, *columns):
        raise SettingsError(
            f"`sort` {settings.sort}: expected one of {', '.join(ORDERS)}, or a column of the calls"
        )


def open_database(scores: str, limits: Limits | None = None) -> Database:
    """The views of finished scores; makes the tables of calls where an older daf made none."""
    output = scores_output(scores)
    make_calls(output, EncodeResources())
    return Database(output, manifest_of(output), limits)


def _groups(database: Database, settings: CallsSettings, where: str) -> pa.Table:
    """A row for each group of calls, lowest mean first."""
    column = '"' + str(settings.by).replace('"', '""') + '"'
    calls = database.query(
        f"SELECT * FROM (SELECT CAST({column} AS VARCHAR) AS name, sentiment FROM calls{where} "
        f"ORDER BY recording_id) WHERE sentiment IS NOT NULL"
    )
    if not len(calls):
        raise SettingsError("expected scored calls to compare, found none")
    found = groups_of(
        calls["sentiment"].to_numpy().astype(np.float64), calls["name"].to_pylist(), settings.least
    )
    return pa.Table.from_pylist([_row(one, str(settings.by)) for one in found])


def _row(group: Group, by: str) -> dict[str, object]:
    small = "too few calls" if group.name is not None else "not compared"
    differs = {None: small, True: "yes", False: "no"}[group.differs]
    return {
        by: group.name,
        "calls": group.calls,
        "sentiment": group.mean,
        "low": group.low,
        "high": group.high,
        "difference": group.difference,
        "p": group.p,
        "differs": differs,
    }
