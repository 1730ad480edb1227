"""The text of a Word document (.docx), as Teams, Otter and Rev hand out transcripts.

Paragraphs and breaks are lines; what was deleted, and notes beside the text, are left out.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from daf_core.errors import BadInput

MAGIC = b"PK\x03\x04"
_BODY = "word/document.xml"
_LARGEST_XML = 64 << 20  # bytes, unfolded: words of a day take a tenth
_LARGEST_TEXT = 16 << 20  # characters
_MOST_ENTRIES = 10_000  # of the archive
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def is_word_document(data: bytes) -> bool:
    """Whether bytes are an archive that names the body of a Word document."""
    return data.startswith(MAGIC) and _BODY.encode() in data


def text_of(data: bytes) -> str:
    """The lines of a Word document.

    Raises:
        BadInput: `unreadable_transcript`: the archive or its XML is damaged, protected, or larger
            than 64 MiB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > _MOST_ENTRIES:
                raise BadInput("unreadable_transcript", "expected a document, found an archive")
            with archive.open(_BODY) as file:
                body = file.read(_LARGEST_XML + 1)
        if len(body) > _LARGEST_XML:
            raise BadInput(
                "unreadable_transcript", f"expected at most {_LARGEST_XML} bytes of XML, found more"
            )
        return "".join(_pieces(body))
    except BadInput:
        raise
    except (zipfile.BadZipFile, zlib.error, ParseError, DefusedXmlException) as err:
        raise BadInput(
            "unreadable_transcript", "expected a Word document, found a damaged one"
        ) from err
    except (RuntimeError, NotImplementedError, KeyError, EOFError, ValueError) as err:
        raise BadInput(
            "unreadable_transcript", "expected a Word document, found one that is protected or cut"
        ) from err


def _pieces(body: bytes) -> Iterator[str]:
    """Text, signs and line ends in the order of the document."""
    length = 0
    for _, element in iterparse(io.BytesIO(body)):
        piece = _piece(element)
        length += len(piece)
        if length > _LARGEST_TEXT:
            raise BadInput(
                "unreadable_transcript", f"expected at most {_LARGEST_TEXT} letters, found more"
            )
        yield piece
        element.clear()


def _piece(element: Element) -> str:
    name = str(element.tag).rpartition("}")[2]
    if name == "t":
        return element.text or ""
    return "\n" if name == "p" else _SIGNS.get(name, "")
