"""A file that may be a transcript: its text, and the JSON or XML that the text holds."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

import charset_normalizer
import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from daf_core.errors import BadInput
from daf_core.sources.transcripts.reading.frames import without_frames

LARGEST_BYTES = 64 << 20  # far above any transcript: a word takes about 100 bytes in JSON
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
MOST_JSON_VALUES = 8_000_000  # each takes up to 70 bytes; words and tokens of a day are fewer
_USUAL = "cp1252"
_NEARLY = 0.1  # of the measures of letters and of words, from 0 to 1
_BROKEN = "\ufffd"
_SAMPLE_BYTES = 64 << 10  # enough to tell an encoding


@dataclass(frozen=True)
class Document:
    """The decoded text of a file; `name` is its name, for formats that nothing else tells apart.

    Line ends are "\\n".
    """

    name: str
    text: str

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


def decode_text(data: bytes) -> str:
    """The text of a file's bytes: encoding by byte order mark, UTF-8, or by its letters.

    Raises:
        BadInput: `bad_encoding`: the bytes are no text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding)
    try:
        text = data.decode()
    except UnicodeDecodeError as err:
        if (damaged := _damaged_utf8(data)) is not None:
            return _lines(damaged)
        start = data.rfind(b"\n", 0, err.start) + 1  # what is before tells nothing
        return _decoded(data, _likely_encoding(data[start : start + _SAMPLE_BYTES]))
    if "\x00" in text:
        return _decoded(data, "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be")
    return _lines(text)


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


def _likely_encoding(sample: bytes) -> str:
    """The encoding that gives the likeliest letters; a usual one where it is nearly as good."""
    matches = [*charset_normalizer.from_bytes(sample)]
    if not matches:
        raise BadInput("bad_encoding", "expected text, found bytes of no known encoding")
    likely = {one.encoding: one.coherence - one.chaos for one in matches}
    best = max(likely.values())
    # mac_cyrillic has the small letters of cp1251, mac_iceland those of mac_roman.
    near = {name: score for name, score in likely.items() if score >= best - _NEARLY}
    usual = {name: score for name, score in near.items() if not name.startswith("mac_")} or near
    first = max(usual, key=lambda name: usual[name])
    # For a few words of Spanish or French the two are alike, and 1250 comes first by its name.
    return _USUAL if usual.get(_USUAL) == usual[first] else first


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as err:
        raise BadInput(
            "bad_encoding", f"expected text in {encoding}, found other bytes at {err.start}"
        ) from err
    if "\x00" in text:
        raise BadInput("bad_encoding", "expected text, found bytes of value 0")
    return _lines(text)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
