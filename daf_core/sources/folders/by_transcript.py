"""The utterances of one recording, from the cues of its transcript."""

from dataclasses import replace

from daf_core.errors import BadInput
from daf_core.schemas import Row
from daf_core.sources.folders.choice import Chosen
from daf_core.sources.folders.said_twice import without_echoes
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.inspection import Inspected
from daf_core.sources.manifest_rows import (
    AudioSize,
    manifest_row,
    place_in_recording,
    quarantine_row,
)
from daf_core.sources.transcripts.cue import Cue


def cut_by_transcript(
    recording_id: str,
    audio_uri: str | None,
    size: AudioSize | BadInput | None,
    chosen: Chosen,
    who: WhoSpeaks,
) -> Inspected:
    """One row a cue. A cue with words is kept where its audio cannot be used, and flagged.

    A cue whose speaker has a role gets this role, and the channel of the role; the row is flagged
    `channel_unknown` where `who` names channels, the recording has several, and nothing tells which
    of them speaks, and `bad_channel` where the recording lacks one that `who` names.

    Raises:
        BadInput: `no_cues`: the transcript holds none.
    """
    known = {"recording_id": recording_id, "audio_uri": audio_uri, "file": chosen.uri}
    quarantined = [
        quarantine_row(
            BadInput("bad_row", f"{chosen.uri}, {place}: expected a cue with times, found none"),
            known,
        )
        for place in chosen.unread
    ]
    if not chosen.cues and not quarantined:
        raise BadInput("no_cues", f"{chosen.uri}: expected cues, found none")
    cues, echoes = without_echoes(_from_zero(chosen.cues, size), audio_uri, size)
    rows = []
    for number, cue in enumerate(cues, start=1):
        try:
            row = _row(recording_id, audio_uri, size, cue, who)
            rows.append({**row, "language": chosen.language})
        except BadInput as err:
            message = f"{chosen.uri}, cue {number}: {err.message}"
            quarantined.append(quarantine_row(BadInput(err.reason, message), known))
    quarantined += [
        quarantine_row(
            BadInput(
                "said_twice",
                f"{chosen.uri}, at {cue.start_s} s on channel {cue.channel}: the same words are on "
                f"another channel, which is louder",
            ),
            known,
        )
        for cue in echoes
    ]
    return Inspected(rows, quarantined)


def _from_zero(cues: list[Cue], size: AudioSize | BadInput | None) -> list[Cue]:
    """Cues whose channels count from 0: a file that names all channels from 1 on counts from 1."""
    named = {cue.channel for cue in cues if cue.channel is not None}
    if not isinstance(size, AudioSize) or named != {*range(1, size.channels + 1)}:
        return cues
    return [one if one.channel is None else replace(one, channel=one.channel - 1) for one in cues]


def _row(
    recording_id: str,
    audio_uri: str | None,
    size: AudioSize | BadInput | None,
    cue: Cue,
    who: WhoSpeaks,
) -> Row:
    measured = size if isinstance(size, AudioSize) else None
    channel, role = who.place(cue, measured)
    if cue.start_s is None or cue.end_s is None:
        raise BadInput("bad_time", "expected a start and an end time, found none")
    row = manifest_row(
        {
            "recording_id": recording_id,
            "audio_uri": audio_uri,
            "channel": channel,
            "start_s": cue.start_s,
            "end_s": cue.end_s,
            "speaker": cue.speaker,
            "role": role,
            "text": cue.text,
            "text_confidence": cue.confidence,
        }
    )
    row["recording_id"] = recording_id  # with the blanks of a file's name, which a cell would lose
    row["flags"] += ["retimed"] * cue.retimed
    if isinstance(size, BadInput):
        if row["text"] is None:
            raise size
        row["flags"].append(size.reason)
    elif size is not None:
        row = place_in_recording(row, size)
        wanted = who.channels or cue.channel is not None
        if wanted and size.channels > 1 and channel is None:
            why = "bad_channel" if who.lacks_channel(size) else "channel_unknown"
            row["flags"] = [*row["flags"], why]
    return row
