"""The utterances of one recording without a transcript: stretches of speech, without text."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from daf_core.errors import BadInput
from daf_core.recordings.audio import Recording, open_recording
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.inspection import Inspected
from daf_core.sources.manifest_rows import AudioSize, manifest_row, place_in_recording

if TYPE_CHECKING:
    from daf_core.recordings.voice_activity import VoiceActivity


def cut_by_voice(recording_id: str, audio_uri: str, size: AudioSize, who: WhoSpeaks) -> Inspected:
    """One row a stretch of speech that voice activity detection finds, on each channel of `who`.

    Channels that carry the same sound are taken as one, and the rows flagged `same_channels`: where
    all do, nobody knows who speaks. Speech that bleeds into another channel counts once, where it
    is loudest, flagged `crosstalk`.

    Raises:
        BadInput: `no_speech`; `bad_channel`: the recording lacks a channel of `who`.
    """
    known = {"recording_id": recording_id, "audio_uri": audio_uri}
    with open_recording(audio_uri) as recording:
        found = list(speech(recording, who.searched(size)))
    rows = []
    for channel, role, span in found:
        times = {"start_s": span.start_s, "end_s": span.end_s}
        row = manifest_row({**known, **times, "channel": channel, "role": role})
        row["recording_id"] = recording_id  # with blanks, which a cell would lose
        placed = place_in_recording(row, size)
        rows.append({**placed, "flags": [*placed["flags"], *span.flags]})
    if not rows:
        raise BadInput("no_speech", f"{audio_uri}: expected speech, found none{size.remark}")
    return Inspected(rows, [])


class Span(NamedTuple):
    """A stretch of speech."""

    start_s: float
    end_s: float
    flags: tuple[str, ...] = ()


def speech(
    recording: Recording, searched: list[tuple[int | None, str | None]]
) -> Iterator[tuple[int | None, str | None, Span]]:
    """The speech of each channel that is `searched`, with channel and role.

    Speech that two channels carry is found once. Where all carry the same, the channel is None.

    Raises:
        BadInput: as `Recording.read`.
    """
    roles = {channel: role for channel, role in searched if channel is not None}
    if len(roles) < 2:
        ((channel, role),) = searched
        for start_s, end_s in voice_activity().segments(recording, channel):
            yield channel, role, Span(start_s, end_s)
        return
    # Loads scipy, which takes .4 s: only where a recording has several channels.
    from daf_core.recordings.channels import alike, own_speech

    copies = alike(recording, roles)
    originals = [channel for channel in roles if channel not in copies]
    if len(originals) < 2:
        for start_s, end_s in voice_activity().segments(recording, None):
            yield None, None, Span(start_s, end_s, ("same_channels",))
        return
    spans = {channel: voice_activity().segments(recording, channel) for channel in originals}
    for channel, own in own_speech(recording, spans).spans.items():
        copied = channel in copies.values()
        for one in own:
            told = ["same_channels"] * copied + ["crosstalk"] * one.crosstalk
            yield channel, roles[channel], Span(one.start_s, one.end_s, tuple(told))


@cache
def voice_activity() -> "VoiceActivity":
    """The voice activity detection of this process."""
    # Loads torch and a network: once per process, and only where a transcript is missing.
    from daf_core.recordings.voice_activity import VoiceActivity

    return VoiceActivity()
