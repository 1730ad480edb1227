"""daf export: utterances, calls and speakers in a form that other programs take."""

import json
from collections.abc import Iterable
from dataclasses import replace

import duckdb
import pyarrow as pa

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.export.amazon import amazon_call
from daf_core.export.columns import described, in_reading_order
from daf_core.export.redacted import Marks, marks_of, redacted
from daf_core.export.tables import Batches, write_csv, write_json_lines, write_xlsx
from daf_core.query.database import Database
from daf_core.report.printable import inert_json
from daf_core.schemas import Row
from daf_core.storage import files
from jobs.command.told import tell
from jobs.settings import ExportSettings
from jobs.verbs.calls import open_database
from jobs.verbs.file_names import FileNames
from jobs.verbs.unmet import unmet

TABLES = ("utterances", "calls", "speakers")
CALLS_AT_ONCE = 500
_NAMES = """
    SELECT recording_id, name FROM (
        SELECT recording_id, speaker AS name, start_s FROM utterances
        UNION ALL SELECT recording_id, role, start_s FROM utterances
    ) WHERE name IS NOT NULL
    GROUP BY recording_id, name ORDER BY recording_id, min(start_s), name
"""


def run(settings: ExportSettings) -> str:
    """Write the files; returns a summary of one line.

    Raises:
        SettingsError: the scores are not finished, `where` is wrong, or a table is too large for
            the form.
        NotDone: a file cannot be read or written.
    """
    database = open_database(settings.scores)
    marks = marks_of(database.batches(_NAMES)) if settings.redact else None
    if settings.form == "amazon":
        return _amazon(settings, database, marks)
    tables = ((name, _table(settings, database, name, marks)) for name in TABLES)
    if settings.form == "xlsx":
        counts = _xlsx(settings, database, marks)
    elif settings.form == "duckdb":
        counts = _duckdb(settings, tables)
    else:
        write = write_csv if settings.form == "csv" else write_json_lines
        counts = {}
        for name, batches in tables:
            uri = files.join(settings.out, f"{name}.{settings.form}")
            with files.written(uri) as path, open(path, "w", encoding="utf-8", newline="") as file:
                counts[name] = write(batches, file)
    tell("exported", out=settings.out, **counts)
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return f"{settings.out}: {said}{_why_none(settings, database, counts['calls'])}"


def _why_none(settings: ExportSettings, database: Database, calls: int) -> str:
    """Why nothing is written, where a condition holds of no call."""
    return "" if calls or settings.where is None else f"; {unmet(database, settings.where)}"


def _table(settings: ExportSettings, database: Database, name: str, marks: Marks | None) -> Batches:
    """The rows of a table in order, of the calls that are wanted; utterances with their words. With
    the marks of speakers where numbers and addresses are redacted.
    """
    rows = database.batches(f"{_rows(settings, name)} {_order(name)}")
    return rows if marks is None else redacted(rows, marks)


def _rows(settings: ExportSettings, name: str) -> str:
    chosen = "" if settings.where is None else _of_chosen(settings.where)
    columns = "*" if name != "utterances" or settings.text else "* EXCLUDE (text)"
    return f"SELECT {columns} FROM {name}{chosen}"


def _order(name: str) -> str:
    order = {"calls": "recording_id", "utterances": "recording_id, start_s, utterance_id"}
    return f"ORDER BY {order.get(name, 'recording_id, start_s, channel, speaker')}"


def _xlsx(settings: ExportSettings, database: Database, marks: Marks | None) -> dict[str, int]:
    """A workbook that opens on the calls, with what is read first in front."""
    meta = [one.name for one in database.meta]
    tables = [
        (name, in_reading_order(name, _table(settings, database, name, marks), meta))
        for name in ("calls", "speakers", "utterances")
    ]
    with files.written(settings.out) as path, open(path, "wb") as file:
        counts = write_xlsx([*tables, ("columns", described(meta).to_batches())], file)
    return {name: counts[name] for name in TABLES}


def _of_chosen(where: str) -> str:
    return f" WHERE recording_id IN (SELECT recording_id FROM calls WHERE ({where}\n))"


def _duckdb(settings: ExportSettings, tables: Iterable[tuple[str, Batches]]) -> dict[str, int]:
    if files.is_remote(settings.out):
        raise SettingsError(f"`out` {settings.out}: expected a file of this machine for duckdb")
    counts = {}
    with files.written(settings.out) as path:
        files.delete(path)  # DuckDB makes its file itself
        with duckdb.connect(path) as connection:
            for name, batches in tables:
                rows = pa.Table.from_batches(batches)
                connection.register("rows", rows)
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
                connection.unregister("rows")
                (counts[name],) = connection.sql(f"SELECT count(*) FROM {name}").fetchall()[0]
    return counts


def _amazon(settings: ExportSettings, database: Database, marks: Marks | None) -> str:
    """A file for each call of which anything is scored."""
    chosen = "" if settings.where is None else f" AND ({settings.where}\n)"
    ids = database.query(
        f"SELECT recording_id FROM calls WHERE utterances > 0{chosen} ORDER BY recording_id"
    )["recording_id"].to_pylist()
    names = FileNames("json")
    for start in range(0, len(ids), CALLS_AT_ONCE):
        tables = [
            _by_recording(
                _table(replace(settings, where=_among(ids, start)), database, name, marks)
            )
            for name in ("calls", "speakers", "utterances")
        ]
        for recording_id in ids[start : start + CALLS_AT_ONCE]:
            (call,), speakers, utterances = (table[recording_id] for table in tables)
            found = amazon_call(call, speakers, utterances)
            uri = files.join(settings.out, names.of(recording_id))
            text = inert_json(json.dumps(found, ensure_ascii=False, indent=1))
            files.publish(uri, text.encode())
    tell("exported", out=settings.out, calls=len(ids))
    written = number_of(len(ids), "call")
    return f"{settings.out}: {written}{_why_none(settings, database, len(ids))}"


def _among(ids: list[str], start: int) -> str:
    """A condition that holds for CALLS_AT_ONCE of the sorted ids."""
    own = ids[start : start + CALLS_AT_ONCE]
    return "recording_id IN (" + ", ".join("'" + one.replace("'", "''") + "'" for one in own) + ")"


def _by_recording(batches: Batches) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for batch in batches:
        for row in batch.to_pylist():
            row.setdefault("text", None)
            found.setdefault(row["recording_id"], []).append(row)
    return found
