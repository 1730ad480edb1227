"""Which rows of a manifest a grid is measured on: labelled ones that no head was trained on."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.damage.draws import rank
from daf_core.errors import SettingsError
from daf_core.storage.output import Output
from daf_core.training.split_rule import TEST_FROM, percent

WHAT = "sample"  # that the ranks are of


@dataclass(frozen=True)
class LabelledSample:
    """The labelled rows of a `split` (None: of the recordings that training leaves for testing); of
    these, those ranked up to `last` (None: all).

    A larger sample of the same seed holds the smaller one.
    """

    split: str | None
    seed: int
    last: str | None

    def select(self, rows: pa.Table) -> pa.Table:
        """Those of some rows of the manifest, in order."""
        kept = rows.filter(pc.is_valid(rows["label"]))
        if self.split is None:
            left = percent(kept["recording_id"].to_pylist()) >= TEST_FROM
            kept = kept.filter(pa.array(left, pa.bool_()))
        else:
            kept = kept.filter(pc.equal(kept["split"], self.split))
        if self.last is not None:
            ranks = [rank(self.seed, row, WHAT) for row in kept["utterance_id"].to_pylist()]
            kept = kept.filter(pa.array([one <= self.last for one in ranks], pa.bool_()))
        return kept


def labelled_sample(manifest: Output, rows: int | None, seed: int) -> LabelledSample:
    """The test rows of a manifest, or where it has no splits those that training would leave for
    testing (`split_rule`); of these a sample of so many `rows`, or all.

    Raises:
        SettingsError: there are none, or only one.
    """
    labelled = pa.concat_tables(
        _labelled(manifest, ["utterance_id", "recording_id", "label", "split"])
    )
    split = "test" if labelled["split"].null_count < len(labelled) else None
    kept = LabelledSample(split, seed, None).select(labelled)
    if len(kept) < 2:  # of one row no interval can be drawn
        raise SettingsError(
            f"{manifest.root}: expected two labelled test rows or more, found {len(kept)}; give "
            f"the corpus labels (and splits) at `daf ingest`"
        )
    ranks = sorted(rank(seed, row, WHAT) for row in kept["utterance_id"].to_pylist())
    last = None if rows is None or rows >= len(ranks) else ranks[rows - 1]
    return LabelledSample(split, seed, last)


def labelled_texts(manifest: Output) -> Iterator[str]:
    """The texts of all labelled rows of a manifest."""
    for table in _labelled(manifest, ["label", "text"]):
        yield from table["text"].drop_null().to_pylist()


def _labelled(manifest: Output, columns: list[str]) -> Iterator[pa.Table]:
    for rows in manifest.read_all(columns):
        yield rows.filter(pc.is_valid(rows["label"]))
