"""daf calls: how calls went, as a list; or groups of them compared."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.calls.groups import Group, groups_of
from daf_core.calls.orders import ORDERS, count_of, estimate_of, said_of_counts, said_of_intervals
from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.query.database import Database, Limits
from daf_core.query.hints import nearest
from daf_core.query.metadata import identifier
from daf_core.storage.call_columns import CALLS
from daf_core.storage.output import scores_output
from jobs.command import terminal
from jobs.command.told import is_wanted, tell, tell_rows
from jobs.parts.calls import ensure_calls
from jobs.settings import CallsSettings
from jobs.verbs.scored_manifest import manifest_or_said
from jobs.verbs.shown import shown
from jobs.verbs.unmet import unmet

META_SHOWN = 3  # columns of metadata in a table for people, the source's first; others have all
COLUMNS = """
    sentiment, sentiment_low AS low, sentiment_high AS high,
    change,
    lowest_sentiment AS lowest, lowest_start_s AS lowest_at_s,
    utterances, talk_s, silence_s, interruptions, contradictions, status
"""
# Of what the order is by; not shown.
_OF_ORDER = ("order_low", "order_high", "order_count", "of_calls", "of_known", "of_positive")


def run(settings: CallsSettings) -> str:
    """The list of calls, or the comparison of groups, as text.

    Raises:
        SettingsError: the scores are not finished, or a condition, an order or a column is wrong.
        NotDone: a table cannot be read or written.
    """
    database = open_database(settings.scores, Limits(memory_gb=4.0, seconds=300.0))
    where = "" if settings.where is None else f" WHERE ({settings.where}\n)"
    if settings.by is not None:
        return _shown(_groups(database, settings, where), settings)
    order = _order(database, settings.sort)
    for_people = settings.to == "table" and not is_wanted()
    found = database.query(
        f"SELECT {_columns(database, for_people)}, {_of_order(order)} FROM calls{where} "
        f"ORDER BY {order}, recording_id LIMIT {settings.top:d}"
    )
    if settings.where is not None and not len(found):
        return _none(database, settings.where, settings)
    calls = found["of_calls"][0].as_py() if len(found) else 0
    listed, said = _told_apart(found, order, calls)
    listed = listed if for_people else found
    rows = listed.select([name for name in found.column_names if name not in _OF_ORDER])
    lines = [_shown(rows, settings)] if len(rows) or not for_people else []
    if settings.to == "table" or is_wanted():
        by = f"{settings.sort} first" if settings.sort in ORDERS else f"by {settings.sort}"
        tell("listed", shown=len(rows), calls=calls)
        lines.append(
            f"{len(rows):,} of {number_of(calls, 'call')}, {by}{_of_all(database, settings)}"
        )
        lines += [said] if said else []
    return "\n".join(lines)


def _of_order(order: str) -> str:
    """In SQL, what tells how far calls are told apart by an order: _OF_ORDER of all calls."""
    estimate, count = estimate_of(order) or "NULL", count_of(order) or "NULL"
    low, high = (
        f"{estimate}{end}" for end in (("_low", "_high") if estimate != "NULL" else ("", ""))
    )
    return (
        f"{low} AS order_low, {high} AS order_high, {count} AS order_count, "
        f"count(*) OVER () AS of_calls, count({count}) OVER () AS of_known, "
        f"count(*) FILTER ({count} > 0) OVER () AS of_positive"
    )


def _told_apart(found: pa.Table, order: str, calls: int) -> tuple[pa.Table, str]:
    """The calls that are worth listing, and a sentence on how far they are told apart. Where few
    calls have any of what an order counts, the others are all alike and left out.
    """
    count = count_of(order)
    if count is not None and len(found):
        known, positive = (found[name][0].as_py() for name in ("of_known", "of_positive"))
        few = 2 * positive < calls
        listed = found.filter(pc.greater(found["order_count"], 0)) if few else found
        return listed, said_of_counts(count, calls, known, positive)
    if estimate_of(order) is not None:
        low, high = (found[name].to_numpy().astype(np.float64) for name in _OF_ORDER[:2])
        return found, said_of_intervals(low, high)
    return found, ""


def _none(database: Database, where: str, settings: CallsSettings) -> str:
    """What is said where the condition holds of no call; programs get no row."""
    said = unmet(database, where)
    if settings.to != "table" and not is_wanted():
        terminal.complain(f"daf: {said}")  # it is no row of the output
        return ""
    tell("listed", shown=0, calls=0)
    if is_wanted():
        tell_rows([])
    return said


def _of_all(database: Database, settings: CallsSettings) -> str:
    """How many calls there are at all, where a condition leaves some out."""
    return "" if settings.where is None else f"; {database.calls:,} without the condition"


def _columns(database: Database, for_people: bool) -> str:
    """What is listed of a call, with what the source says of it."""
    names = [one.name for one in database.meta if one.name.lower() not in CALLS.names]
    meta = [identifier(name) for name in (names[:META_SHOWN] if for_people else names)]
    return ", ".join(["recording_id AS call", *meta, COLUMNS])


def _shown(rows: pa.Table, settings: CallsSettings) -> str:
    """The rows as text; programs are told them."""
    if is_wanted():
        tell_rows(rows.to_pylist())
        return ""
    return shown(rows, settings.to)


def _order(database: Database, sort: str) -> str:
    """The order in SQL: one of ORDERS, a column by its name, or what is given.

    Raises:
        SettingsError: it is a single word, and no such order or column.
    """
    column = _column(database, sort)
    if sort in ORDERS or column is None:
        if sort.isidentifier() and sort not in ORDERS:
            raise SettingsError(
                f"`sort` {sort}: expected one of {', '.join(ORDERS)}, or a column of the calls"
                f"{_meant(database, sort)}"
            )
        return ORDERS.get(sort, sort)
    return identifier(column)


def _column(database: Database, name: str) -> str | None:
    """The column of the calls with this name, in letters of any case."""
    columns = [*CALLS.names, *(one.name for one in database.meta)]
    return next((one for one in columns if one.lower() == name.strip('"').lower()), None)


def _meant(database: Database, name: str) -> str:
    """The column that was probably meant, and what else the calls are known by."""
    own = [one.name for one in database.meta]
    near = nearest(name, [*own, *CALLS.names])
    if near is not None:
        return f"; did you mean `{near}`?"
    if own:
        return f"; the calls are known by {', '.join(own)}"
    return (
        "; nothing else is known of these calls; `daf ingest` takes columns of a table with `meta`"
    )


def open_database(scores: str, limits: Limits | None = None) -> Database:
    """The views of finished scores; makes the tables of calls where an older daf made none."""
    output = scores_output(scores)
    ensure_calls(output)
    return Database(output, manifest_or_said(output), limits)


def _groups(database: Database, settings: CallsSettings, where: str) -> pa.Table:
    """A row for each group of calls, lowest mean first."""
    by = str(settings.by)
    column = _column(database, by)
    if column is None:
        raise SettingsError(f"`by` {by}: expected a column of the calls{_meant(database, by)}")
    # As the source has it: 10 stays 10, also among 9.5.
    texts = {one.name: one.text for one in database.meta if one.name.lower() not in CALLS.names}
    name = texts.get(column, f"CAST({identifier(column)} AS VARCHAR)")
    calls = database.query(
        f"SELECT * FROM (SELECT {name} AS name, sentiment FROM calls{where} "
        f"ORDER BY recording_id) WHERE sentiment IS NOT NULL"
    )
    if not len(calls):
        why = "" if settings.where is None else f"; {unmet(database, settings.where)}"
        raise SettingsError(f"expected scored calls to compare, found none{why}")
    found = groups_of(
        calls["sentiment"].to_numpy().astype(np.float64), calls["name"].to_pylist(), settings.least
    )
    return pa.Table.from_pylist([_row(one, column) for one in found])


def _row(group: Group, by: str) -> dict[str, object]:
    return {
        by: group.name,
        "calls": group.calls,
        "sentiment": group.mean,
        "low": group.low,
        "high": group.high,
        "difference": group.difference,
        "p": group.p,
        "differs": group.why_not or ("yes" if group.differs else "no"),
    }
