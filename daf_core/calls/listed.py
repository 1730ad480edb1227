"""All calls with the columns of the list in one file of the index: many parts take long to open.

It is made with the tables of calls, and by browsing where it is missing or of other tables. What
the source says of all calls is read from it too.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pyarrow as pa

from daf_core.errors import NotDone, SettingsError
from daf_core.storage import files, parquet
from daf_core.storage.call_columns import CALLS
from daf_core.storage.output import Output
from daf_core.storage.publish_part import FINGERPRINT_FOOTER

LISTED = (
    *("recording_id", "status", "reason", "start_s", "end_s", "utterances", "quarantined"),
    *("sentiment", "sentiment_low", "sentiment_high", "change", "lowest_sentiment"),
    *("lowest_start_s", "lowest_utterance_id", "talk_s", "silence_s", "interruptions"),
    *("contradictions", "meta"),
)
SCHEMA = pa.schema(
    [
        pa.field("call", pa.int32()),  # its number, by which the words name it
        pa.field("part", pa.string()),
        *(CALLS.field(name) for name in LISTED),
    ]
)
_KIND = "listed"
_READERS = 8
_PARTS_AT_ONCE = 64


def read_listed(calls: Output, columns: Sequence[str] = SCHEMA.names) -> pa.Table | None:
    """The rows of all calls, these columns of SCHEMA; None if they are not kept, or of other tables
    of calls.
    """
    try:
        found = parquet.read_if_there(listed_uri(calls), _KIND, columns)
        if found is None or found[1].get(FINGERPRINT_FOOTER) != _fingerprint(calls):
            return None
    except (SettingsError, NotDone):
        return None
    return found[0].select(columns).cast(pa.schema([SCHEMA.field(name) for name in columns]))


def keep_listed(calls: Output, rows: pa.Table) -> None:
    """Keep the rows for the next time, where the folder can be written."""
    try:
        parquet.write(listed_uri(calls), rows, _KIND, {FINGERPRINT_FOOTER: _fingerprint(calls)})
    except (SettingsError, NotDone):  # or the tables have no index
        return


def gathered(calls: Output, passed: Callable[[int], None] = lambda _: None) -> pa.Table:
    """The rows of all calls, SCHEMA, from the parts of their table. passed: is told how many parts
    were read each time.

    Raises:
        NotDone: the storage fails.
    """
    found, count = [SCHEMA.empty_table()], 0
    for tables in read_parts(calls, calls.part_names(), list(LISTED)):
        for name, table in tables:
            numbers = np.arange(count, count + len(table), dtype=np.int32)
            count += len(table)
            columns = [pa.array(numbers), pa.array([name] * len(table), pa.string())]
            columns += table.select(LISTED).columns
            found.append(pa.table(columns, schema=SCHEMA))
        passed(len(tables))
    return pa.concat_tables(found).combine_chunks()


def read_parts(
    output: Output, names: list[str], columns: list[str]
) -> Iterator[list[tuple[str, pa.Table]]]:
    """Parts with these columns, in order, some at a time."""
    waiting = iter(names)
    with ThreadPoolExecutor(_READERS) as pool:
        while some := list(islice(waiting, _PARTS_AT_ONCE)):
            tables = list(pool.map(lambda name: output.read(name, columns), some))
            yield list(zip(some, tables, strict=True))


def listed_uri(calls: Output) -> str:
    """The file: it names recordings, and is to be deleted when one is forgotten."""
    return files.join(calls.root, "index", "listed.parquet")


def _fingerprint(calls: Output) -> str:
    """Of the parts that there are, and of their index, which names what each is made from."""
    names = "\n".join(calls.part_names()).encode()
    return hashlib.sha256(files.read_bytes(calls.index_uri) + names).hexdigest()[:16]
