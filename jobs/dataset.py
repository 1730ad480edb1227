"""Score a Ray Dataset of utterances: `daf_core.Scorer` in Ray Data actors."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import ray.data

from daf_core.errors import SettingsError, check_range, check_whole
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.files import absolute
from daf_core.weights.precision import Precision, fastest_precision
from daf_core.weights.specs import locate
from jobs.parts.lean_imports import lean_imports

if TYPE_CHECKING:
    from daf_core.api.scorer import Scorer

WHY_NOT = [QUARANTINE.field(name) for name in ("stage", "reason", "message")]
RESULT = pa.schema([field.with_nullable(True) for field in [*SCORES, *WHY_NOT]])


def score_dataset(
    dataset: ray.data.Dataset,
    head: TrainedHead,
    *,
    concurrency: int | tuple[int, int] | None = None,
    num_gpus: float = 0,
    batch_size: int = 256,
    offline: bool = False,
    precision: Precision | None = None,
    folder: str | None = None,
    allow_roots: Sequence[str] | None = None,
) -> ray.data.Dataset:
    """Score a Ray Dataset of utterances, row by row.

    Every row comes out, with the columns of scores (docs/python.md) and stage, reason and message.
    A row that cannot be scored has null sentiment and a reason; one that is scored has a null
    reason. Columns of `dataset` that scores do not have stay as they are. Ray Data keeps the order
    of rows only where its DataContext says so: give rows an id to find them again.

    A head that also reads voices less their speaker's mean takes each row for its speaker's only
    one: batches hold any rows. `daf score` and `daf_core.score` know the speakers.

    The dataset is lazy, as all of Ray Data: scoring begins when its rows are asked for. Weights are
    loaded once per actor.

    Args:
        dataset: with the columns that `daf_core.Scorer.score` takes.
        head: from `daf_core.open_head`.
        concurrency: number of actors, or (least, most). Default: one, and more while CPUs or GPUs
            are free.
        num_gpus: GPUs per actor; 0.5 puts two on one. 0: encoders run on one CPU each.
        batch_size: rows that an actor takes at once. Ids are checked within a batch.
        offline: use only weights that are on the machine of the actor.
        precision: number format of the encoders. Default: bfloat16 on a GPU, and on the CPU if that
            of this machine computes in it.
        folder: what a relative audio_path is relative to. Default: the working directory.
        allow_roots: folders and buckets in which recordings may lie, for rows that others made.
            Default: any.

    Raises:
        SettingsError: a setting is wrong, weights are not on this machine nor on the hub, or the
            head reads an utterance beside earlier turns, which batches would cut apart.

    >>> calls = ray.data.from_pandas(pd.DataFrame({"text": ["thank you", None]}))
    >>> for row in score_dataset(calls, daf_core.open_head("head")).take_all():
    ...     print(row["polarity"] is None, row["reason"])
    False None
    True empty_row
    """
    check_range("num_gpus", num_gpus, least=0)
    check_whole("batch_size", batch_size, least=1)
    if head.reads_turns:
        raise SettingsError(
            "this head reads an utterance beside earlier turns of its recording, which batches of "
            "a dataset cut apart; use `daf score`, or daf_core.score on whole recordings"
        )
    for spec in head.encoders.values():
        locate(spec, offline)  # missing weights stop the job here, not in its actors
    device = "cuda" if num_gpus else "cpu"
    precision = precision or fastest_precision(device)
    return dataset.map_batches(
        ScoreBatch,
        fn_constructor_args=(
            head,
            device,
            offline,
            precision,
            absolute(folder or "."),
            allow_roots,
        ),
        batch_format="pyarrow",
        batch_size=batch_size,
        num_gpus=num_gpus or None,
        compute=_actors(concurrency),
        udf_modifying_row_count=False,
    )


def _actors(concurrency: int | tuple[int, int] | None) -> ray.data.ActorPoolStrategy:
    least, most = concurrency if isinstance(concurrency, tuple) else (concurrency, concurrency)
    try:
        return ray.data.ActorPoolStrategy(min_size=least, max_size=most)
    except ValueError as err:
        raise SettingsError(
            f"`concurrency` {concurrency}: expected a number of actors, or (least, most)"
        ) from err


@dataclass
class ScoreBatch:
    """Batch of rows → scores, and reasons of the rows that have none. What an actor runs."""

    head: TrainedHead
    device: str
    offline: bool
    precision: Precision
    folder: str
    allow_roots: Sequence[str] | None = None

    @cached_property
    def scorer(self) -> "Scorer":
        """The head with its encoders. Loaded at the first batch, as Ray reports an actor that fails
        to start by its traceback alone.
        """
        with lean_imports():
            import torch

            from daf_core.api.scorer import Scorer

        if self.device == "cpu":
            torch.set_num_threads(1)  # the CPU that Ray reserves for an actor
        return Scorer(
            self.head,
            device=self.device,
            offline=self.offline,
            precision=self.precision,
            alone=True,
        )

    def __call__(self, batch: pa.Table) -> pa.Table:
        scored = self.scorer.score(batch, folder=self.folder, allow_roots=self.allow_roots)
        both = pa.concat_tables([_filled(scored.scores), _filled(scored.quarantine)]).sort_by("row")
        kept = [name for name in batch.column_names if name not in RESULT.names]
        for name in kept:
            both = both.append_column(name, batch[name])
        return both.drop_columns(["row"])


def _filled(rows: pa.Table) -> pa.Table:
    """Scores or quarantine with all columns of the result, null where the table has none."""
    columns = [
        rows[field.name] if field.name in rows.column_names else pa.nulls(len(rows), field.type)
        for field in RESULT
    ]
    return pa.table([rows["row"], *columns], pa.schema([pa.field("row", pa.int64()), *RESULT]))
