"""What every transcript becomes: cues, in the order of the file."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Cue:
    """One entry of a transcript: who says what, and when.

    text: plain words, without tags; may be empty.
    start_s, end_s: seconds from the start of the recording, None where the file gives no time.
    speaker, channel: None where the file names none. Cues may overlap.
    confidence: of the recognizer, in [0, 1], the mean over the words; None where it gives none.
    retimed: the file's end is at or before its start; the end here is an estimate.
    """

    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None
    channel: int | None = None
    confidence: float | None = None
    retimed: bool = False


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """The cues of a transcript, and what could not be read of it.

    unread: where the entries are that cannot be read, such as "line 12": each is quarantined.
    captions: whether the format is one of captions, which may show words again.
    language: BCP 47 tag such as "en" or "en-US", None where the file names none.
    guessed: the encoding of the file, where its letters alone tell it.
    """

    cues: list[Cue]
    unread: list[str] = field(default_factory=list)
    captions: bool = True
    language: str | None = None
    guessed: str | None = None
