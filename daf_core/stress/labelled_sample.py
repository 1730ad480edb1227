"""The rows of a manifest that a robustness grid is measured on: labelled test rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.damage.draws import rank
from daf_core.errors import SettingsError
from daf_core.storage.output import Output
from daf_core.training.split_rule import TEST_FROM, percent

PURPOSE = "sample"  # of the ranks


@dataclass(frozen=True)
class LabelledSample:
    """A random sample of labelled test rows. A larger sample of the same seed holds a smaller one.

    split: that rows are taken from, None: rows of the recordings that `split_rule` keeps for
    testing; last: the highest rank of a row in the sample, None: all rows.
    """

    split: str | None
    seed: int
    last: str | None

    def select(self, rows: pa.Table) -> pa.Table:
        """The rows of the sample among some `rows` of the manifest, in the same order."""
        kept = rows.filter(pc.is_valid(rows["label"]))
        if self.split is None:
            is_test = percent(kept["recording_id"].to_pylist()) >= TEST_FROM
            kept = kept.filter(pa.array(is_test, pa.bool_()))
        else:
            kept = kept.filter(pc.equal(kept["split"], self.split))
        if self.last is not None:
            ranks = [rank(self.seed, row, PURPOSE) for row in kept["utterance_id"].to_pylist()]
            kept = kept.filter(pa.array([one <= self.last for one in ranks], pa.bool_()))
        return kept


def labelled_sample(manifest: Output, rows: int | None, seed: int) -> LabelledSample:
    """A sample of so many `rows` (None: all) of the labelled test rows of a manifest.

    Without splits in the manifest, test rows are those that training would keep for testing
    (`split_rule`).

    Raises:
        SettingsError: there are fewer than two such rows.
    """
    labelled = pa.concat_tables(
        _labelled(manifest, ["utterance_id", "recording_id", "label", "split"])
    )
    has_splits = any(rows["split"].null_count < len(rows) for rows in manifest.read_all(["split"]))
    split = "test" if has_splits else None
    kept = LabelledSample(split, seed, None).select(labelled)
    if len(kept) < 2:  # an interval needs two
        raise SettingsError(
            f"{manifest.root}: expected two labelled test rows or more, found {len(kept)}; "
            f"ingest the corpus with labels (and splits)"
        )
    ranks = sorted(rank(seed, row, PURPOSE) for row in kept["utterance_id"].to_pylist())
    last = None if rows is None or rows >= len(ranks) else ranks[rows - 1]
    return LabelledSample(split, seed, last)


def labelled_texts(manifest: Output) -> Iterator[str]:
    """The texts of all labelled rows of a manifest."""
    for table in _labelled(manifest, ["label", "text"]):
        yield from table["text"].drop_null().to_pylist()


def _labelled(manifest: Output, columns: list[str]) -> Iterator[pa.Table]:
    for rows in manifest.read_all(columns):
        yield rows.filter(pc.is_valid(rows["label"]))
