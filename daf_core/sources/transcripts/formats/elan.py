"""ELAN (.eaf): annotations on tiers, with times in slots of their own or of their parents.

https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.tiers import Interval, Tier, cues_of

_ROOT = "ANNOTATION_DOCUMENT"
_UNIT_S = {"milliseconds": 0.001, "PAL-frames": 0.04, "NTSC-frames": 1001 / 30_000}
_DEEPEST = 20  # tiers below one another


@dataclass
class _Annotation:
    tier: str
    text: str
    slots: tuple[str, str] | None
    below: list["_Annotation"] = field(default_factory=list)


def recognises(document: Document) -> bool:
    """Whether the root of the XML is ELAN's."""
    return _ROOT in document.text[:2000] and document.xml is not None and document.xml.tag == _ROOT


def read(document: Document) -> Transcript:
    """Annotations of the tiers that depend on no other, as cues.

    Other tiers translate, gloss or divide what these hold. Only where a tier has no words of its
    own, but empty annotations or numbers, are the words those of the
    first tier below that has some.

    Raises:
        BadInput: `unreadable_transcript`: the text is no whole XML.
    """
    root = document.xml
    if root is None:
        raise BadInput("unreadable_transcript", "expected an XML document, found none")
    times = _slot_times(root)
    annotations, unread = _annotations(root)
    by_name = {tier.get("TIER_ID", ""): tier for tier in root.iter("TIER")}
    tiers = [
        Tier(
            name,
            _intervals(annotations[name], times),
            (tier.get("PARTICIPANT") or "").strip() or None,
        )
        for name, tier in by_name.items()
        if tier.get("PARENT_REF") is None
    ]
    return Transcript(cues=cues_of(tiers), unread=unread, language=_language(root))


def _slot_times(root: Element) -> dict[str, float]:
    """Seconds of the time slots; slots without a value divide the time between their neighbours."""
    header = root.find("HEADER")
    units = header.get("TIME_UNITS", "milliseconds") if header is not None else "milliseconds"
    unit_s = _UNIT_S.get(units, 0.001)
    times: dict[str, float] = {}
    waiting: list[str] = []
    last_s = 0.0
    for slot in root.iter("TIME_SLOT"):
        name, value = slot.get("TIME_SLOT_ID", ""), slot.get("TIME_VALUE", "")
        if not (value.isascii() and value.isdigit() and len(value) < 12):
            waiting.append(name)
            continue
        time_s = round(int(value) * unit_s, 6)
        for number, between in enumerate(waiting, start=1):
            times[between] = last_s + (time_s - last_s) * number / (len(waiting) + 1)
        times[name] = last_s = time_s
        waiting = []
    return times


def _annotations(root: Element) -> tuple[dict[str, list[_Annotation]], list[str]]:
    """The annotations of each tier, joined to their parents; and the ids of those without any."""
    by_tier: dict[str, list[_Annotation]] = {}
    by_id: dict[str, _Annotation] = {}
    parents: list[tuple[str, _Annotation, str]] = []
    for tier in root.iter("TIER"):
        name = tier.get("TIER_ID", "")
        of_tier = by_tier.setdefault(name, [])
        for element in tier.iter():
            if element.tag not in ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"):
                continue
            first, second = element.get("TIME_SLOT_REF1"), element.get("TIME_SLOT_REF2")
            annotation = _Annotation(
                name,
                (element.findtext("ANNOTATION_VALUE") or "").strip(),
                (first, second) if first is not None and second is not None else None,
            )
            of_tier.append(annotation)
            identifier = element.get("ANNOTATION_ID", "")
            by_id[identifier] = annotation
            if element.tag == "REF_ANNOTATION":
                parents.append((element.get("ANNOTATION_REF", ""), annotation, identifier))
    unread = []
    for parent, annotation, identifier in parents:
        if parent in by_id:
            by_id[parent].below.append(annotation)
        else:
            unread.append(f"annotation {identifier}")
    return by_tier, unread


def _intervals(annotations: list[_Annotation], times: dict[str, float]) -> list[Interval]:
    numbered = sum(_is_number(one.text) for one in annotations) * 2 > len(annotations)
    return [
        Interval(
            times.get(one.slots[0]) if one.slots else None,
            times.get(one.slots[1]) if one.slots else None,
            _words_below(one, 0) if numbered or not one.text else one.text,
        )
        for one in annotations
    ]


def _words_below(annotation: _Annotation, depth: int) -> str:
    """The words of the first tier below an annotation that has some."""
    if depth == _DEEPEST:
        return ""
    tiers: dict[str, list[_Annotation]] = {}
    for one in annotation.below:
        tiers.setdefault(one.tier, []).append(one)
    for below in tiers.values():
        texts = [
            _words_below(one, depth + 1) if not one.text or _is_number(one.text) else one.text
            for one in below
        ]
        if any(texts):
            return " ".join(text for text in texts if text)
    return annotation.text if not tiers and depth == 0 else ""


def _is_number(text: str) -> bool:
    """Whether an annotation is the number of a sentence, such as `story_012`."""
    return " " not in text and any(letter.isdigit() for letter in text)


def _language(root: Element) -> str | None:
    found: Iterator[str | None] = (
        tier.get("DEFAULT_LOCALE") or tier.get("LANG_REF") for tier in root.iter("TIER")
    )
    languages = {one for one in found if one}
    return languages.pop().replace("_", "-") if len(languages) == 1 else None
