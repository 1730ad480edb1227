"""Lay out one damaged input as something that `daf ingest` takes: a folder or a table."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.reliability.fuzzing import folders, originals, readers
from benchmarks.reliability.fuzzing.bytes_damage import Damage, Rng, of_recordings
from benchmarks.reliability.fuzzing.corpora import corpora
from benchmarks.reliability.fuzzing.originals import CUES, SECRET, SPEECH_S, Original
from benchmarks.reliability.fuzzing.parquet_damage import PARQUET
from benchmarks.reliability.fuzzing.text_damage import CSV, JSONL, TRANSCRIPT
from benchmarks.reliability.fuzzing.uri_damage import lay_out

# Kind of input → how many of it come in one turn of all kinds.
SHARES = {
    "recordings": 10,
    "transcripts": 8,
    "folders": 4,
    "tables": 5,
    "labels": 1,
    "corpora": 10,
    "uris": 3,
    "records": 4,
    "heads": 4,
    "encoders": 2,
}
T = TypeVar("T")
TABLE_DAMAGE = {"csv": CSV, "jsonl": JSONL, "parquet": PARQUET}


@dataclass(frozen=True)
class Input:
    """One damaged input in a folder of its own.

    route: voices, cues, rows, later, transcript, reader, table, labels, corpus, features, uris,
    records, heads or encoders: how it is laid out; source: what is ingested; labels: a table of
    labels for it; sound, damaged: two files, the second replaces the first between ingest and
    decode, as in an archive that changed; for features `sound` is the corpus they belong to.
    """

    number: int
    kind: str
    mutation: str
    route: str
    folder: Path
    source: Path
    labels: Path | None = None
    sound: Path | None = None
    damaged: Path | None = None


class Inputs:
    """Damaged inputs by number; the same seed, kinds and number give the same bytes."""

    def __init__(self, seed: int, folder: Path, kinds: list[str], data: Path | None) -> None:
        self.seed = seed
        self.data = data
        self.folder = folder
        shares = [(kind, share) for kind, share in SHARES.items() if kind in kinds]
        self._turns = [kind for kind, share in shares for _ in range(share)]
        self._corpora = corpora(folder / "originals") if "corpora" in kinds else []
        for kind in {*kinds} & folders.KINDS:
            folders.make_original(kind, folder / "originals")

    @cached_property
    def _by_kind(self) -> dict[str, list[Original]]:
        by_kind: dict[str, list[Original]] = {}
        for original in originals.recordings(self.data):
            by_kind.setdefault(original.kind, []).append(original)
        return by_kind

    @cached_property
    def _good(self) -> Original:
        return self._by_kind["wav 8 bit"][0]

    @cached_property
    def _transcripts(self) -> list[Original]:
        return originals.transcripts(self.data)

    @cached_property
    def _samples(self) -> list[Original]:
        return [*readers.samples(), *self._transcripts]

    @cached_property
    def _tables(self) -> list[Original]:
        rows = [
            {
                "utterance_id": f"u{number}" if number % 3 else None,
                "audio_path": f"{'ab'[number % 2]}.wav" if number % 5 else None,
                "channel": 0 if number % 2 else None,
                "start_s": CUES[number % 4][0],
                "end_s": CUES[number % 4][1] + number / 1000,
                "speaker": "Ann",
                "text": f"café {SECRET} number {number}" if number % 7 else None,
                "label": (number % 7) - 3.0,
                "split": ["train", "valid", "test"][number % 3],
                "mood": "calm",
            }
            for number in range(1, 41)
            if number % 35
        ]
        return originals.tables(rows)

    @cached_property
    def _labels(self) -> list[Original]:
        rows = [
            {
                "recording_id": "a",
                "channel": None,
                "start_s": start_s,
                "label": 1.5,
                "split": "test",
            }
            for start_s, _ in CUES
        ]
        return originals.tables(rows)[:2]

    def __call__(self, number: int) -> Input:
        """Write input `number` into a folder of its own."""
        rng = np.random.default_rng([self.seed, number])
        folder = self.folder / f"{number:06d}"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "archive").mkdir(parents=True)
        rounds, turn = divmod(number, len(self._turns))
        if self._turns[turn] == "recordings":  # the first of all; each format as often
            formats = list(self._by_kind)
            kind = formats[(rounds * SHARES["recordings"] + turn) % len(formats)]
            return self._recording(rng, number, folder, _any(rng, self._by_kind[kind]))
        make = {
            "transcripts": self._to_be_read,
            "folders": self._transcript,
            "tables": self._table,
            "labels": self._labelled,
            "corpora": self._corpus,
            "uris": self._uris,
            **dict.fromkeys(("records", "heads", "encoders"), self._folder),
        }
        return make[self._turns[turn]](rng, number, folder)

    def _recording(self, rng: Rng, number: int, folder: Path, original: Original) -> Input:
        mutation, content = _damage(rng, original, of_recordings(original.kind))
        route = ["voices", "cues", "rows", "later"][int(rng.integers(4))]
        archive = folder / "archive"
        audio = archive / f"a.{original.suffix}"
        audio.write_bytes(content)
        source, sound, damaged = archive, None, None
        if route == "cues":
            (archive / "a.vtt").write_bytes(originals.transcript("vtt"))
        if route in ("rows", "later"):
            source = archive / "rows.csv"
            source.write_text(_rows(audio.name))
        if route == "later":
            sound, damaged = audio, folder / "damaged"
            audio.replace(damaged)
            audio.write_bytes(original.content)
        return Input(
            number, original.kind, mutation, route, folder, source, sound=sound, damaged=damaged
        )

    def _transcript(self, rng: Rng, number: int, folder: Path) -> Input:
        suffix = _any(rng, ["vtt", "srt"])
        original = _any(rng, [one for one in self._transcripts if one.suffix == suffix])
        mutation, content = _damage(rng, original, TRANSCRIPT)
        archive = folder / "archive"
        (archive / f"a.{original.suffix}").write_bytes(content)
        if rng.random() < 0.5:
            (archive / "a.wav").write_bytes(self._good.content)
        return Input(number, original.kind, mutation, "transcript", folder, archive)

    def _to_be_read(self, rng: Rng, number: int, folder: Path) -> Input:
        original = self._samples[number % len(self._samples)]
        mutation, content = _damage(rng, original, readers.damages(original))
        source = folder / "archive" / original.kind
        source.write_bytes(content)
        return Input(number, original.kind, mutation, "reader", folder, source)

    def _table(self, rng: Rng, number: int, folder: Path) -> Input:
        kind = _any(rng, ["csv", "jsonl", "parquet"])
        original = _any(rng, [table for table in self._tables if table.kind == kind])
        mutation, content = _damage(rng, original, TABLE_DAMAGE[kind])
        source = folder / "archive" / f"rows.{original.suffix}"
        source.write_bytes(content)
        for name in "ab":
            (folder / "archive" / f"{name}.wav").write_bytes(self._good.content)
        return Input(number, kind, mutation, "table", folder, source)

    def _labelled(self, rng: Rng, number: int, folder: Path) -> Input:
        original = _any(rng, self._labels)
        mutation, content = _damage(rng, original, TABLE_DAMAGE[original.kind])
        labels = folder / f"labels.{original.suffix}"
        labels.write_bytes(content)
        (folder / "archive" / "a.vtt").write_bytes(originals.transcript("vtt"))
        return Input(
            number,
            f"labels {original.kind}",
            mutation,
            "labels",
            folder,
            folder / "archive",
            labels,
        )

    def _uris(self, rng: Rng, number: int, folder: Path) -> Input:
        source = lay_out(rng, folder, self._good.content)
        return Input(number, "uris", "odd pieces", "uris", folder, source)

    def _folder(self, rng: Rng, number: int, folder: Path) -> Input:
        kind = self._turns[number % len(self._turns)]
        place = folder / "archive" / kind
        shutil.copytree(self.folder / "originals" / kind, place)
        mutation = folders.damage(rng, place)
        return Input(number, kind, mutation, kind, folder, place)

    def _corpus(self, rng: Rng, number: int, folder: Path) -> Input:
        corpus = _any(rng, self._corpora)
        source = folder / "archive" / corpus.source.name
        if corpus.source.is_dir():
            shutil.copytree(corpus.source, source)
        else:
            shutil.copy(corpus.source, source)
        pattern = _any(rng, list(corpus.files))
        damaged = _any(rng, sorted(source.glob(pattern))) if pattern else source
        original = Original(corpus.kind, damaged.suffix[1:], damaged.read_bytes())
        mutation, content = _damage(rng, original, corpus.files[pattern])
        damaged.write_bytes(content)
        route = "features" if corpus.of_features else "corpus"
        return Input(number, corpus.kind, mutation, route, folder, source, sound=corpus.source)


def _damage(rng: Rng, original: Original, damages: list[Damage]) -> tuple[str, bytes]:
    damage = damages[int(rng.integers(len(damages)))]
    return damage.__name__.replace("_", " "), damage(rng, original.content)


def _any(rng: Rng, several: list[T]) -> T:
    return several[int(rng.integers(len(several)))]


def _rows(audio: str) -> str:
    """A table: the whole recording, its cues with and without words, and a second channel."""
    lines = ["audio_path,start_s,end_s,channel,text", f"{audio},,,,", f"{audio},,,,all {SECRET}"]
    for number, (start_s, end_s) in enumerate(CUES):
        lines.append(f"{audio},{start_s},{end_s},,{SECRET if number % 2 else ''}")
    lines.append(f"{audio},{SPEECH_S / 2},{SPEECH_S - 0.5},1,")
    return "\n".join(lines) + "\n"
