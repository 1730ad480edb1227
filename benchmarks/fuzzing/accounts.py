"""How many rows went into an input, and are nowhere once it was ingested."""

import io
import re
from pathlib import Path
from typing import Any

from daf_core.errors import BadInput
from daf_core.sources.corpora.csd import labels_uri
from daf_core.sources.corpora.csd_file import Sequence, open_sequence
from daf_core.sources.corpora.mmsa import load_splits
from daf_core.sources.table_rows import open_rows
from fuzzing.inputs import Input
from fuzzing.originals import CUES

ROWS = 7  # of the table that `inputs` writes for a recording
WHOLE_FILE = {"bad_encoding", "unreadable_transcript", "no_cues"}
_CUE = re.compile(r"-->|^\s*[\d:]*:\d\d[.,]\d+\s*\S{0,8}\s*[\d:]*:\d\d[.,]\d")
_CUE_BLOCK = re.compile(rf"(?m){_CUE.pattern}|^(?:NOTE|STYLE|REGION)")
_RANGE = re.compile(r":(\d+)(?:-(\d+))?$")
_EVALUATED = re.compile(r"\[[^]]*\]\s+(Ses\w+)")

Row = dict[str, Any]


def unaccounted(given: Input, rows: list[Row], refused: list[Row]) -> int:
    """How many rows or cues went in and are in neither table, or in both."""
    found = len(rows) + len(refused)
    if given.route == "voices":  # one recording: utterances, or one reason why there are none
        return abs(1 - bool(rows) - len(refused))
    if given.route == "cues":
        return abs(len(CUES) - found)
    if given.route in ("rows", "later"):
        return abs(ROWS - found)
    if given.route == "labels":
        return abs(len(CUES) - len(rows)) + _lines_passed_by(given.labels)
    if given.route == "transcript":
        if {row["reason"] for row in refused} & WHOLE_FILE:
            return abs(1 - found)
        return max(0, _cues_in(given.source) - found)
    if given.route == "corpus":
        return _of_corpus(given.source, found)
    return _of_tables([given.source], found)


def _of_tables(paths: list[Path], found: int) -> int:
    number, passed_by = 0, 0
    for path in paths:
        passed_by += _lines_passed_by(path)
        with open_rows(str(path)) as (_, read):
            number += sum(1 for _ in read)
    return abs(number - found) + passed_by


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
    """Lines of the transcripts, each a turn or none; of the evaluations those of other turns."""
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
    """Lines that look like times; in WebVTT also blocks that have none."""
    (path,) = (path for path in archive.iterdir() if path.suffix in (".vtt", ".srt"))
    lines = path.read_text("utf-8-sig").split("\n")  # with universal newlines
    number = sum(1 for line in lines if _CUE.search(line))
    if path.suffix == ".srt":
        return number
    blocks = "\n".join(lines).split("\n\n")[1:]
    return number + sum(1 for b in blocks if b.strip() and not _CUE_BLOCK.search(b))


def _lines_passed_by(path: Path) -> int:
    """Lines of a CSV or JSONL table, after its head, of which the reader of tables says nothing."""
    if path.suffix == ".parquet":
        return 0
    newline = "" if path.suffix == ".csv" else "\n"
    text = io.TextIOWrapper(io.BytesIO(path.read_bytes()), "utf-8", "replace", newline=newline)
    filled = {n for n, line in enumerate(text, start=1) if line.strip("\r\n \t\ufeff")}
    with open_rows(str(path)) as (_, rows):
        places = [_RANGE.search(place) for place, _ in rows]
    told = {n for m in places if m for n in range(int(m[1]), int(m[2] or m[1]) + 1)}
    head = set(range(1, min(told, default=max(filled, default=0) + 1))) if newline == "" else set()
    return len(filled - told - head)
