"""The labelled rows of a manifest, as a sample that a run over its parts encodes."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class ChosenRows:
    """Rows of a manifest by their ids.

    utterance_ids: of the rows; whole_parts: take all rows of a part that holds one of them, for
    heads that read an utterance beside others of its part.
    """

    utterance_ids: tuple[str, ...]
    whole_parts: bool

    def select(self, rows: pa.Table) -> pa.Table:
        """The chosen ones among the rows of a part, in the same order."""
        chosen = pc.is_in(rows["utterance_id"], pa.array(self.utterance_ids, pa.string()))
        if not self.whole_parts:
            return rows.filter(chosen)
        return rows if pc.any(chosen).as_py() else rows.slice(0, 0)
