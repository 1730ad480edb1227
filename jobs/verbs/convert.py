"""daf convert: transcripts, or scores with their words → WebVTT, SubRip, JSON Lines or CSV."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.redaction.names import numbered_names
from daf_core.redaction.redact import redact
from daf_core.sources.folders.grouping import TEXT_SUFFIXES, suffix
from daf_core.sources.text_encoding import Guessed
from daf_core.sources.transcripts.writing import NEED_TIMES, WRITERS, WrittenCue
from daf_core.storage import files
from daf_core.storage.files import filesystem, join, publish
from jobs.command.terminal import complain, one_line
from jobs.command.told import tell
from jobs.settings import ConvertSettings
from jobs.verbs.convert_refused import TABLE, Refused, faults, lines, write_table
from jobs.verbs.convert_scores import is_scores, scored_recordings
from jobs.verbs.convert_transcripts import transcripts
from jobs.verbs.file_names import FileNames

Recording: TypeAlias = tuple[str, list[WrittenCue]]  # its name or id, and its cues
_NO_TIMES = "no cue has times; .csv and .jsonl hold cues without"


@dataclass
class Written:
    """Counts of what was written, and what was not."""

    names: FileNames
    recordings: int = 0
    cues: int = 0
    without_times: int = 0
    without_words: int = 0


def run(settings: ConvertSettings) -> str:
    """Write a file per recording; returns a summary of one line.

    Raises:
        SettingsError: the source is not there or holds nothing to convert; it is one file that is
            no transcript; or several recordings should go into one file.
        NotDone: a file cannot be read or written.
    """
    started = time.monotonic()
    _check_out(settings)
    refused: list[Refused] = []
    guessed = Guessed()
    if is_scores(settings.source):
        recordings = scored_recordings(settings.source, settings.manifest, refused)
    else:
        recordings = transcripts(settings.source, settings.out, refused, guessed)
    written = Written(FileNames(settings.to, taken=(TABLE.removesuffix(f".{settings.to}"),)))
    for name, cues in _one_of(recordings, settings.out) if _is_file(settings) else recordings:
        if settings.to in NEED_TIMES and cues and not any(one.is_timed for one in cues):
            refused.append(Refused(name, "no_times", f"{name}: {_NO_TIMES}"))
        else:
            _write(settings, name, cues, written)
    if not written.recordings:
        first = f"; {refused[0].message}" if refused else ""
        raise SettingsError(
            f"{settings.source}: expected transcripts or scores, found none that can be read{first}"
        )
    for line in lines(refused):
        complain(f"daf: {one_line(line)}")
    for line in guessed.lines():
        complain(f"daf: {one_line(line)}")
    if not _is_file(settings):
        write_table(settings.out, refused)
    tell(
        "converted",
        out=settings.out,
        recordings=written.recordings,
        cues=written.cues,
        without_words=written.without_words,
        without_times=written.without_times,
        not_used=len(faults(refused)),
        without_text=len(refused) - len(faults(refused)),
    )
    return f"{_summary(settings, written, refused)}, {time.monotonic() - started:.1f} s"


def _one_of(recordings: Iterable[Recording], out: str) -> list[Recording]:
    found = list(islice(recordings, 2))
    if len(found) > 1:
        raise SettingsError(
            f"`out` {out}: expected a folder, as there are several recordings, found the name of a "
            f"file"
        )
    return found


def _write(settings: ConvertSettings, name: str, cues: list[WrittenCue], written: Written) -> None:
    out = settings.out
    uri = out if _is_file(settings) else join(out, written.names.of(name))
    if settings.redact:
        marks = numbered_names(one.cue.speaker for one in cues)
        cues = [_redacted(one, marks) for one in cues]
    publish(uri, WRITERS[settings.to](cues).encode())
    kept = [one for one in cues if one.is_timed or settings.to not in NEED_TIMES]
    written.recordings += 1
    written.cues += len(kept)
    written.without_times += len(cues) - len(kept)
    written.without_words += sum(not one.cue.text for one in kept)


def _redacted(one: WrittenCue, marks: Mapping[str, str]) -> WrittenCue:
    speaker = marks.get(one.cue.speaker or "", one.cue.speaker)
    return replace(one, cue=replace(one.cue, text=redact(one.cue.text).text, speaker=speaker))


def _check_out(settings: ConvertSettings) -> None:
    """The source is never written over."""
    source, out = files.absolute(settings.source), files.absolute(settings.out)
    if source.rstrip("/") == out.rstrip("/"):
        raise SettingsError(f"`out` {settings.out}: expected another place than the source")
    fs, path = filesystem(settings.out)
    other = suffix(out)
    if other in TEXT_SUFFIXES and not _is_file(settings) and not fs.isdir(path):
        instead = f"`to` {other[1:]} or " if other[1:] in WRITERS else ""
        raise SettingsError(
            f"`out` {settings.out}: expected a name that ends in .{settings.to} as `to` says, or a "
            f"folder, found {other}; give {instead}another name"
        )
    if _is_file(settings) and fs.isdir(path):
        raise SettingsError(f"`out` {settings.out}: expected a file, found a folder")
    if not _is_file(settings) and fs.isfile(path):
        raise SettingsError(
            f"`out` {settings.out}: expected a folder, or a file that ends in .{settings.to}, "
            f"found another file"
        )


def _is_file(settings: ConvertSettings) -> bool:
    return settings.out.lower().endswith(f".{settings.to}")


def _summary(settings: ConvertSettings, written: Written, refused: list[Refused]) -> str:
    parts = [
        f"{settings.out}: {number_of(written.recordings, 'recording')}, "
        f"{number_of(written.cues, 'cue')}"
    ]
    if written.without_words:
        parts[0] += f" ({written.without_words:,} without words)"
    if written.without_times:
        parts.append(f"{number_of(written.without_times, 'more cue')} without times not written")
    failed = len(faults(refused))
    if failed:
        what = "recording" if is_scores(settings.source) else "file"
        number = len({one.name for one in faults(refused)})
        parts.append(f"{number_of(number, what)} not used or not whole")
    if len(refused) > failed:
        parts.append(f"{number_of(len(refused) - failed, 'file')} without text, such as recordings")
    if refused and not _is_file(settings):
        parts[-1] += f"; all named in {join(settings.out, TABLE)}"
    return ", ".join(parts)
