"""What `daf convert` did not write: told by kind on the terminal, and file by file in a table."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from daf_core.spreadsheet import escaped
from daf_core.storage.files import delete, exists, join, publish

TABLE = "not_used.csv"
NO_TEXT = "no_text"  # media beside transcripts: counted and in the table, but no fault
_SHOWN = 3  # of each reason


class Refused(NamedTuple):
    """A file or recording that was not written, or not whole. message: begins with its name."""

    name: str
    reason: str
    message: str


def faults(refused: Sequence[Refused]) -> list[Refused]:
    """Those that should have been written: all but files that hold no text."""
    return [one for one in refused if one.reason != NO_TEXT]


def lines(refused: Sequence[Refused]) -> list[str]:
    """One line a reason: how many files, and the first of them."""
    by_reason: dict[str, list[Refused]] = {}
    for one in faults(refused):
        by_reason.setdefault(one.reason, []).append(one)
    said = []
    for reason, own in by_reason.items():
        shown = [one.message for one in own[:_SHOWN]]
        more = f" (and {len(own) - _SHOWN} more)" if len(own) > _SHOWN else ""
        said.append(f"{len(own)} {reason}: {'; '.join(shown)}{more}")
    return said


def write_table(folder: str, refused: Sequence[Refused]) -> None:
    """Write all of them to a table in the output folder; delete that of an earlier run."""
    uri = join(folder, TABLE)
    if refused:
        sink = io.StringIO()
        csv.writer(sink, lineterminator="\n").writerows(
            [Refused._fields, *(map(escaped, one) for one in refused)]
        )
        publish(uri, sink.getvalue().encode("utf-8", "backslashreplace"))
    elif exists(uri):
        delete(uri)
