"""Take one damaged input the real way, ingest then decode, and account for its rows."""

import io
import os
import re
import resource
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daf_core import tables
from daf_core.decoding import decode_part
from daf_core.errors import REASONS, SettingsError
from daf_core.schemas import FLAGS
from daf_core.sources.source_rows import open_rows
from fuzzing.inputs import Input
from fuzzing.originals import CUES, SECRET
from jobs import ingest
from jobs.settings import IngestSettings

MOST_MEMORY = 4 << 30  # of address space beyond the start: no input may take the machine down
ROWS = 7  # of the table that `inputs` writes for a recording
WHOLE_FILE = {"bad_encoding", "unreadable_transcript", "no_cues"}
_CUE = re.compile(r"-->|^\s*[\d:]*:\d\d[.,]\d+\s*\S{0,8}\s*[\d:]*:\d\d[.,]\d")
_CUE_BLOCK = re.compile(rf"(?m){_CUE.pattern}|^(?:NOTE|STYLE|REGION)")
_RANGE = re.compile(r":(\d+)(?:-(\d+))?$")

Row = dict[str, Any]


@dataclass
class Result:
    """What became of an input; `unaccounted` counts rows that went in and are nowhere."""

    outcomes: Counter[str] = field(default_factory=Counter)
    unaccounted: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    grown_mb: float = 0.0


def prepare() -> None:
    """Load what every input needs, so that none is charged for it; then bound this process."""
    from daf_core.sources.recording_files import _voice_activity

    _voice_activity()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MOST_MEMORY, size + MOST_MEMORY))


def attempt(given: Input) -> Result:
    """Ingest and decode, in this process; what is raised is a fault of ours."""
    result = Result()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _memory_mb("VmRSS")
    started = time.monotonic()
    try:
        _take(given, result)
    except Exception as err:
        where = traceback.extract_tb(err.__traceback__)[-1]
        line = f"{type(err).__name__}: {err}".partition("\n")[0][:200]
        result.faults.append(f"raised {line} ({os.path.basename(where.filename)}:{where.lineno})")
    result.seconds = time.monotonic() - started
    result.grown_mb = _memory_mb("VmHWM") - before
    return result


def _take(given: Input, result: Result) -> None:
    out = str(given.folder / "manifest")
    labels = given.labels and str(given.labels)
    try:
        ingest.run(IngestSettings(source=str(given.source), out=out, labels=labels))
    except SettingsError as err:
        result.outcomes["refused: not a table"] += 1
        table = given.labels or given.source
        if given.route not in ("table", "labels") or not str(err).startswith(f"{table}: "):
            result.faults.append(f"the job stopped: {err}"[:200])
        if "\n" in str(err) or SECRET in str(err):
            result.faults.append("an error with words of the table, or several lines")
        return
    rows, refused = _all(out, "manifest"), _all(f"{out}/_quarantine", "quarantine")
    result.unaccounted += _unaccounted(given, rows, refused)
    if given.damaged and given.sound:
        given.damaged.replace(given.sound)
    for row in refused:
        _judge_refusal(row, result, "ingest")
    for name in tables.list_parts(out):
        part = tables.read(tables.join(out, name), "manifest")[0]
        decoded = decode_part(part)
        result.unaccounted += abs(len(part) - len(decoded))
        for row in decoded.to_pylist():
            _judge_decoded(row, result)


def _judge_decoded(row: Row, result: Result) -> None:
    if row["reason"] is not None:
        _judge_refusal(row, result, "score")
    elif row["samples"]:
        result.outcomes["decoded"] += 1
    elif row["text"] is not None and "no_audio" in row["flags"]:
        result.outcomes["text alone: " + (", ".join(row["flags"][1:]) or "no audio given")] += 1
    else:
        result.unaccounted += 1
    if not set(row["flags"]) <= FLAGS.keys():
        result.faults.append(f"a flag that is none: {row['flags']}")


def _judge_refusal(row: Row, result: Result, stage: str) -> None:
    result.outcomes[f"quarantined by {stage}: {row['reason']}"] += 1
    if row["reason"] not in REASONS:
        result.faults.append(f"a reason that is none: {row['reason']}")
    said = row["message"].replace(row["audio_uri"] or "", "")  # words may have become a path
    if SECRET in said or "\n" in row["message"]:
        result.faults.append("a message with words of a transcript, or several lines")


def _unaccounted(given: Input, rows: list[Row], refused: list[Row]) -> int:
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
    with open_rows(str(given.source)) as (_, read):
        return abs(sum(1 for _ in read) - found) + _lines_passed_by(given.source)


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


def _all(folder: str, kind: str) -> list[Row]:
    names = tables.list_parts(folder)
    return [row for n in names for row in tables.read(tables.join(folder, n), kind)[0].to_pylist()]


def _memory_mb(name: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024
