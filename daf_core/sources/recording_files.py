"""One recording of a folder: the utterances of its transcript, or those that its voices make."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from daf_core.sources.inspection import Inspected, measure, settle
from daf_core.sources.labels import apply_labels
from daf_core.sources.manifest_rows import (
    AudioSize,
    Row,
    manifest_row,
    place_in_recording,
    quarantined,
)
from daf_core.sources.transcripts import read_transcript

if TYPE_CHECKING:
    from daf_core.recordings.voice_activity import VoiceActivity


class RecordingFiles(NamedTuple):
    """A recording, its transcript, or both; and the labels of its utterances."""

    recording_id: str
    audio_uri: str | None
    transcript_uri: str | None
    labels: tuple[dict[str, Any], ...] = ()


def inspect_recording(files: RecordingFiles, roles: Mapping[int, str]) -> Inspected:
    """Make manifest and quarantine rows of one recording.

    Without a transcript, utterances are where voices are, and have no text. `roles` maps channels
    to roles: a cue whose speaker is a role gets its channel, voices are found channel by channel.
    In a recording with one channel roles are kept and channels are not.
    """
    try:
        if files.transcript_uri is None:
            rows, rejected = _cut_by_voice(files, roles)
        else:
            rows, rejected = _cut_by_transcript(files, files.transcript_uri, roles)
    except BadInput as err:
        rows, rejected = [], [_rejected(files, err)]
    settled, doubled = settle(rows)
    labelled, unmatched = apply_labels(settled, files.labels)
    return labelled, rejected + doubled + unmatched


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
    return rows, []


@cache
def _voice_activity() -> "VoiceActivity":
    # Loads torch and a network: once a process, and only where a transcript is missing.
    from daf_core.recordings.voice_activity import VoiceActivity

    return VoiceActivity()


def _channels(size: AudioSize, roles: Mapping[int, str]) -> list[tuple[int | None, str | None]]:
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
    cues, broken_lines = read_transcript(transcript_uri)
    if not cues and not broken_lines:
        raise BadInput("no_cues", f"{transcript_uri}: expected cues, found none")
    size = measure(files.audio_uri) if files.audio_uri else None
    channels = {role.casefold(): channel for channel, role in roles.items()}
    rows = []
    rejected = [
        _rejected(files, BadInput("bad_row", f"{transcript_uri}:{line}: expected two times"))
        for line in broken_lines
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
            rows.append(place_in_recording(row, size) if isinstance(size, AudioSize) else row)
        except BadInput as err:
            where = f"{transcript_uri}, cue {number}"
            rejected.append(_rejected(files, BadInput(err.reason, f"{where}: {err.message}")))
    return rows, rejected


def _row(
    files: RecordingFiles,
    start_s: float,
    end_s: float,
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


def _rejected(files: RecordingFiles, error: BadInput) -> Row:
    known = {"recording_id": files.recording_id, "audio_uri": files.audio_uri}
    return quarantined(error, known)
