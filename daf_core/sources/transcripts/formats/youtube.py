"""YouTube's own captions, as yt-dlp saves them: json3, and the XML of srv1, srv2 and srv3.

{"events": [{"tStartMs": 0, "dDurationMs": 2000, "segs": [{"utf8": "so"}, {"utf8": " it is"}]}]}
<transcript><text start="0" dur="2.0">so it is</text></transcript>                  (srv1)
<timedtext><text t="0" d="2000">so it is</text></timedtext>                         (srv2)
<timedtext format="3"><body><p t="0" d="2000"><s>so</s><s> it is</s></p></body></timedtext>
"""

from xml.etree.ElementTree import Element

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.json_fields import (
    MOST_ENTRIES,
    Fields,
    Unreadable,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.markup import plain

_ROOTS = ("transcript", "timedtext")


def recognises(document: Document) -> bool:
    """Whether the document has events with segments of text, or is XML with such a root."""
    events = [one for one in root(document).entries("events")[:50] if isinstance(one, dict)]
    if any("tStartMs" in one and "segs" in one for one in events):
        return True
    return document.xml is not None and document.xml.tag in _ROOTS and bool(_elements(document.xml))


def read(document: Document) -> Transcript:
    """One cue per event or element that has words; windows and line ends have none."""
    if document.xml is None:
        cues, unread = read_each(root(document).entries("events"), "event", _event)
    else:
        found = (_as_fields(one) for one in _elements(document.xml))
        cues, unread = read_each(found, "caption", _caption)
    return Transcript(cues=cues, unread=unread)


def _event(fields: Fields) -> list[Cue]:
    pieces = [Fields(one) for one in fields.entries("segs") if isinstance(one, dict)]
    text = "".join(one.get("utf8") for one in pieces if isinstance(one.get("utf8"), str))
    return _cue(fields, text, "tStartMs", "dDurationMs", 1000)


def _caption(fields: Fields) -> list[Cue]:
    text = fields.get("words")
    if fields.has("start"):
        return _cue(fields, plain(text), "start", "dur", 1)  # entities are escaped twice
    return _cue(fields, text, "t", "d", 1000)


def _cue(fields: Fields, raw: str, start: str, length: str, unit: float) -> list[Cue]:
    text = Fields({"text": raw}).text("text")
    if not text:
        return []
    start_s, length_s = (fields.seconds(name, per_second=unit) for name in (start, length))
    if start_s is None:
        raise Unreadable
    return [
        Cue(
            text=text,
            start_s=start_s,
            end_s=None if length_s is None else round(start_s + length_s, 6),
        )
    ]


def _elements(top: Element) -> list[Element]:
    """The captions of the three kinds."""
    body = top.find("body")
    found = top.findall("text") if body is None else body.findall("p")
    return [one for one in found if one.get("start") or one.get("t")][: MOST_ENTRIES + 1]


def _as_fields(element: Element) -> dict[str, str]:
    return {**element.attrib, "words": "".join(element.itertext())}
