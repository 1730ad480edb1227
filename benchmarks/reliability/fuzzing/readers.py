"""Read one damaged transcript of any format, and account for its entries."""

from pathlib import Path
from typing import Any

from benchmarks.reliability.fuzzing.bytes_damage import Damage
from benchmarks.reliability.fuzzing.json_damage import JSON
from benchmarks.reliability.fuzzing.originals import SECRET, Original
from benchmarks.reliability.fuzzing.results import Result
from benchmarks.reliability.fuzzing.text_damage import CSV, TRANSCRIPT
from daf_core.errors import REASONS, BadInput
from daf_core.sources.transcripts import open_document, reader_of
from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.writing import WRITERS, WrittenCue

_TESTS = Path(__file__).parents[3] / "tests/core/sources/transcripts"
SAMPLES = {"samples": b"charged", "text_samples": b"broken"}  # folder → a word of its calls
LATEST_S = 1e9
_LISTS = ("segments", "utterances", "phrases", "Transcript", "audio_segments")


def samples() -> list[Original]:
    """The same short call in every format, with the word that no message may repeat."""
    return [
        Original(path.name, path.suffix[1:], path.read_bytes().replace(word, SECRET.encode()))
        for folder, word in SAMPLES.items()
        for path in sorted((_TESTS / folder).rglob("*"))
        if path.is_file()
    ]


def damages(original: Original) -> list[Damage]:
    """The ways to damage a transcript of this kind."""
    if original.suffix in ("json", "jsonl"):
        return JSON
    return [*CSV, *TRANSCRIPT] if original.suffix in ("csv", "tsv") else TRANSCRIPT


def take(path: Path, result: Result) -> None:
    """Open, recognise, read and write; BadInput is an answer, every other exception is a fault."""
    try:
        document = open_document(str(path))
        reader = reader_of(document)
        if reader is None:
            result.outcomes["refused: not such a file"] += 1
            return
        name = reader.__name__.rpartition(".")[2]
        transcript = reader.read(document)
    except BadInput as err:
        result.outcomes[f"quarantined by reader: {err.reason}"] += 1
        if err.reason not in REASONS or SECRET in err.message or "\n" in err.message:
            result.faults.append(f"a reason that is none, or a message with words: {err.reason}")
        return
    result.outcomes[f"decoded by {name}"] += len(transcript.cues)
    result.outcomes["quarantined by reader: entries"] += len(transcript.unread)
    result.unaccounted += _lost(document, name, transcript)
    _judge(transcript, result)
    for write in WRITERS.values():
        write([WrittenCue(cue) for cue in transcript.cues]).encode()


def _judge(transcript: Transcript, result: Result) -> None:
    if any(SECRET in place or "\n" in place for place in transcript.unread):
        result.faults.append("a place with words of a transcript, or several lines")
    for cue in transcript.cues:
        times = [time for time in (cue.start_s, cue.end_s) if time is not None]
        if not all(abs(time) < LATEST_S for time in times):
            result.faults.append(f"a time that is none: {times}")
        if cue.confidence is not None and not 0 <= cue.confidence <= 1:
            result.faults.append(f"a confidence that is none: {cue.confidence}")
        if cue.channel is not None and not 0 <= cue.channel < 10_000:
            result.faults.append(f"a channel that is none: {cue.channel}")


def _lost(document: Document, reader: str, transcript: Transcript) -> int:
    """Entries of a list of segments, or lines of a table, that are neither cues nor named.

    Words become fewer cues, so that they are not counted.
    """
    found = len(transcript.cues) + len(transcript.unread)
    if reader == "table":
        head, *lines = [line for line in document.text.lstrip("\ufeff").split("\n") if line.strip()]
        if '"' in document.text or "text" not in head.casefold():
            return 0
        return max(0, len(lines) - found)
    if reader in ("whisper", "podcast", "amazon_calls", "gladia", "assemblyai"):
        entries = _entries(document.json)
        single = sum(" " not in _words(entry) for entry in entries)
        return max(0, len(entries) - found) if single < 4 else 0
    return 0


def _entries(value: Any) -> list[Any]:
    """The list of segments that the samples of these readers have."""
    if isinstance(value, dict):
        value = next((value[name] for name in _LISTS if value.get(name)), [])
    return value if isinstance(value, list) else []


def _words(entry: Any) -> str:
    """The text of a segment; of other entries, text of several words."""
    values = list(entry.values()) if isinstance(entry, dict) else []
    return max((one.strip() for one in values if isinstance(one, str)), key=len, default="a b")
