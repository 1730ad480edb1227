"""What tables and folders share: recordings are measured, their rows sorted and given ids."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from daf_core.errors import BadInput, NotDone, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.redaction.marks import REDACTED
from daf_core.schemas import Row
from daf_core.sources.manifest_rows import AudioSize, quarantine_row, utterance_id
from daf_core.storage.origins import ANYWHERE, Origins

log = logging.getLogger(__name__)
T = TypeVar("T")


class Lost(NamedTuple):
    """Recordings, in place of themselves, whose files ended the process that read them."""

    held: Any
    error: BadInput


class Inspected(NamedTuple):
    """The outcome for one or several recordings: manifest rows, and quarantine rows.

    guessed: encodings of transcripts that their letters alone tell, each with the file's name.
    """

    rows: list[Row]
    quarantined: list[Row]
    guessed: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_several(cls, several: "Iterable[Inspected]") -> "Inspected":
        """The rows of all, in order."""
        rows: list[Row] = []
        quarantined: list[Row] = []
        guessed: list[tuple[str, str]] = []
        for one in several:
            rows += one.rows
            quarantined += one.quarantined
            guessed += one.guessed
        return cls(rows, quarantined, tuple(guessed))


def guarded(
    held: T | Lost, inspect: Callable[[T], Inspected], rows_of: Callable[[T, BadInput], list[Row]]
) -> Inspected:
    """What `inspect` finds; `rows_of` gives quarantine rows where a library or a reader fails in a
    way that nobody foresaw: one recording must not end the work on all others.

    Raises:
        NotDone: the storage fails.
        SettingsError: a setting is wrong.
    """
    if isinstance(held, Lost):
        return Inspected([], rows_of(held.held, held.error))
    try:
        return inspect(held)
    except (NotDone, SettingsError):
        raise
    except Exception as err:
        log.debug("a recording could not be inspected", exc_info=True)
        return Inspected([], rows_of(held, as_bad_input(err, "unreadable_transcript")))


def as_bad_input(err: Exception, reason: str) -> BadInput:
    """An error as the fault of the row or file that was read.

    Raises:
        NotDone, SettingsError: `err` is one of these.
    """
    if isinstance(err, BadInput):
        return err
    if isinstance(err, NotDone | SettingsError):
        raise err
    return BadInput(reason, f"cannot be read: its reader failed with {type(err).__name__}")


def measure(audio_uri: str, origins: Origins = ANYWHERE) -> AudioSize | BadInput:
    """Duration, channels and flags of a recording, or why it cannot be used."""
    try:
        with open_recording(audio_uri, origins) as recording:
            recording.check_length()
            flag = recording.end_flag()
            return AudioSize(recording.duration_s, recording.channels, (flag,) if flag else ())
    except BadInput as err:
        return err


def identify(rows: list[Row]) -> Inspected:
    """Sort the rows of one recording by time and give an utterance id to those that have none.

    Of several rows with one id the first stays, the others are quarantined; but rows that were told
    apart only by what was redacted are numbered.
    """
    has_clips = len({row["audio_uri"] for row in rows}) > 1
    kept: dict[str, Row] = {}
    quarantined = []
    alike: Counter[str] = Counter()
    for row in sorted(rows, key=lambda row: row["start_s"] or 0.0):
        clip = row["audio_uri"] or "" if has_clips else ""
        identified = {**row, "utterance_id": row["utterance_id"] or utterance_id(row, clip)}
        if row["utterance_id"] is None and REDACTED in row["flags"]:
            identified["utterance_id"] = numbered(identified, clip, alike)
        if kept.setdefault(identified["utterance_id"], identified) is not identified:
            quarantined.append(quarantine_row(duplicate_id(identified), identified))
    return Inspected(list(kept.values()), quarantined)


def numbered(row: Row, clip: str, alike: Counter[str]) -> str:
    """The id of a redacted row: that of its words for the first of those that are `alike`."""
    own = str(row["utterance_id"])
    alike[own] += 1
    return own if alike[own] == 1 else utterance_id(row, f"{clip}#{alike[own]}")


def duplicate_id(row: Row) -> BadInput:
    """The error of a row whose utterance id another row has already."""
    return BadInput(
        "duplicate_id",
        f"expected one row with utterance_id {row['utterance_id']}, found another; "
        f"give this row an id of its own to keep it",
    )
