"""What a stored table says of itself, and whether it is so: its kind, version and columns."""

import pyarrow as pa

from daf_core.errors import SettingsError
from daf_core.schemas import (
    LEVEL,
    MANIFEST,
    META,
    PREDICTIONS,
    QUARANTINE,
    SCORES,
    VERSION,
    WHY_WEIGHTS,
    WORD_COUNT,
    WORDS,
)

_COLUMNS = {  # of the kinds that have always the same
    "manifest": MANIFEST,
    "scores": SCORES,
    "predictions": PREDICTIONS,
    "words": WORDS,
    "quarantine": QUARANTINE,
}
_LATER = {  # columns that tables of older runs lack
    "scores": (LEVEL, WORD_COUNT, WHY_WEIGHTS),
    "quarantine": (META,),
}


def table_kind(kind: str) -> dict[str, str]:
    """Footer entries with the kind and version of a table."""
    return {"daf.table": kind, "daf.version": str(VERSION)}


def check_columns(found: pa.Schema, kind: str, uri: str) -> None:
    """Check that the table at `uri` has the columns of its kind.

    Raises:
        SettingsError: it lacks one, has one twice, or one has another type.
    """
    for field in _COLUMNS.get(kind, ()):
        types = [found.field(index).type for index in found.get_all_field_indices(field.name)]
        if types != [field.type] and (types or field not in _LATER.get(kind, ())):
            raise SettingsError(
                f"{uri}: {field.name}: expected one column of type {field.type}, found "
                f"{', '.join(map(str, types)) or 'none'}; the file is damaged"
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
