"""What train and evaluate are given: labelled embeddings, perhaps more of them, and a recipe."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daf_core.embeddings.columns import ColumnShapes, pooled, with_relative, with_turns, with_wide
from daf_core.errors import SettingsError
from daf_core.heads import columns_read
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, embeddings_output
from daf_core.storage.run_record import RunRecord
from daf_core.training.dataset import Corpus, labelled_corpus, with_train_rows
from daf_core.training.group_folds import group_folds
from daf_core.weights.specs import EncoderSpec
from jobs.settings import Training


@dataclass(frozen=True)
class TrainingData:
    """Corpora of embeddings by the same encoders.

    shapes: layers and features of each column that is read; encoders: column → plain spec;
    identity: what stands for all of it, to be put into a run's; facts: what a record says of it.
    """

    corpus: Corpus
    also: list[Corpus]
    shapes: ColumnShapes
    encoders: dict[str, dict[str, Any]]
    identity: dict[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        """Where the rows are from and how many there are."""
        also = [
            {"embeddings": one.source.root, "fingerprint": known, "rows": one.counts["train"]}
            for one, known in zip(self.also, self.identity.get("also", []), strict=True)
        ]
        return {
            "embeddings": self.corpus.source.root,
            "fingerprint": self.identity["embeddings"],
            "rows": self.corpus.counts,
            "splits": self.corpus.rule,
            "also": also,
        }


def load_training_data(settings: Training, heads: Sequence[str]) -> TrainingData:
    """The rows that `settings` ask for, for these kinds of heads.

    Raises:
        SettingsError: they are not to be had, not labelled, by different encoders, of too few
            recordings or speakers, or hold no column that a head needs.
    """
    source = embeddings_output(settings.embeddings)
    record = run_record.read_complete(source)
    shapes = _shapes(source, settings.first_layers)
    identity: dict[str, Any] = {"embeddings": _fingerprint(source, record)}
    identity["layers"] = settings.layers or None
    if settings.all_layers:
        shapes, identity["all_layers"] = with_wide(shapes), True
    if settings.speaker_normalise:
        shapes, identity["speaker_normalise"] = with_relative(shapes), True
    shapes = with_turns(shapes)
    for head in heads:
        _check_reads(head, shapes, source)
    others = [embeddings_output(folder) for folder in settings.also]
    if others:
        identity["also"] = [
            _fingerprint(other, _same_encoders(other, record, source)) for other in others
        ]
    also = [labelled_corpus(other) for other in others]
    encoders = record.identity["encoders"]
    corpus = labelled_corpus(source)
    if settings.train_rows is not None:
        corpus = with_train_rows(corpus, settings.train_rows)
        identity["train rows"] = settings.train_rows
    if settings.recipe.calibrate_for is not None:
        group_folds(corpus, also, settings.recipe.calibrate_for)  # whether there are enough of them
    return TrainingData(corpus, also, shapes, encoders, identity)


def _check_reads(head: str, shapes: ColumnShapes, source: Output) -> None:
    try:
        columns_read(head, shapes)
    except SettingsError as err:
        raise SettingsError(f"{source.root}: {err}") from err


def _fingerprint(embeddings: Output, record: RunRecord) -> str:
    """What stands for the rows of finished embeddings with this record."""
    parts = part_index.of_finished(embeddings, record).values()
    return run_record.fingerprint([record.fingerprint, *(part.rows_fingerprint for part in parts)])


def _same_encoders(also: Output, record: RunRecord, source: Output) -> RunRecord:
    """The record of `also`, whose encoders are those on `record`, of `source`."""
    other = run_record.read_complete(also)
    ours, theirs = record.identity, other.identity
    if pooled(ours["encoders"]) != pooled(theirs["encoders"]):
        raise SettingsError(
            f"`also` {also.root}: expected embeddings by the encoders of {source.root}, "
            f"{_names(ours)}; these are by {_names(theirs)}"
        )
    if ours.get("frames") != theirs.get("frames"):
        raise SettingsError(
            f"`also` {also.root}: expected embeddings with `frames` {ours.get('frames', 0)}, as "
            f"{source.root} has them; these were made with `frames` {theirs.get('frames', 0)}"
        )
    return other


def _names(identity: dict[str, Any]) -> str:
    specs = pooled(identity["encoders"]).values()
    return " and ".join(str(EncoderSpec(**spec)) for spec in specs)


def _shapes(source: Output, first: dict[str, int]) -> ColumnShapes:
    """Layers and features of each embedding column that are read.

    They stand in the first part's footer; of the columns in `first` so many layers are read.
    """
    footer = source.footer(source.part_names()[0])
    shapes: ColumnShapes = {
        column: (layers, features)
        for column, (layers, features) in json.loads(footer["daf.shapes"]).items()
    }
    for column, number in first.items():
        if number > pooled(shapes).get(column, (0, 0))[0]:
            there = ", ".join(f"{n} with {layers}" for n, (layers, _) in pooled(shapes).items())
            raise SettingsError(
                f"`layers` {column}={number}: expected a column of {source.root} and at most its "
                f"layers; it has {there}"
            )
        shapes[column] = (number, shapes[column][1])
    return shapes
