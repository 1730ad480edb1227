"""A file that may be a transcript: its text, and the JSON or XML that the text holds."""

import codecs
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from daf_core.errors import BadInput
from daf_core.sources.text_encoding import BOMS, guess
from daf_core.sources.transcripts.reading.frames import without_frames

LARGEST_BYTES = 64 << 20  # far above any transcript: a word takes about 100 bytes in JSON
MOST_JSON_VALUES = 8_000_000  # each takes up to 70 bytes; words and tokens of a day are fewer
_BROKEN = "\ufffd"
_SAMPLE_BYTES = 1 << 20  # enough to tell an encoding
_DECLARED = re.compile(rb"""\s{0,40}<\?xml [^>]{0,200}encoding=["']([\w.:-]{1,40})""")


@dataclass(frozen=True)
class Document:
    """The decoded text of a file; `name` is its name, for formats that nothing else tells apart.

    Line ends are "\\n". guessed: the encoding, where the letters alone tell it.
    """

    name: str
    text: str
    guessed: str | None = None

    @cached_property
    def json(self) -> Any:
        """The JSON value that the text is, None if it is none, or would take too much memory."""
        if self.text.lstrip()[:1] not in ("{", "["):
            return None
        if sum(map(self.text.count, "{[,")) > MOST_JSON_VALUES:
            return None
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def xml(self) -> Element | None:
        """The root of the XML that the text is, None if it is none or declares entities."""
        if not self.text.lstrip().startswith("<"):
            return None
        try:
            # Bytes, as ElementTree refuses a text that declares its encoding.
            root: Element = defusedxml.ElementTree.fromstring(self.without_declaration())
        except (SyntaxError, ValueError, DefusedXmlException):
            return None
        return root

    @cached_property
    def in_seconds(self) -> str:
        """The text, with milliseconds for frames in its times."""
        return without_frames(self.text)

    def without_declaration(self) -> str:
        """The text of an XML, which is decoded, without what it says of its encoding."""
        text = self.text.lstrip()
        return text[text.index("?>") + 2 :] if text.startswith("<?xml") and "?>" in text else text


def decode_text(data: bytes) -> tuple[str, str | None]:
    """The text of a file's bytes, and its encoding if that is guessed: by its letters, where there
    is no byte order mark, it is not UTF-8, and no XML declares another. Bytes that a guessed
    encoding does not have become U+FFFD.

    Raises:
        BadInput: `bad_encoding`: the bytes are no text.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding), None
    try:
        text = data.decode()
    except UnicodeDecodeError as err:
        if (damaged := _damaged_utf8(data)) is not None:
            return _lines(damaged), None
        if (declared := _declared(data)) is not None:
            return declared, None
        start = data.rfind(b"\n", 0, err.start) + 1  # what is before tells nothing
        if (guessed := guess(data[start : start + _SAMPLE_BYTES])) is None:
            raise BadInput(
                "bad_encoding", "expected text, found bytes of no known encoding"
            ) from err
        return _decoded(data, guessed, errors="replace"), guessed
    if "\x00" in text:
        return _decoded(data, "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"), None
    return _lines(text), None


def _declared(data: bytes) -> str | None:
    """The text of an XML in the encoding that it declares, None if it declares none or another."""
    found = _DECLARED.match(data)
    try:
        return None if found is None else _lines(data.decode(codecs.lookup(found[1].decode()).name))
    except (LookupError, ValueError):
        return None


def _damaged_utf8(data: bytes) -> str | None:
    """Text in UTF-8 that is cut within a letter or has a few other bytes, which become U+FFFD; None
    where more is broken than whole: in other encodings hardly any letter is one of UTF-8.
    """
    text = data.decode(errors="replace")
    if "\x00" in text:
        return None
    broken = text.count(_BROKEN)
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if broken <= whole else None


def _decoded(data: bytes, encoding: str, errors: str = "strict") -> str:
    try:
        text = data.decode(encoding, errors)
    except UnicodeDecodeError as err:
        raise BadInput(
            "bad_encoding", f"expected text in {encoding}, found other bytes at {err.start}"
        ) from err
    if "\x00" in text:
        raise BadInput("bad_encoding", "expected text, found bytes of value 0")
    return _lines(text)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
