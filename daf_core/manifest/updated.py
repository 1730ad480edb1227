"""What a manifest holds after an update, and what the update found new."""

import time
from collections import Counter
from dataclasses import asdict, dataclass, field

from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.comparison import Comparison, Gone
from daf_core.manifest.entries import is_file
from daf_core.sources.remarks import Remarks
from daf_core.storage.run_record import Json

_COUNTS = ("rows_in", "rows", "quarantined", "not_used", "flags", "parts", "audio_hours")


@dataclass(frozen=True, kw_only=True)
class Updated:
    """A manifest after an update, and how its source compared with it before.

    quarantined: reason → rows; not_used: reason and suffix → files of the source; flags: flag →
    rows, with no_text and no_audio; remarks: settings that match nothing, and hints; recordings:
    counts of new, changed, gone and kept ones; seconds: the duration of this update;
    nothing_to_do: the manifest was up to date; gone: which recordings are gone from the source.
    """

    rows_in: int
    rows: int
    quarantined: dict[str, int]
    not_used: dict[str, int]
    flags: dict[str, int]
    parts: int
    audio_hours: float
    remarks: Remarks
    recordings: Comparison
    seconds: float
    nothing_to_do: bool = False
    gone: Gone = field(default_factory=Gone)

    def as_facts(self) -> Json:
        """The entries of the run record."""
        return {name: getattr(self, name) for name in _COUNTS} | {
            "remarks": asdict(self.remarks),
            "recordings": self.recordings.as_dict(),
            "seconds": self.seconds,
        }

    @classmethod
    def from_facts(cls, facts: Json, known: Catalogue, started: float) -> "Updated":
        """A manifest with nothing to do, from the entries of its run record."""
        counts = {name: facts[name] for name in _COUNTS}
        said = facts.get("remarks", {})  # older records have none
        remarks = Remarks(**{name: tuple(lines) for name, lines in said.items()})
        return cls(
            **counts,
            seconds=_seconds_since(started),
            remarks=remarks,
            recordings=known.comparison(),
            nothing_to_do=True,
            gone=known.gone_from_source(),
        )


def counted(known: Catalogue, said: Remarks, started: float) -> Updated:
    """What the manifest with this catalogue holds; `started`: on the monotonic clock."""
    parts, reasons = known.facts.values(), known.reasons()
    quarantined = {reason: count for reason, count in reasons.items() if not is_file(reason)}
    rows = sum(part.rows for part in parts)
    return Updated(
        rows_in=rows + sum(quarantined.values()),
        rows=rows,
        quarantined=quarantined,
        not_used={reason: count for reason, count in reasons.items() if is_file(reason)},
        flags=dict(sorted(sum((Counter(part.flags) for part in parts), Counter()).items())),
        remarks=said,
        parts=len(parts),
        audio_hours=round(sum(part.audio_s for part in parts) / 3600, 4),
        recordings=known.comparison(),
        seconds=_seconds_since(started),
        gone=known.gone_from_source(),
    )


def _seconds_since(started: float) -> float:
    return round(time.monotonic() - started, 1)
