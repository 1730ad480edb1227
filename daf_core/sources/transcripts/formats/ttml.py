"""TTML and its profiles: IMSC, EBU-TT, SMPTE-TT, the older DFXP. https://www.w3.org/TR/ttml2/"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.markup import plain
from daf_core.sources.transcripts.reading.singles import are_words
from daf_core.sources.transcripts.reading.ttml_times import Rates, are_absolute
from daf_core.sources.transcripts.reading.words import Word, utterances

_DEEPEST = 50  # elements within one another
_NO_WORDS = frozenset({"head", "metadata", "set", "animate", "desc", "title", "agent", "image"})
_XML = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True)
class _Scope:
    """What an element has from those around it: times in seconds, and who speaks."""

    start_s: float = 0.0
    end_s: float | None = None
    timed: bool = False
    speaker: str | None = None


def recognises(document: Document) -> bool:
    """Whether the root of the XML is `tt`."""
    return document.xml is not None and _name(document.xml) == "tt"


def read(document: Document) -> Transcript:
    """Cues of a TTML document: its paragraphs, or the spans in them that have times of their own.

    Raises:
        BadInput: `unreadable_transcript`: the text is no whole XML, or more than 50 levels deep.
    """
    root = document.xml
    if root is None:
        raise BadInput("unreadable_transcript", "expected an XML document, found none")
    rates = Rates.from_root(root)
    reader = _Reader(rates, _agents(root), are_absolute(root, rates))
    for body in root:
        if _name(body) == "body":
            reader.container(body, _Scope(), 0)
    return Transcript(
        cues=_of_paragraphs(reader.paragraphs),
        unread=reader.unread,
        language=root.get(f"{_XML}lang") or None,
    )


def _of_paragraphs(paragraphs: list[list[Cue]]) -> list[Cue]:
    """The pieces of all paragraphs; where most are single words, those of each are grouped."""
    pieces = [cue for own in paragraphs for cue in own]
    if not are_words(pieces):
        return pieces
    return [cue for own in paragraphs for cue in utterances(map(Word.from_cue, own))]


class _Reader:
    """Walks the elements; `paragraphs`, the cues of each, and `unread` grow."""

    def __init__(self, rates: Rates, agents: dict[str, str], absolute: bool) -> None:
        self._rates = rates
        self._agents = agents
        self._absolute = absolute
        self._paragraphs = 0
        self.paragraphs: list[list[Cue]] = []
        self.unread: list[str] = []

    def container(self, element: Element, around: _Scope, depth: int) -> float | None:
        """Read an element of the body; returns when it ends, for what follows it in sequence."""
        if depth > _DEEPEST:
            raise BadInput("unreadable_transcript", f"expected at most {_DEEPEST} levels of XML")
        if _name(element) == "p":
            self._paragraphs += 1
        scope = self._scope(element, around)
        if scope is None:
            self.unread.append(f"paragraph {self._paragraphs}")
            return None
        if _name(element) == "p":
            self._paragraph(element, scope)
            return scope.end_s
        in_sequence = _attribute(element, "timeContainer") == "seq"
        inner = scope
        last_s = scope.end_s
        for child in element:
            if _name(child) not in _NO_WORDS:
                last_s = self.container(child, inner, depth + 1)
                if in_sequence and last_s is not None:
                    inner = replace(inner, start_s=last_s)
        return last_s if scope.end_s is None else scope.end_s

    def _paragraph(self, element: Element, scope: _Scope) -> None:
        """Cues of one paragraph: neighbouring pieces of the same times and speaker are one."""
        pieces: list[tuple[_Scope, list[str]]] = []
        for piece, text in self._pieces(element, scope, 0):
            if pieces and (pieces[-1][0] == piece or not text.strip()):
                pieces[-1][1].append(text)
            else:
                pieces.append((piece, [text]))
        cues: list[Cue] = []
        glued = False  # to the piece before: syllables have spans too
        for piece, texts in pieces:
            raw = "".join(texts)
            words = plain(_escaped(raw))
            if words and glued and raw[:1].strip() and cues[-1].speaker == piece.speaker:
                cues[-1] = replace(cues[-1], text=cues[-1].text + words, end_s=piece.end_s)
            elif words:
                times = (piece.start_s, piece.end_s) if piece.timed else (None, None)
                cues.append(
                    Cue(text=words, start_s=times[0], end_s=times[1], speaker=piece.speaker)
                )
            glued = bool(cues) and bool(raw[-1:].strip())
        self.paragraphs.append(cues)

    def _pieces(self, element: Element, scope: _Scope, depth: int) -> Iterator[tuple[_Scope, str]]:
        if depth > _DEEPEST:
            raise BadInput("unreadable_transcript", f"expected at most {_DEEPEST} levels of XML")
        yield scope, _one_line(element.text)
        for child in element:
            name = _name(child)
            if name == "br":
                yield scope, "\n"
            elif name not in _NO_WORDS and isinstance(child.tag, str):
                inner = self._scope(child, scope)
                if inner is None:
                    self.unread.append(f"paragraph {self._paragraphs}")
                else:
                    yield from self._pieces(child, inner, depth + 1)
            yield scope, _one_line(child.tail)

    def _scope(self, element: Element, around: _Scope) -> _Scope | None:
        """The times and speaker of an element, None where a time cannot be read."""
        given = {key: _attribute(element, key) for key in ("begin", "end", "dur")}
        times = {key: self._rates.seconds(text) for key, text in given.items() if text is not None}
        if None in times.values():
            return None
        agent = _attribute(element, "agent")
        speaker = around.speaker if not agent else self._agents.get(agent.split()[0], agent)
        zero_s = 0.0 if self._absolute else around.start_s
        begin, end = times.get("begin"), times.get("end")
        start_s = around.start_s if begin is None else round(zero_s + begin, 6)
        ends = [
            around.end_s,
            None if end is None else round(zero_s + end, 6),
            None if (dur := times.get("dur")) is None else round(start_s + dur, 6),
        ]
        end_s = min((end for end in ends if end is not None), default=None)
        return _Scope(start_s, end_s, around.timed or bool(times), speaker)


def _agents(root: Element) -> dict[str, str]:
    """Names of the agents by their ids; the id itself where an agent has no name."""
    names = {}
    for element in root.iter():
        identifier = element.get(f"{_XML}id")
        if _name(element) == "agent" and identifier:
            texts = (" ".join((child.text or "").split()) for child in element)
            names[identifier] = next((text for text in texts if text), identifier)
    return names


def _one_line(text: str | None) -> str:
    """Text in which line breaks are blanks, as only `br` breaks a line."""
    return (text or "").replace("\n", " ")


def _escaped(text: str) -> str:
    """Text of XML, whose entities are decoded, as `plain` expects it."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _attribute(element: Element, name: str) -> str | None:
    """An attribute by its name in any namespace, as the older profiles have others."""
    found = element.get(name)
    if found is not None or name in ("begin", "end", "dur", "timeContainer"):
        return found
    return next((v for key, v in element.attrib.items() if key.rpartition("}")[2] == name), None)
