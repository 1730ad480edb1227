"""What can go wrong: a bad setting stops the job, a bad row does not, and a job may not be done.

SettingsError   a bad setting, or input of the wrong kind: stops the job before any work.
BadInput        a recording, transcript or row that cannot be used: quarantined, the job goes on.
NotDone         the job ran, and not all of it is done; TooManyBad: too many rows are quarantined.

Messages name settings in backticks, such as `frames`; the command line shows them as --frames.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf

from daf_core.decimals import how_many_of

REASONS = {
    "bad_row": "the row cannot be read as a row of its table",
    "bad_encoding": "the text is not UTF-8",
    "empty_row": "the row has neither text nor audio",
    "bad_time": "a time is not a number, is negative, or only one of start and end is usable",
    "end_before_start": "the utterance ends before or where it starts",
    "outside_recording": "the utterance lies outside the recording",
    "bad_channel": "the recording does not have this channel",
    "bad_label": "the label is not a number in [-3, 3]",
    "bad_split": "the split is not train, valid or test",
    "duplicate_id": "another row has the same utterance id",
    "unmatched_label": "no utterance of the recording starts where the label says",
    "unmatched_meta": "the table of metadata names a recording that is not there",
    "ambiguous_meta": "lines of the table of metadata differ, or one fits several recordings",
    "unmatched_transcript": "a table or a transcript names a recording or file that is not there",
    "said_twice": "another channel of the recording has the same words at the same time, louder",
    "no_cues": "the transcript holds no utterance",
    "unreadable_transcript": "the transcript cannot be read",
    "no_speech": "no speech was found in the recording",
    "forbidden_uri": "the audio path is none that may be opened (http, a chain, credentials …)",
    "outside_roots": "the file lies outside of the folders and buckets that data may come from",
    "missing_audio": "there is no file at the audio path",
    "empty_audio": "the recording holds no samples",
    "unreadable_audio": "the recording cannot be decoded",
    "too_long": "the recording is longer than 24 hours, or its rows than a part may hold",
    "too_slow": "the file takes its reader longer than a file may",
    "silent_audio": "the audio holds nothing to hear (zeros, a constant, a click)",
    "missing_features": "the file of features holds nothing for the row's utterance id",
    "encoder_failed": "an encoder gave numbers that are not finite",
    "head_failed": "the head gave numbers that are not finite, or outside their ranges",
    "poison": "the file, or the part that the row is in, kills every process that works on it",
    "missing_modality": "the row lacks text or audio, and the robustness grid damages both",
    "unused_modality": "the row has only a modality that the head was not trained on",
}

# Of REASONS: those of a line of a table or transcript about recordings, which is no utterance.
LINE_REASONS = frozenset(
    {"unmatched_label", "unmatched_meta", "ambiguous_meta", "unmatched_transcript"}
)

FILE_REASONS = {  # a file of the source folder is not used; nothing of it is a row
    "unknown_format": "the file is neither a recording nor a transcript of a known format",
    "empty_file": "the file holds nothing",
    "no_times": "the file holds text without times, and cannot be laid over the recording",
    "no_recording": "the file belongs to a recording that is not there, or to several",
    "other_transcript": "another transcript of the recording says more and is read",
    "daf_output": "a folder or table that another run of daf wrote",
    "hidden": "the name of the file or folder starts with a dot",
    "not_a_file": "a pipe, a device, a socket or a broken link",
    "linked_outside": "a link that leads out of the folder",
    "linked_again": "a link to a folder that is read already",
    "unreadable_folder": "the folder cannot be listed",
}


class SettingsError(ValueError):
    """One clear line: what was expected, what was found, where, what to do."""


class BadInput(ValueError):
    """Something that cannot be used; `reason` is one of REASONS, `message` is for people.

    The message names the file, row and field. It never holds transcript text.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    def __reduce__(self) -> tuple[type["BadInput"], tuple[str, str]]:
        return type(self), (self.reason, self.message)


class Refused(BadInput):
    """A file that its storage refuses for good: what it holds is not known."""


class NotDone(Exception):
    """The job ran and its result is not whole; the message says what is missing or wrong.

    summary: the summary line of a job that made all that can be made, and was asked for more.
    """

    def __init__(self, message: str, summary: str = "") -> None:
        super().__init__(message)
        self.summary = summary


class TooManyBad(NotDone):
    """All that can be made is made, or the run stopped early, and more rows are quarantined than is
    allowed, or all are.
    """


def check_bad_rows(
    reasons: Mapping[str, int], rows_in: int, most: float, line: str, again: str
) -> None:
    """Check how many of `rows_in` rows are quarantined, by reason, once everything is made.

    line: the summary line; again: how the rows are tried again, once their cause is mended.

    Raises:
        TooManyBad: a larger share than `most`, which `max_error_rate` sets, or all of them.
    """
    bad = sum(reasons.values())
    if not bad or (bad <= most * rows_in and bad < rows_in):
        return
    counts = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
    allowed = "all there are" if bad >= rows_in else f"more than `max_error_rate` {most} allows"
    raise TooManyBad(
        f"{how_many_of(bad, rows_in, 'row', 'is', 'are')} quarantined, {allowed}: {counts}; mend "
        f"the cause, then {again}",
        summary=line,
    )


def check_range(setting: str, value: float | None, least: float, most: float | None = None) -> None:
    """Check that a setting, unless it is None, is at least `least` and at most `most`.

    Raises:
        SettingsError: it is not, or it is not a number.
    """
    if value is None or (least <= value < inf and (most is None or value <= most)):
        return
    expected = f"{least:g} or more" if most is None else f"{least:g} to {most:g}"
    raise SettingsError(f"`{setting}` {value}: expected {expected}")


def check_whole(setting: str, value: int | None, least: int, most: int | None = None) -> None:
    """Check that a setting, unless it is None, is a whole number from `least` to `most`.

    Raises:
        SettingsError: it is not.
    """
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if value is None or (is_whole and value >= least and (most is None or value <= most)):
        return
    expected = f"{least} or more" if most is None else f"{least} to {most}"
    raise SettingsError(f"`{setting}` {value}: expected {expected}, a whole number")


def check_seed(seed: int) -> None:
    """Check that a seed is one that every generator of random numbers takes.

    Raises:
        SettingsError: it is not.
    """
    check_whole("seed", seed, least=0, most=2**32 - 1)


def check_once(setting: str, items: Sequence[str]) -> None:
    """Check that no item of a list is given twice.

    Raises:
        SettingsError: one is.
    """
    several = [item for item, count in Counter(items).items() if count > 1]
    if several:
        raise SettingsError(f"`{setting}`: expected each once, found {', '.join(several)} again")
