"""What a stored table says of itself, and whether it is so: its kind, version, columns, name and
number of rows.
"""

import json
import posixpath
from collections.abc import Mapping, Sequence

import pyarrow as pa

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.schemas import (
    LEVEL,
    MANIFEST,
    MEASURED,
    META,
    PREDICTIONS,
    QUARANTINE,
    SCORES,
    VERSION,
    WHY_WEIGHTS,
    WORD_COUNT,
    WORDS,
    embeddings_schema,
)
from daf_core.storage.call_columns import CALLS, SPEAKERS

_COLUMNS = {  # of the kinds that have always the same; embeddings have others too
    "manifest": MANIFEST,
    "embeddings": embeddings_schema({}),
    "scores": SCORES,
    "predictions": PREDICTIONS,
    "words": WORDS,
    "quarantine": QUARANTINE,
    "calls": CALLS,
    "speakers": SPEAKERS,
}
_LATER = {  # columns that tables of older runs lack
    "embeddings": (*MEASURED, META),
    "scores": (LEVEL, WORD_COUNT, WHY_WEIGHTS),
    "quarantine": (META,),
    "calls": (*CALLS,),
    "speakers": (*SPEAKERS,),
}

SHAPES_FOOTER = b"daf.shapes"  # footer entry: of embedding columns
FACTS_FOOTER = "daf.facts"  # footer entry: the facts about a part (`part_index`)
# Kinds whose facts say how many rows they have.
_COUNTED = ("manifest", "embeddings", "scores", "calls", "compacted")
MOST_ROWS = 1_000_000  # of a part; 4,096 are usual
_MANY = ("compacted", "predictions", "words")  # kinds of which a part may have more

_OF_CALLS = ("calls", "speakers")


def table_kind(kind: str) -> dict[str, str]:
    """Footer entries with the kind and version of a table."""
    return {"daf.table": kind, "daf.version": str(VERSION)}


def columns_of(kind: str) -> pa.Schema:
    """The columns that every table of a kind has; none of kinds whose columns differ."""
    return _COLUMNS.get(kind, pa.schema([]))


def check_columns(
    found: pa.Schema, kind: str, uri: str, wanted: Sequence[str] | None = None
) -> None:
    """Check that the table at `uri` has the columns of its kind.

    wanted: which are read; None: all that there are. Tables of calls that an older daf made lack
    some.

    Raises:
        SettingsError: it lacks one, has one twice, or one has another type.
    """
    if kind == "embeddings" and SHAPES_FOOTER in (found.metadata or {}):
        _check_embeddings(found, uri)
    later = {one.name for one in _LATER.get(kind, ())}
    if kind in _OF_CALLS:
        later -= {*(wanted or ())}
    for field in columns_of(kind):
        types = [found.field(index).type for index in found.get_all_field_indices(field.name)]
        if types != [field.type] and (types or field.name not in later):
            raise SettingsError(
                f"{uri}: {field.name}: expected one column of type {field.type}, found "
                f"{', '.join(map(str, types)) or 'none'}; the file is damaged"
            )


def shapes_of(metadata: Mapping[bytes, bytes] | None, uri: str) -> dict[str, tuple[int, int]]:
    """Embedding column → layers and features of a value, from the footer of embeddings at `uri`.

    Raises:
        SettingsError: the footer does not say it.
    """
    try:
        said = json.loads((metadata or {})[SHAPES_FOOTER])
        return {name: (int(layers), int(features)) for name, (layers, features) in said.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise SettingsError(
            f"{uri}: expected the shapes of embeddings in the footer, found none; the file is "
            f"damaged: run `daf embed` again"
        ) from err


def _check_embeddings(found: pa.Schema, uri: str) -> None:
    for name, (layers, features) in shapes_of(found.metadata, uri).items():
        kind = pa.list_(pa.float16(), layers * features)
        types = [found.field(index).type for index in found.get_all_field_indices(name)]
        if types != [kind]:
            raise SettingsError(
                f"{uri}: {name}: expected one column of type {kind}, found "
                f"{', '.join(map(str, types)) or 'none'}; the file is damaged: run `daf embed` "
                f"again"
            )


def check_kind(footer: dict[str, str], kind: str, uri: str) -> None:
    """Check the kind and version in the footer of the table at `uri`.

    Raises:
        SettingsError: `uri` is not a `kind` table of this version.
    """
    found, version = footer.get("daf.table"), footer.get("daf.version")
    if found != kind:
        raise SettingsError(f"{uri}: expected a {kind} table, found {found or 'a foreign file'}")
    if version != str(VERSION):
        raise SettingsError(
            f"{uri}: expected a {kind} table of version {VERSION}, found version {version}; "
            f"make it again with this daf"
        )


def check_facts(footer: dict[str, str], rows: int, kind: str, uri: str) -> None:
    """Check that a part is what it says of itself, before its rows are read: they may take far more
    memory than its file has bytes.

    rows: how many the file says that it has.

    Raises:
        SettingsError: the facts in the footer are of another part or number of rows, or there are
            more rows than a part may have.
    """
    if (text := footer.get(FACTS_FOOTER)) is None:
        return
    try:
        facts = json.loads(text)
        named, counted = facts["part"], facts["rows"]
    except (ValueError, KeyError, TypeError, RecursionError) as err:
        raise SettingsError(f"{uri}: expected facts about the part in its footer; damaged") from err
    if named != posixpath.basename(uri):
        raise SettingsError(
            f"{uri}: expected the part of this name, found {str(named)[:40]}; parts were renamed "
            f"or swapped: make the output again"
        )
    if kind in _COUNTED and rows != counted and isinstance(counted, int):
        raise SettingsError(
            f"{uri}: expected {number_of(counted, 'row')}, as the footer says, found {rows:,}; "
            f"the file is damaged: make the part again"
        )
    if rows > MOST_ROWS and kind not in _MANY:
        raise SettingsError(
            f"{uri}: expected at most {MOST_ROWS:,} rows in a part, found {rows:,}; the file is "
            f"damaged: make the part again"
        )
