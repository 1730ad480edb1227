"""What a file holds that is no transcript of a known format, in a few words, for messages.

Words of a transcript are never shown: only names of columns and keys, and short ones.
"""

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from daf_core.sources.table_start import said_separator
from daf_core.sources.table_types import shown_columns
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.chat import is_chat
from daf_core.sources.transcripts.reading.table_lines import cells_of

_SHOWN = 12
_DELIMITERS = ("\t", ";", ",", "|")
_TABLES = (".csv", ".tsv", ".tab", ".psv")
_EXPECTED = "a start, an end or a speaker, and text"
_JSON = re.compile(r"\{\s{0,40}[\"}]|\[\s{0,40}[\]\[{\"\d-]|[\[{]\s{0,40}\Z")
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WORKBOOK = "a workbook; save the sheet that holds the words as .csv"
_BY_SUFFIX = {  # what an Office document is
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xltx", ".xls", ".ods", ".numbers"), _WORKBOOK),
    **dict.fromkeys((".pptx", ".ppt", ".odp", ".key"), "a presentation; save its text as .txt"),
    **dict.fromkeys((".odt", ".doc", ".pages"), "a text document; save it as .docx or .txt"),
}
OFFICE_SUFFIXES = frozenset(_BY_SUFFIX) | {".pdf", ".rtf"}
_IN_WORKBOOK = (b"xl/workbook.", b"xl/worksheets/", b"opendocument.spreadsheet")
_MAGIC = {
    b"%PDF": "a PDF; save its text as .txt",
    _ZIP: "a ZIP or Office document; unpack it, or save its text as .txt, .docx or .csv",
    _OLD_OFFICE: "an old Office document; save its text as .txt or .csv",
    b"\x1f\x8b": "a gzip file; unpack it",
    b"7z\xbc\xaf": "a 7z file; unpack it",
    b"Rar!": "a RAR file; unpack it",
    b"PAR1": "a Parquet file; a table is ingested by its own path",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"SQLite format": "a database",
}

_KINDS = frozenset({*_BY_SUFFIX.values(), *_MAGIC.values()})


def found_in(document: Document) -> str:
    """What was found in a text that no reader recognises, and what was expected of such a file."""
    text = document.text.lstrip("\ufeff \t\n")
    if not text:
        return "expected a recording or a transcript, found an empty file"
    if _is_json(text):
        return _json(document)
    if text[:1] == "<":
        return _xml(document)
    if is_chat(text):
        return "expected words that were spoken, found messages of a chat"
    if not document.name.lower().endswith(_TABLES):
        return "expected a recording or a transcript, found text without times"
    said, text = said_separator(text)
    first = text.lstrip().partition("\n")[0][:2_000]
    for delimiter in _DELIMITERS if said is None else (said,):
        names = [name.strip() for name in cells_of(first, delimiter)]
        if len(names) > 1 and "" not in names and all(len(name) <= 40 for name in names):
            if any(name[:1].isdigit() for name in names):
                return f"expected a first row that names {_EXPECTED}, found no names"
            return (
                f"expected columns of {_EXPECTED}, found {_names(names)}; name them start, end, "
                f"speaker and text"
            )
    return f"expected a table with {_EXPECTED}, found one column"


def found_by_magic(name: str, head: bytes) -> str | None:
    """What a binary file is by its first bytes, and of what programs of offices write by its name;
    None if they are of no kind that is known here.
    """
    kind = next((kind for mark, kind in _MAGIC.items() if head.startswith(mark)), None)
    if head.startswith((_ZIP, _OLD_OFFICE)):
        kind = _BY_SUFFIX.get(posixpath.splitext(name)[1].lower(), kind)
        if any(one in head for one in _IN_WORKBOOK):
            kind = _WORKBOOK  # whatever its name
    return None if kind is None else f"expected a recording or a transcript, found {kind}"


def told_by_magic(message: str) -> str | None:
    """What `found_by_magic` said, at the end of a message; None if it says something else. It names
    nobody.
    """
    kinds = (f"expected a recording or a transcript, found {one}" for one in _KINDS)
    return next((kind for kind in kinds if message.endswith(kind)), None)


def _is_json(text: str) -> bool:
    """Whether a text begins as JSON does; other texts begin with [Events] or {0}."""
    return bool(_JSON.match(text))


def _json(document: Document) -> str:
    value = document.json
    if value is None:
        return _broken_json(document.text)
    if isinstance(value, dict):
        return f"expected JSON with {_EXPECTED}, found the keys {_names(value)}"
    objects = [one for one in value[:100] if isinstance(one, Mapping)] if value else []
    if not objects:
        return f"expected JSON with {_EXPECTED}, found a list of {len(value)} without objects"
    keys = dict.fromkeys(key for one in objects for key in one)
    return (
        f"expected a list of objects with {_EXPECTED}, found {len(value)} with the keys "
        f"{_names(keys)}"
    )


def _broken_json(text: str) -> str:
    """Where JSON stops being JSON; JSON Lines are looked at line by line."""
    try:
        json.loads(text)
    except json.JSONDecodeError as err:
        if err.msg.startswith("Extra data"):
            first = _first_value(text)
            if isinstance(first, dict):
                return f"expected lines with {_EXPECTED}, found the keys {_names(first)}"
        at = len(text[: err.pos].encode("utf-8", "surrogatepass"))
        rest = text[err.pos :].strip()
        cut = not rest or err.msg.startswith("Unterminated string")
        what = "is cut" if cut else "is damaged"
        return f"expected whole JSON, found JSON that {what} at byte {at} (line {err.lineno})"
    except RecursionError:
        return "expected JSON, found values nested too deep"
    return "expected JSON of a transcript, found more values than any transcript has"


def _first_value(text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text.lstrip("\ufeff \t\n"))[0]
    except (ValueError, RecursionError):
        return None


def _xml(document: Document) -> str:
    text = document.text.lstrip("\ufeff \t\n")
    try:
        root = fromstring(document.without_declaration())
    except DefusedXmlException:
        return "expected TTML or ELAN, found XML that declares entities, which are not read"
    except SyntaxError as err:
        line = getattr(err, "position", (0, 0))[0]
        if text[:100].lower().startswith(("<!doctype html", "<html")):
            return "expected a recording or a transcript, found a page of HTML"
        return f"expected TTML or ELAN, found XML that is damaged at line {line}"
    except ValueError:
        return "expected TTML or ELAN, found XML that cannot be read"
    tag = root.tag.rpartition("}")[2]
    if tag.lower() == "html":
        return "expected a recording or a transcript, found a page of HTML"
    return f"expected TTML or ELAN, found XML whose root is {_names([tag])}"


def _names(names: Iterable[Any]) -> str:
    every = [str(name) for name in names]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return f"{shown_columns(every[:_SHOWN])}{more}"
