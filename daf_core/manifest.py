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

from daf_core.index import PartFacts
from daf_core.runs import Output
from daf_core.schemas import MANIFEST, QUARANTINE
from daf_core.tables import join, part_name, write
from daf_core.utterances import Row

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

    output: Output
    part_s: float
    parts: int = 0
    rows: int = 0
    audio_s: float = 0.0
    index: list[PartFacts] = field(default_factory=list)
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

    def close(self) -> dict[str, Any]:
        """Write what is left; returns counts, and a fingerprint of the rows, for the record."""
        self._write_part()
        if self._quarantine or not self._quarantine_parts:
            self._write_quarantine()
        return {
            "rows_in": self.rows + sum(self.reasons.values()),
            "rows": self.rows,
            "quarantined": dict(sorted(self.reasons.items())),
            "parts": self.parts,
            "audio_hours": round(self.audio_s / 3600, 4),
            "fingerprint": self._digest.hexdigest(),
        }

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
        body = json.dumps(self._part, sort_keys=True).encode()
        audio_s = sum(speech_s(row) for row in self._part if row["audio_uri"] is not None)
        name, contents = part_name(self.parts), hashlib.sha256(body).hexdigest()[:16]
        facts = PartFacts(name, contents, len(self._part), len(self._part), audio_s, {})
        self.index.append(facts)
        write(join(self.output.parts_uri, name), table, "manifest", facts.footer())
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
        write(join(self.output.quarantine_uri, name), table, "quarantine")
        self._quarantine_parts += 1
        self._quarantine = []
