"""Write a manifest: utterances cut into parts, the quarantine beside them, and `_run.json`.

MANIFEST/part-00000.parquet …             about 20 minutes of audio each
MANIFEST/_quarantine/part-00000.parquet …  leading underscore: readers of a folder pass it by
MANIFEST/_run.json                        first and last: `complete` says which
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from daf_core import __version__
from daf_core.errors import SettingsError
from daf_core.schemas import MANIFEST, QUARANTINE, VERSION
from daf_core.tables import (
    filesystem,
    join,
    list_parts,
    part_name,
    read,
    read_json,
    write,
    write_json,
)
from daf_core.utterances import Row

RUN = "_run.json"
QUARANTINE_FOLDER = "_quarantine"
ROWS_PER_PART = 4_096
QUARANTINE_ROWS_PER_PART = 65_536
WORDS_PER_MINUTE = 150.0


def speech_s(row: Row) -> float:
    """Seconds of audio of a row; of one without audio, how long its words take to say."""
    if row["audio_uri"] is not None and row["start_s"] is not None:
        return float(row["end_s"] - row["start_s"])
    return len((row["text"] or "").split()) / WORDS_PER_MINUTE * 60


@dataclass
class ManifestWriter:
    """Takes recordings in order and holds one part of them at a time.

    A recording that does not fit into what is left of a part begins the next; one longer than a
    part (`part_s` seconds, 4,096 rows) spans several.
    """

    uri: str
    part_s: float
    parts: int = 0
    rows: int = 0
    audio_s: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    _part: list[Row] = field(default_factory=list)
    _part_filled_s: float = 0.0
    _quarantine: list[Row] = field(default_factory=list)
    _quarantine_parts: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def add(self, rows: list[Row], rejected: Iterable[Row]) -> None:
        """Take the manifest rows of one recording and quarantine rows of any."""
        for row in rejected:
            self.reasons[row["reason"]] += 1
            self._quarantine.append(row)
            if len(self._quarantine) == QUARANTINE_ROWS_PER_PART:
                self._write_quarantine()
        if not self._fits(sum(map(speech_s, rows)), len(rows)):
            self._write_part()
        for row in rows:
            if not self._fits(speech_s(row), 1):
                self._write_part()
            self._part.append(row)
            self._part_filled_s += speech_s(row)

    def close(self, record: dict[str, Any]) -> dict[str, Any]:
        """Write what is left, then `_run.json`: `record`, counts and a fingerprint of the rows."""
        self._write_part()
        if self._quarantine or not self._quarantine_parts:
            self._write_quarantine()
        finished = {
            **record,
            "complete": True,
            "rows_in": self.rows + self.reasons.total(),
            "rows": self.rows,
            "quarantined": dict(sorted(self.reasons.items())),
            "parts": self.parts,
            "audio_hours": round(self.audio_s / 3600, 4),
            "fingerprint": self._digest.hexdigest(),
        }
        write_json(join(self.uri, RUN), finished)
        return finished

    def _fits(self, seconds: float, rows: int) -> bool:
        return not self._part or (
            self._part_filled_s + seconds <= self.part_s and len(self._part) + rows <= ROWS_PER_PART
        )

    def _write_part(self) -> None:
        if not self._part:
            return
        table = pa.Table.from_pylist(
            [{**row, "meta": list(row["meta"].items())} for row in self._part], schema=MANIFEST
        )
        write(join(self.uri, part_name(self.parts)), table, "manifest")
        for row in self._part:
            self._digest.update(json.dumps(row, sort_keys=True).encode() + b"\n")
            self.audio_s += speech_s(row) if row["audio_uri"] is not None else 0.0
        self._digest.update(b"part\n")
        self.parts += 1
        self.rows += len(self._part)
        self._part, self._part_filled_s = [], 0.0

    def _write_quarantine(self) -> None:
        table = pa.Table.from_pylist(self._quarantine, schema=QUARANTINE)
        name = part_name(self._quarantine_parts)
        write(join(self.uri, QUARANTINE_FOLDER, name), table, "quarantine")
        self._quarantine_parts += 1
        self._quarantine = []


def run_record(settings: dict[str, Any], source_fingerprint: str) -> dict[str, Any]:
    """What decides a manifest's contents; the same record gives the same manifest."""
    return {
        "table": "manifest",
        "version": VERSION,
        "daf": __version__,
        "settings": settings,
        "source_fingerprint": source_fingerprint,
        "complete": False,
    }


def finished_run(uri: str, record: dict[str, Any]) -> dict[str, Any] | None:
    """`_run.json` of a finished manifest made as `record` says; None where there is work to do.

    Raises:
        SettingsError: something else is there.
    """
    found = read_json(join(uri, RUN))
    parts = list_parts(uri)
    if found is None:
        if parts:
            raise SettingsError(f"{uri}: holds {parts[0]} of another origin; use another --out")
        return None
    differences = _differences(found, record)
    if differences:
        raise SettingsError(
            f"{uri}: holds a manifest made otherwise ({'; '.join(differences)}); "
            f"use --fresh to replace it, or another --out"
        )
    complete = found.get("complete") is True and found.get("parts") == len(parts)
    return found if complete else None


def _differences(found: dict[str, Any], record: dict[str, Any]) -> list[str]:
    before, now = found.get("settings", {}), record["settings"]
    differences = [
        f"{name} was {before.get(name)}, is {now.get(name)}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    for name in ("table", "version"):
        if found.get(name) != record[name]:
            differences.append(f"{name} was {found.get(name)}, is {record[name]}")
    if not differences and found.get("source_fingerprint") != record["source_fingerprint"]:
        differences.append("the source has changed")
    return differences


def start_over(uri: str, record: dict[str, Any]) -> None:
    """Say in `_run.json` that a manifest is being made, and delete the parts of one before it.

    Raises:
        SettingsError: a part that is there is no manifest's.
    """
    old = [(join(uri, name), "manifest") for name in list_parts(uri)]
    aside = join(uri, QUARANTINE_FOLDER)
    old += [(join(aside, name), "quarantine") for name in list_parts(aside)]
    for part, kind in old:
        read(part, kind, columns=[])
    write_json(join(uri, RUN), record)
    for part, _ in old:
        fs, path = filesystem(part)
        fs.rm_file(path)
