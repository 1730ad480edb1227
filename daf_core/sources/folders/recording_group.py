"""The files of one group: each recording with its transcript, or a transcript by itself."""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from daf_core.errors import BadInput
from daf_core.redaction.names import redacted_rows
from daf_core.redaction.redact import redacted_row
from daf_core.schemas import Row
from daf_core.sources.folders.by_speaker import with_speakers
from daf_core.sources.folders.by_transcript import cut_by_transcript
from daf_core.sources.folders.by_voice import cut_by_voice
from daf_core.sources.folders.choice import choose
from daf_core.sources.folders.contents import (
    Contents,
    Sound,
    Unreadable,
    Words,
    contents_of,
    contents_of_excerpt,
)
from daf_core.sources.folders.grouping import TEXT_SUFFIXES, stem, suffix
from daf_core.sources.folders.shared_transcripts import Excerpt
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.inspection import Inspected, identify
from daf_core.sources.labels import Label, apply_labels, unmatched
from daf_core.sources.manifest_rows import quarantine_row, unused_file


class Group(NamedTuple):
    """Files that belong together by name, as (name within the folder, URI).

    labels: of recordings of the group, if any; excerpts: what files of several recordings say of
    those of the group; meta: name → what is known of that file, such as its
    queue; ids: URI → id of recordings that the manifest holds already, which keep their ids.
    """

    files: Sequence[tuple[str, str]]
    labels: Sequence[Label] = ()
    meta: Mapping[str, Mapping[str, str]] = {}
    ids: Mapping[str, str] = {}
    excerpts: Sequence[Excerpt] = ()


def files_of(group: Group, error: BadInput) -> list[Row]:
    """Quarantine rows of the files of a group, where it cannot be inspected; of recordings with
    their ids, as they are calls.
    """
    sounds = [one for one in group.files if suffix(one[0]) not in TEXT_SUFFIXES]
    ids = dict(zip(sounds, _ids(sounds, group.ids), strict=True))
    ids = ids or {one: stem(one[0]) for one in group.files}  # words alone
    return [
        quarantine_row(
            error,
            {"recording_id": ids.get(one), "file": one[1], "meta": group.meta.get(one[0])},
        )
        for one in group.files
    ]


def inspect_group(
    group: Group, who: WhoSpeaks, raw: str | None = None, redact: bool = False
) -> Inspected:
    """Manifest rows of the recordings of a group, and quarantine rows.

    redact: numbers and addresses in words and names of speakers become marks, before ids follow.

    Quarantined are rows that cannot be used, and files that are not used, each with its reason.
    Several recordings of one stem have their suffix in their ids, and each takes the transcript of
    exactly its name where there is one.
    """
    contents: list[Contents] = [contents_of(name, uri, raw) for name, uri in group.files]
    contents += map(contents_of_excerpt, group.excerpts)
    sounds = [one for one in contents if isinstance(one, Sound)]
    texts = [one for one in contents if isinstance(one, Words | Unreadable)]
    unused = [one for one in contents if isinstance(one, dict)]
    if sounds:
        ids = _ids([(one.name, one.uri) for one in sounds], group.ids)
        named = zip(sounds, ids, strict=True)
        found = [_recording(one, name, texts, who, redact) for one, name in named]
        found.append(_unclaimed(sounds, texts))
    else:
        found = [_without_recording(texts, who, redact)]
    inspected = Inspected.from_several([*found, Inspected([], unused)])
    rows = [_with_meta(row, group, raw) for row in inspected.rows]
    rows = redacted_rows(rows) if redact else rows
    labelled = _labelled(rows, group.labels)
    refused = inspected.quarantined + labelled.quarantined
    files = {uri: name for name, uri in group.files}
    guessed = tuple(_guessed(texts, files)) if labelled.rows else ()
    refused = [_refused_with_meta(row, group, raw) for row in refused]
    return Inspected(labelled.rows, refused, guessed)


