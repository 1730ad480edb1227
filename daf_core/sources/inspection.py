"""What the sources of a manifest share: measure recordings, settle the rows of one recording."""

from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from daf_core.sources.manifest_rows import AudioSize, Row, quarantined, utterance_id

Inspected = tuple[list[Row], list[Row]]  # manifest rows, quarantine rows


def measure(audio_uri: str) -> AudioSize | BadInput:
    """Duration and channels of a recording, or why it cannot be used."""
    try:
        with open_recording(audio_uri) as recording:
            return AudioSize(recording.duration_s, recording.channels)
    except BadInput as err:
        return err


def settle(rows: list[Row]) -> Inspected:
    """Order the rows of one recording by time and give those without an id theirs; the first of
    several with one id stays.
    """
    clips = len({row["audio_uri"] for row in rows}) > 1
    kept: dict[str, Row] = {}
    rejected = []
    for row in sorted(rows, key=lambda row: row["start_s"] or 0.0):
        clip = row["audio_uri"] or "" if clips else ""
        identified = {**row, "utterance_id": row["utterance_id"] or utterance_id(row, clip)}
        if kept.setdefault(identified["utterance_id"], identified) is not identified:
            rejected.append(quarantined(duplicate(identified), identified))
    return list(kept.values()), rejected


def duplicate(row: Row) -> BadInput:
    """What to say of a second row with an utterance id."""
    return BadInput(
        "duplicate_id",
        f"expected one row with utterance_id {row['utterance_id']}, this is another; "
        f"an id of its own would keep it",
    )
