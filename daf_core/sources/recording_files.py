"""One recording of a folder: utterances from its transcript, or from voice activity."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from daf_core.schemas import Row
from daf_core.sources.inspection import Inspected, identify, measure
from daf_core.sources.labels import Label, apply_labels
from daf_core.sources.manifest_rows import (
    AudioSize,
    manifest_row,
    place_in_recording,
    quarantine_row,
)
from daf_core.sources.transcripts import read_transcript

if TYPE_CHECKING:
    from daf_core.recordings.voice_activity import VoiceActivity


class RecordingFiles(NamedTuple):
    """A recording, its transcript, or both; and the labels of its utterances."""

    recording_id: str
    audio_uri: str | None
    transcript_uri: str | None
    labels: tuple[Label, ...] = ()


def inspect_recording(files: RecordingFiles, roles: Mapping[int, str]) -> Inspected:
    """Make manifest and quarantine rows of one recording.

    Without a transcript, utterances are the stretches of speech that voice activity detection
    finds, on each channel of `roles`; they have no text. With one, a cue whose speaker is a role
    gets the channel of this role. In a recording with one channel, roles are kept and channels are
    null.
    """
    try:
        if files.transcript_uri is None:
            found = _cut_by_voice(files, roles)
        else:
            found = _cut_by_transcript(files, files.transcript_uri, roles)
    except BadInput as err:
        found = Inspected([], [_quarantine(files, err)])
    identified = identify(found.rows)
    labelled = apply_labels(identified.rows, files.labels)
    return Inspected(
        labelled.rows, found.quarantined + identified.quarantined + labelled.quarantined
    )


def _cut_by_voice(files: RecordingFiles, roles: Mapping[int, str]) -> Inspected:
    assert files.audio_uri is not None
    with open_recording(files.audio_uri) as recording:
        size = AudioSize(recording.duration_s, recording.channels)
        rows = [
            place_in_recording(_row(files, start_s, end_s, channel, role), size)
            for channel, role in _channels(size, roles)
            for start_s, end_s in _voice_activity().segments(recording, channel)
        ]
    if not rows:
        raise BadInput("no_speech", f"{files.audio_uri}: expected speech, found none")
    return Inspected(rows, [])


@cache
def _voice_activity() -> "VoiceActivity":
    # Loads torch and a network: once per process, and only where a transcript is missing.
    from daf_core.recordings.voice_activity import VoiceActivity

    return VoiceActivity()


def _channels(size: AudioSize, roles: Mapping[int, str]) -> list[tuple[int | None, str | None]]:
    """The channels to search for speech, with their roles; (None, None): all channels mixed."""
    if not roles or size.channels == 1:
        return [(None, None)]
    absent = [channel for channel in roles if channel >= size.channels]
    if absent:
        raise BadInput(
            "bad_channel", f"expected channels {sorted(roles)}, found {size.channels} channels"
        )
    return sorted(roles.items())


def _cut_by_transcript(
    files: RecordingFiles, transcript_uri: str, roles: Mapping[int, str]
) -> Inspected:
    transcript = read_transcript(transcript_uri)
    cues = transcript.cues
    if not cues and not transcript.unread:
        raise BadInput("no_cues", f"{transcript_uri}: expected cues, found none")
    size = measure(files.audio_uri) if files.audio_uri else None
    channels = {role.casefold(): channel for channel, role in roles.items()}
    rows = []
    quarantined = [
        _quarantine(
            files,
            BadInput("bad_row", f"{transcript_uri}, {place}: expected a cue with times, found none"),
        )
        for place in transcript.unread
    ]
    for number, cue in enumerate(cues, start=1):
        channel = channels.get((cue.speaker or "").casefold())
        role = None if channel is None else roles[channel]
        if isinstance(size, AudioSize) and size.channels == 1:
            channel = None
        try:
            row = _row(files, cue.start_s, cue.end_s, channel, role, cue.text, cue.speaker)
            if isinstance(size, BadInput) and row["text"] is None:
                raise size
            if isinstance(size, BadInput):  # its words are kept
                row["flags"] = [*row["flags"], size.reason]
            rows.append(place_in_recording(row, size) if isinstance(size, AudioSize) else row)
        except BadInput as err:
            message = f"{transcript_uri}, cue {number}: {err.message}"
            quarantined.append(_quarantine(files, BadInput(err.reason, message)))
    return Inspected(rows, quarantined)


def _row(
    files: RecordingFiles,
    start_s: float | None,
    end_s: float | None,
    channel: int | None,
    role: str | None,
    text: str | None = None,
    speaker: str | None = None,
) -> Row:
    cells = {
        "recording_id": files.recording_id,
        "audio_uri": files.audio_uri,
        "channel": channel,
        "start_s": start_s,
        "end_s": end_s,
        "speaker": speaker,
        "role": role,
        "text": text,
    }
    return manifest_row(cells)


def _quarantine(files: RecordingFiles, error: BadInput) -> Row:
    known = {"recording_id": files.recording_id, "audio_uri": files.audio_uri}
    return quarantine_row(error, known)
