"""A run over parts: which it makes, into which output, and what decides their bytes."""

from dataclasses import dataclass

from daf_core.storage import run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json
from jobs.progress import Counts


@dataclass(frozen=True)
class Run:
    """A run over parts.

    verb: what is done to rows ("scored"); parts: all that the run makes; identity: everything that
    decides their bytes, but for metadata; facts: further entries of the run record; made_from: the
    tables of which the parts carry metadata, None: they have none.
    """

    verb: str
    parts: list[PartFacts]
    output: Output
    identity: Json
    facts: Json
    made_from: Output | None = None

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the identity, as it stands in every part's footer."""
        return run_record.fingerprint(self.identity)

    def counted(self, parts: int, counts: Counts) -> Json:
        """Counts of so many parts, as records tell them."""
        return {
            "parts": parts,
            "rows_in": counts.rows_in,
            self.verb: counts.rows_out,
            "quarantined": counts.quarantined,
            "audio_hours": round(counts.audio_s / 3600, 4),
        }

    def totals(self, counts: Counts) -> Json:
        """The counts of all its parts, with reasons and flags."""
        return self.counted(len(self.parts), counts) | {
            "reasons": dict(sorted(counts.reasons.items())),
            "flags": dict(sorted(counts.flags.items())),
        }
