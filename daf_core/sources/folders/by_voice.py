"""The utterances of one recording without a transcript: stretches of speech, without text."""

from functools import cache
from typing import TYPE_CHECKING

from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from daf_core.recordings.channels import alike, own_speech
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.inspection import Inspected
from daf_core.sources.manifest_rows import AudioSize, manifest_row, place_in_recording

if TYPE_CHECKING:
    from daf_core.recordings.voice_activity import VoiceActivity


def cut_by_voice(recording_id: str, audio_uri: str, size: AudioSize, who: WhoSpeaks) -> Inspected:
    """One row a stretch of speech that voice activity detection finds, on each channel of `who`.

    Channels that carry the same sound are mixed, and the rows flagged `same_channels`; speech that
    bleeds into another channel counts once, where it is loudest, flagged `crosstalk`.

    Raises:
        BadInput: `no_speech`; `bad_channel`: the recording lacks a channel of `who`.
    """
    with open_recording(audio_uri) as recording:
        searched = who.searched(size)
        same = len(searched) > 1 and alike(recording)
        if same:
            searched = [(None, None)]
        spans = {ch: _voice_activity().segments(recording, ch) for ch, _ in searched}
        bled: set[int | None] = set()
        if len(searched) > 1:
            spans, bled = own_speech(recording, spans)
    rows = []
    for channel, role in searched:
        for start_s, end_s in spans[channel]:
            cells = {
                "recording_id": recording_id,
                "audio_uri": audio_uri,
                "channel": channel,
                "start_s": start_s,
                "end_s": end_s,
                "role": role,
            }
            row = place_in_recording(manifest_row(cells), size)
            flags = ["same_channels"] * same + ["crosstalk"] * (channel in bled)
            rows.append({**row, "flags": [*row["flags"], *flags]})
    if not rows:
        raise BadInput("no_speech", f"{audio_uri}: expected speech, found none")
    return Inspected(rows, [])


@cache
def _voice_activity() -> "VoiceActivity":
    # Loads torch and a network: once per process, and only where a transcript is missing.
    from daf_core.recordings.voice_activity import VoiceActivity

    return VoiceActivity()
