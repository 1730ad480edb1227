"""Folders of our own form to damage: a manifest with scores, a head, an encoder."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.reliability.fuzzing.bytes_damage import ANY, Damage, Rng
from benchmarks.reliability.fuzzing.json_damage import JSON
from benchmarks.reliability.fuzzing.originals import SECRET
from benchmarks.reliability.fuzzing.parquet_damage import broken_footer, broken_pages
from daf_core.stages import trained_head
from jobs.settings import IngestSettings
from jobs.verbs import ingest
from tests.core.encoders.encoder_folders import text_folder
from tests.core.report.score_files import publish
from tests.core.report.warned_runs import sound_row
from tests.core.stages.whole_head import save_head

_HEADER = 8  # bytes before the JSON of a safetensors file


def make_original(kind: str, folder: Path) -> None:
    """Make an undamaged folder of a kind within `folder`."""
    place = folder / kind
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    _MAKE[kind](place)


def damage(rng: Rng, place: Path) -> str:
    """Change one file of a copy; returns what was done."""
    files = sorted(path for path in place.rglob("*") if path.is_file() and path.suffix in _DAMAGES)
    files = [path for path in files if not path.is_relative_to(place / "source")]
    file = files[int(rng.integers(len(files)))]
    damages = _DAMAGES[file.suffix]
    one = damages[int(rng.integers(len(damages)))]
    file.write_bytes(one(rng, file.read_bytes()))
    if file.name == trained_head.WEIGHTS and rng.random() < 0.9:  # by somebody who knows the record
        record = json.loads((place / trained_head.RECORD).read_bytes())
        record["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        (place / trained_head.RECORD).write_text(json.dumps(record))
    return f"{one.__name__.replace('_', ' ')} of {file.name}"


def odd_header(rng: Rng, content: bytes) -> bytes:
    """The header of a safetensors file as JSON that was changed."""
    stop = _HEADER + int.from_bytes(content[:_HEADER], "little")
    header = JSON[int(rng.integers(len(JSON)))](rng, content[_HEADER:stop])
    return len(header).to_bytes(_HEADER, "little") + header + content[stop:]


def odd_numbers_within(rng: Rng, content: bytes) -> bytes:
    """Some numbers of the tensors are others: huge, negative, none."""
    start = _HEADER + int.from_bytes(content[:_HEADER], "little")
    numbers = np.frombuffer(content[start:], np.float32).copy()
    at = int(rng.integers(len(numbers)))
    odd = rng.choice([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-40, -1.0, 1e9], 1)
    numbers[at : at + int(rng.integers(1, 40))] = odd
    made: bytes = content[:start] + numbers.tobytes()
    return made


def _archive(place: Path) -> None:
    """A manifest, and scores with their page."""
    source = place / "source"
    source.mkdir()
    noise = np.random.default_rng(0).normal(scale=0.1, size=16_000)
    for name in ("a", "b"):
        soundfile.write(source / f"{name}.wav", noise, 16_000)
        cue = f"00:00.000 --> 00:00.900\n<v Ann>fine {SECRET}\n"
        (source / f"{name}.vtt").write_text(f"WEBVTT\n\n{cue}")
    out = place / "ingested"
    ingest.run(IngestSettings(source=str(source), out=str(out)))
    rows = [sound_row(number) for number in range(12)]
    words: dict[str, str | None] = {row["utterance_id"]: "fine words" for row in rows}
    publish(place, [rows], words, identity={"manifest": "0" * 16})


def _head(place: Path) -> None:
    save_head(place, {})


def _encoder(place: Path) -> None:
    text_folder(place, "bert")


_MAKE: dict[str, Callable[[Path], None]] = {
    "records": _archive,
    "heads": _head,
    "encoders": _encoder,
}
KINDS = frozenset(_MAKE)
_DAMAGES: dict[str, list[Damage]] = {
    ".json": [*ANY, *4 * JSON],
    ".parquet": [*ANY, broken_pages, broken_footer],
    ".safetensors": [*ANY, *4 * [odd_header, odd_numbers_within]],
    ".txt": ANY,
}
