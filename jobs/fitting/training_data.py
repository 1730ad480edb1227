"""The data of `train` and `evaluate`: labelled embeddings, and further ones that join them."""

from collections.abc import Sequence
from dataclasses import dataclass

from daf_core.embeddings.columns import (
    ColumnShapes,
    select,
    with_all_layers,
    with_previous_turns,
    with_speaker_normalised,
)
from daf_core.errors import SettingsError
from daf_core.heads import columns_read
from daf_core.stages.head_record import VERSION as HEAD_VERSION
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, embeddings_output
from daf_core.storage.run_record import Json, RunRecord
from daf_core.storage.table_kinds import shapes_of
from daf_core.training.class_corpora import class_corpora
from daf_core.training.classes import Classes
from daf_core.training.dataset import (
    Corpus,
    labelled_corpus,
    languages_of,
    with_train_rows,
    without_held_out,
)
from daf_core.training.group_folds import group_folds
from daf_core.weights.specs import EncoderSpec
from jobs.older_embeddings import warn_of_older
from jobs.settings import Training


@dataclass(frozen=True)
class TrainingData:
    """Labelled embeddings by the same encoders.

    corpus: rows of all splits; also: corpora whose train rows join.
    shapes: layers and features of each column that heads may read, stored or derived.
    encoders: column → `EncoderSpec` as JSON.
    identity: the part of a run's identity that stands for the data.
    """

    corpus: Corpus
    also: list[Corpus]
    shapes: ColumnShapes
    encoders: dict[str, Json]
    identity: Json

    @property
    def facts(self) -> Json:
        """Where the rows come from and how many there are, for records."""
        fingerprints = self.identity.get("also", [])
        also = [
            {"embeddings": one.source.root, "fingerprint": fingerprint, "rows": one.counts["train"]}
            for one, fingerprint in zip(self.also, fingerprints, strict=True)
        ]
        return {
            "embeddings": self.corpus.source.root,
            "fingerprint": self.identity["embeddings"],
            "rows": self.corpus.counts,
            "languages": languages_of([self.corpus, *self.also]),
            "splits": self.corpus.rule,
            "also": also,
        }


def load_training_data(
    settings: Training, heads: Sequence[str], classes: Classes | None = None
) -> TrainingData:
    """The data that `settings` name, checked for these kinds of heads.

    classes: what the labels are in place of sentiment.

    Raises:
        SettingsError: embeddings are missing or unfinished, have no labels or not these classes,
            are by different encoders or of too few recordings or speakers, or lack a column that a
            head needs.
    """
    source = embeddings_output(settings.embeddings)
    record = run_record.read_complete(source)
    warn_of_older(source, record, then="this command")
    shapes = _shapes(source, settings.first_layers)
    # The version keeps trials and checkpoints of heads with other parts from being gone on with.
    identity: Json = {"embeddings": _fingerprint(source, record), "head_version": HEAD_VERSION}
    identity["layers"] = settings.layers or None
    if settings.all_layers:
        shapes, identity["all_layers"] = with_all_layers(shapes), True
    if settings.speaker_normalise:
        shapes, identity["speaker_normalise"] = with_speaker_normalised(shapes), True
    shapes = with_previous_turns(shapes)
    for head in heads:
        _check_reads(head, shapes, source)
    others = [embeddings_output(folder) for folder in settings.also]
    if others:
        identity["also"] = [
            _fingerprint(other, _same_encoders(other, record, source)) for other in others
        ]
    encoders = record.identity["encoders"]
    if classes is None:
        corpus, joining = labelled_corpus(source), [labelled_corpus(other) for other in others]
    else:
        corpus, joining = class_corpora(classes, source, others)
        identity["classes"] = str(corpus.classes)
    also = [without_held_out(other, corpus) for other in joining]
    if settings.train_rows is not None:
        corpus = with_train_rows(corpus, settings.train_rows)
        identity["train rows"] = settings.train_rows
    if settings.recipe.calibrate_for is not None:
        group_folds(corpus, also, settings.recipe.calibrate_for)  # raises if there are too few
    return TrainingData(corpus, also, shapes, encoders, identity)


def _check_reads(head: str, shapes: ColumnShapes, source: Output) -> None:
    try:
        columns_read(head, shapes)
    except SettingsError as err:
        raise SettingsError(f"{source.root}: {err}") from err


def _fingerprint(embeddings: Output, record: RunRecord) -> str:
    """The fingerprint of the rows of finished embeddings with this record."""
    parts = part_index.of_finished(embeddings, record).values()
    rows = [f"{part.rows_fingerprint}{part.metadata}" for part in parts]  # groups are metadata
    return run_record.fingerprint([record.fingerprint, *rows])


def _same_encoders(also: Output, record: RunRecord, source: Output) -> RunRecord:
    """The record of `also`, checked to have the encoders of `record`, which is that of `source`."""
    other = run_record.read_complete(also)
    warn_of_older(also, other, then="this command")
    expected, found = record.identity, other.identity
    if _pooled_encoders(expected) != _pooled_encoders(found):
        raise SettingsError(
            f"`also` {also.root}: expected embeddings by the encoders of {source.root}, "
            f"{_names(expected)}; these are by {_names(found)}"
        )
    if expected.get("frames") != found.get("frames"):
        raise SettingsError(
            f"`also` {also.root}: expected embeddings with `frames` {expected.get('frames', 0)}, "
            f"as {source.root} has them; these were made with `frames` {found.get('frames', 0)}"
        )
    return other


def _pooled_encoders(identity: Json) -> dict[str, Json]:
    encoders: dict[str, Json] = identity["encoders"]
    return select(encoders, lambda column: column.view == "pooled")


def _names(identity: Json) -> str:
    return " and ".join(str(EncoderSpec(**spec)) for spec in _pooled_encoders(identity).values())


def _shapes(source: Output, first_layers: dict[str, int]) -> ColumnShapes:
    """Layers and features of each embedding column, from the footer of the first part.

    Args:
        first_layers: column → number of its first layers that are read, instead of all.
    """
    first = source.part_names()[0]
    footer = {key.encode(): value.encode() for key, value in source.footer(first).items()}
    shapes: ColumnShapes = shapes_of(footer, source.part_uri(first))
    pooled = select(shapes, lambda column: column.view == "pooled")
    for column, number in first_layers.items():
        if number > pooled.get(column, (0, 0))[0]:
            there = ", ".join(f"{name} with {layers}" for name, (layers, _) in pooled.items())
            raise SettingsError(
                f"`layers` {column}={number}: expected a column of {source.root} and at most its "
                f"number of layers; it has {there}"
            )
        shapes[column] = (number, shapes[column][1])
    return shapes