def _guessed(
    texts: list[Words | Unreadable], names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Encodings that were guessed, each with the file's name within the folder."""
    for one in texts:
        if isinstance(one, Words) and (encoding := one.transcript.guessed):
            yield encoding, names.get(one.uri, one.uri.rpartition("/")[2])


def _ids(sounds: Sequence[tuple[str, str]], known: Mapping[str, str]) -> list[str]:
    """The id of each recording, given by name and URI: the one it has in the manifest, else its
    stem if that is free.
    """
    stems = [stem(name) for name, _ in sounds]
    taken = {known[uri] for _, uri in sounds if uri in known}
    named = []
    for (name, uri), own in zip(sounds, stems, strict=True):
        free = stems.count(own) == 1 and own not in taken
        named.append(known.get(uri) or (own if free else name))
    return named


def _recording(
    sound: Sound,
    recording_id: str,
    texts: list[Words | Unreadable],
    who: WhoSpeaks,
    redact: bool,
) -> Inspected:
    beside = _beside(sound, texts)
    broken = [one for one in beside if isinstance(one, Unreadable)]
    chosen = choose([one for one in beside if isinstance(one, Words)])
    refused = [
        quarantine_row(one.error, {"recording_id": recording_id, "file": one.uri}) for one in broken
    ]
    try:
        if chosen.uri is not None:
            found = cut_by_transcript(recording_id, sound.uri, sound.size, chosen, who)
        elif isinstance(sound.size, BadInput):
            raise sound.size
        else:
            found = cut_by_voice(recording_id, sound.uri, sound.size, who)
        rows = with_speakers(found.rows, who, cut=chosen.uri is None)
    except BadInput as err:
        known = {"recording_id": recording_id, "audio_uri": sound.uri}
        found, rows = Inspected([], [quarantine_row(err, known)]), []
    identified = identify([*map(redacted_row, rows)] if redact else rows)
    quarantined = [*refused, *found.quarantined, *identified.quarantined, *chosen.not_used]
    return Inspected(identified.rows, quarantined)


def _beside(sound: Sound, texts: list[Words | Unreadable]) -> list[Words | Unreadable]:
    """The transcripts of a recording: those of exactly its stem or name if there are any."""
    for exact in (sound.name, stem(sound.name)):
        found = [one for one in texts if stem(one.name) == exact]
        if any(isinstance(one, Words) and one.timed for one in found):
            return found
    return texts


def _unclaimed(sounds: list[Sound], texts: list[Words | Unreadable]) -> Inspected:
    """Transcripts that no recording of the group takes, as each takes one of exactly its name."""
    claimed = {one.uri for sound in sounds for one in _beside(sound, texts)}
    why = "not read: each recording beside it has a transcript of exactly its name"
    other = BadInput("other_transcript", why)
    return Inspected(
        [],
        [
            unused_file(one.uri, one.error if isinstance(one, Unreadable) else other)
            for one in texts
            if one.uri not in claimed
        ],
    )


def _without_recording(texts: list[Words | Unreadable], who: WhoSpeaks, redact: bool) -> Inspected:
    """A transcript by itself: its words alone are scored."""
    refused = [
        quarantine_row(one.error, {"recording_id": stem(one.name), "file": one.uri})
        for one in texts
        if isinstance(one, Unreadable)
    ]
    readable = [one for one in texts if isinstance(one, Words)]
    alone = [one for one in readable if one.needs_recording or one.turns]
    chosen = choose([one for one in readable if one not in alone])
    why = "expected a recording of this name beside it, found none"
    unused = [unused_file(one.uri, BadInput("no_recording", why)) for one in alone]
    unused += chosen.not_used
    if chosen.uri is None:
        return Inspected([], [*refused, *unused])
    recording_id = stem(next(one.name for one in readable if one.uri == chosen.uri))
    found = cut_by_transcript(recording_id, None, None, chosen, who)
    identified = identify([*map(redacted_row, found.rows)] if redact else found.rows)
    return Inspected(
        identified.rows, [*refused, *found.quarantined, *identified.quarantined, *unused]
    )


def _with_meta(row: Row, group: Group, raw: str | None) -> Row:
    """A row with what is known of its recording's file, or else of its transcript's."""
    for name, uri in group.files:
        alone = row["audio_uri"] is None and stem(name) == row["recording_id"]
        if alone or row["audio_uri"] in (uri, f"{uri}#raw={raw}"):
            return {**row, "meta": {**row["meta"], **group.meta.get(name, {})}}
    return row


def _refused_with_meta(row: Row, group: Group, raw: str | None) -> Row:
    """A quarantine row with what is known of its recording, or else of the file that it names."""

    def fits(name: str, uri: str) -> tuple[bool, bool, bool]:
        ids = (group.ids.get(uri), name, stem(name))
        is_recording = row["audio_uri"] in (uri, f"{uri}#raw={raw}")
        return is_recording, row["recording_id"] in ids, row["file"] == uri

    known = [(fits(name, uri), group.meta.get(name)) for name, uri in group.files]
    likely = [(fitting, meta) for fitting, meta in known if meta and any(fitting)]
    return {**row, "meta": max(likely, key=itemgetter(0))[1]} if likely else row


def _labelled(rows: list[Row], labels: Sequence[Label]) -> Inspected:
    """Apply the labels, which are of several recordings."""
    if not labels:
        return Inspected(rows, [])
    by_recording: dict[str, list[Row]] = {}
    for row in rows:
        by_recording.setdefault(row["recording_id"], []).append(row)
    found = [
        apply_labels(own, tuple(one for one in labels if one.recording_id == recording_id))
        for recording_id, own in by_recording.items()
    ]
    expected = "a recording with this recording_id in the folder"
    strays = [unmatched(one, expected) for one in labels if one.recording_id not in by_recording]
    return Inspected.from_several([*found, Inspected([], strays)])
