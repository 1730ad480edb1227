"""How many words `daf transcribe` gets wrong, and how fast it is.

    python -m benchmarks.science.word_error_rate [--data DIR] [--model openai/whisper-tiny.en]
        [--compute int8] [--apart]

Takes the bundled corpus of the demo, each channel or recording as one long row, and with --data
those recordings of DIR/longform that have a .vtt, .srt or .jsonl with their words. Prints the word
error rate (jiwer) of all utterances in order of time against the known text, and the real-time
factor: seconds of audio by seconds of one core's time. --apart gives each stretch a window of its
own. Texts are compared in lower case, without punctuation and speakers; digits are spelled one by
one, so that "room 214" is "room two one four", and ordinals up to tenth as words.
"""

import re
import time
from pathlib import Path

import jiwer
import pyarrow as pa

from benchmarks.command_line import LAYOUT, parser_for
from daf_core.asr.doubts import normalised
from daf_core.asr.models import RECOGNIZER, resolve
from daf_core.asr.recognizer import Recognizer
from daf_core.asr.rows import transcribe
from daf_core.asr.windows import WINDOW_S
from daf_core.recordings.audio import open_recording
from daf_core.schemas import MANIFEST, Row

DEMO = Path(__file__).parents[2] / "jobs" / "demo_corpus"
SOUNDS = {".wav", ".flac", ".ogg", ".m4a", ".mp3", ".opus"}
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ORDINALS = [
    *("zeroth", "first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
]


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help=LAYOUT)
    parser.add_argument("--model", default=RECOGNIZER)
    parser.add_argument("--compute", default="int8")
    parser.add_argument("--apart", action="store_true")
    asked = parser.parse_args()
    window_s = 0.0 if asked.apart else WINDOW_S
    recognizer = Recognizer(
        resolve(asked.model, True), compute_type=asked.compute, offline=True, window_s=window_s
    )
    print(f"{asked.model} {asked.compute}, windows of {window_s:g} s")
    show("demo", recordings(DEMO), recognizer)
    if asked.data:
        show("longform", recordings(asked.data / "longform"), recognizer)


def recordings(folder: Path) -> list[tuple[Path, Path]]:
    """Recordings under `folder` that have a transcript of their name."""
    found = []
    for sound in sorted(path for path in folder.rglob("*") if path.suffix in SOUNDS):
        texts = [sound.with_suffix(suffix) for suffix in (".vtt", ".srt")]
        found += [(sound, text) for text in texts if text.exists()][:1]
    return found


def show(name: str, pairs: list[tuple[Path, Path]], recognizer: Recognizer) -> None:
    """Print a line for each recording and one for all."""
    known, said, audio_s, began = [], [], 0.0, time.process_time()
    for sound, text in pairs:
        known.append(spelled(words_of(text)))
        heard, seconds = heard_in(sound, recognizer)
        said.append(spelled(heard))
        audio_s += seconds
        print(f"  {sound.name}: {jiwer.wer(known[-1], said[-1]):.3f}", flush=True)
    spent_s = time.process_time() - began
    words = sum(len(text.split()) for text in known)
    print(
        f"{name}: {len(pairs)} recordings, {audio_s:.0f} s, {words} words, word error rate "
        f"{jiwer.wer(known, said):.3f}, {audio_s / spent_s:.1f} times real time on one core",
        flush=True,
    )


def heard_in(sound: Path, recognizer: Recognizer) -> tuple[str, float]:
    """All words of a recording in order of time, and its length; two channels are heard apart."""
    with open_recording(str(sound)) as recording:
        seconds, count = recording.duration_s, recording.channels
    empty = dict.fromkeys(MANIFEST.names)
    rows: list[Row] = [
        {
            **empty,
            "utterance_id": f"{channel}",
            "recording_id": sound.name,
            "audio_uri": str(sound),
            "channel": channel,
            "start_s": 0.0,
            "end_s": max(seconds, 20.1),
            "flags": [],
        }
        for channel in (range(count) if count > 1 else [None])
    ]
    found, _ = transcribe(pa.Table.from_pylist(rows, schema=MANIFEST), recognizer)
    spoken = sorted(found.to_pylist(), key=lambda row: float(row["start_s"]))
    return " ".join(row["text"] or "" for row in spoken), seconds


def words_of(text: Path) -> str:
    """The words of a WebVTT or SubRip file, without times, marks and speakers."""
    lines = [line.strip() for line in text.read_text().splitlines()]
    kept = [
        line
        for line in lines
        if line and "-->" not in line and not line.isdigit() and not line.startswith("WEBVTT")
    ]
    plain = (re.sub(r"<[^>]*>", "", line) for line in kept)
    return " ".join(re.sub(r"^[A-Z][a-z]+: ", "", line) for line in plain)


def spelled(text: str) -> str:
    """A text in the form in which it is compared."""
    text = re.sub(r"\b(10|[1-9])(?:st|nd|rd|th)\b", lambda found: ORDINALS[int(found[1])], text)
    text = re.sub(r"\d", lambda found: f" {DIGITS[int(found[0])]} ", text)
    return " ".join(normalised(text.replace("-", " ").replace(".", " ")))


if __name__ == "__main__":
    main()
