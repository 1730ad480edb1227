"""Count the rows of an input that ingest lost: neither in the manifest nor in quarantine."""

import io
import re
from pathlib import Path
from typing import Any

from benchmarks.reliability.fuzzing.inputs import Input
from benchmarks.reliability.fuzzing.originals import CUES
from daf_core.errors import FILE_REASONS, BadInput
from daf_core.sources.corpora.csd import labels_uri
from daf_core.sources.corpora.csd_file import Sequence, open_sequence
from daf_core.sources.corpora.mmsa import load_splits
from daf_core.sources.table_rows import open_rows
from daf_core.sources.transcripts import read_transcript
from daf_core.sources.transcripts.utterances.speaker_labels import speakers_from_text
from daf_core.sources.transcripts.utterances.tidy import tidy

ROWS = 7  # of the table that `inputs` writes for a recording
WHOLE_FILE = {"bad_encoding", "unreadable_transcript", "no_cues", *FILE_REASONS}
_RANGE = re.compile(r":(\d+)(?:-(\d+))?$")
_EVALUATED = re.compile(r"\[[^]]*\]\s+(Ses\w+)")
_WIDE = (  # letters of two or four bytes, with a byte order mark or without
    (re.compile(rb"\xff\xfe\0\0|.\0\0\0", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\xff\xfe|.\0[^\0]\0", re.DOTALL), "utf-16-le"),
)

Row = dict[str, Any]


def unaccounted(given: Input, rows: list[Row], quarantined: list[Row]) -> int:
    """How many rows or cues of an input are in neither table, or in both."""
    found = len(rows) + len(quarantined)
    if given.route == "voices":  # one recording: utterances, or one reason why there are none
        return abs(1 - bool(rows) - len(quarantined))
    if given.route == "cues":
        return abs(len(CUES) - found)
    if given.route in ("rows", "later"):
        return abs(ROWS - found)
    if given.route == "labels":
        assert given.labels is not None
        return abs(len(CUES) - len(rows)) + _skipped_lines(given.labels)
    if given.route == "transcript":
        if {row["reason"] for row in quarantined} & WHOLE_FILE:
            return max(0, 1 - found)  # without its transcript the recording is cut by voice
        return max(0, _cues_in(given.source) - found)
    if given.route == "corpus":
        return _of_corpus(given.source, found)
    return _of_tables([given.source], found)


def _of_tables(paths: list[Path], found: int) -> int:
    number, skipped = 0, 0
    for path in paths:
        skipped += _skipped_lines(path)
        with open_rows(str(path)) as table:
            number += sum(1 for _ in table.rows)
    return abs(number - found) + skipped


def _of_corpus(source: Path, found: int) -> int:
    if source.is_file():
        return abs(sum(len(held["id"]) for held in load_splits(str(source)).values()) - found)
    if tables := [*source.glob("label.csv"), *source.rglob("*_sent_emo.csv")]:
        return _of_tables(tables, found)
    if (source / "Session1").exists():
        return max(0, _turns_in(source) - found)
    with open_sequence(labels_uri(str(source))) as labels:
        return abs(sum(_segments_of(labels, video) for video in labels.videos) - found)


def _turns_in(corpus: Path) -> int:
    """Lines of the transcripts, and ratings of turns that no transcript has."""
    number = 0
    for path in corpus.glob("*/dialog/transcriptions/Ses*.txt"):
        lines = [line.strip() for line in _lines(path) if line.strip()]
        names = {line.split()[0] for line in lines}
        evaluated = _lines(path.parents[1] / "EmoEvaluation" / path.name)
        others = [match[1] for line in evaluated if (match := _EVALUATED.match(line.strip()))]
        number += len(lines) + sum(1 for name in others if name not in names)
    return number


def _lines(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8-sig", "surrogateescape").split("\n")


def _segments_of(labels: Sequence, video: str) -> int:
    try:
        return len(labels.read(video)[1])
    except BadInput:
        return 1


def _cues_in(archive: Path) -> int:
    """Utterances and unreadable entries that the reader finds in the one transcript of a folder;
    `readers` checks the reader itself. 1 for a file that is no transcript: it is named once.
    """
    (path,) = (path for path in archive.iterdir() if path.suffix in (".vtt", ".srt"))
    try:
        found = read_transcript(str(path))
    except BadInput:
        return 1
    return len(speakers_from_text(tidy(found))) + len(found.unread)


def _skipped_lines(path: Path) -> int:
    """Lines of a CSV or JSONL table, after its header, that the reader of tables skips silently."""
    if path.suffix == ".parquet":
        return 0
    newline = "" if path.suffix == ".csv" else "\n"
    content = path.read_bytes()
    encoding = next((name for nul, name in _WIDE if nul.match(content)), "utf-8")
    text = io.StringIO(content.decode(encoding, "replace"), newline=newline)
    filled = {n for n, line in enumerate(text, start=1) if line.strip("\r\n \t\ufeff")}
    with open_rows(str(path)) as table:
        places = [_RANGE.search(place) for place, _ in table.rows]
    told = {n for m in places if m for n in range(int(m[1]), int(m[2] or m[1]) + 1)}
    head = set(range(1, min(told, default=max(filled, default=0) + 1))) if newline == "" else set()
    return len(filled - told - head)
