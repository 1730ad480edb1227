"""Score rows that are in memory: the stages of `daf score`, in this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

import pyarrow as pa

from daf_core.api.input_rows import NAME, InputRows, place_of
from daf_core.embeddings.columns import stored
from daf_core.errors import SettingsError
from daf_core.manifest.parts import Part, pack, quarantine_as_table
from daf_core.schemas import MANIFEST, QUARANTINE, SCORES
from daf_core.sources.manifest_rows import ROW_NUMBER
from daf_core.stages import score as score_stage
from daf_core.stages.decode import decode_part
from daf_core.stages.embed import Embed
from daf_core.stages.previous_text import with_previous_text
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.origins import ANYWHERE, Origins, checked_roots
from daf_core.weights.precision import Precision, fastest_precision

TableT = TypeVar("TableT")  # pandas.DataFrame or pyarrow.Table


@dataclass(frozen=True)
class Scored(Generic[TableT]):
    """Scores of the rows that could be scored, and quarantine of the others.

    Both are of the type of the rows that were given, in their order. A DataFrame has the index of
    these rows, so that `rows.join(scored.scores[["sentiment"]])` puts sentiment beside them. An
    Arrow table has their number, from 0, in the column `row`.

    scores: the columns that `daf score` writes (docs/python.md): sentiment in [-3, 3], modality
        weights in [0, 1] …
    quarantine: utterance_id, recording_id, audio_uri, stage, reason (`daf_core.errors.REASONS`) and
        message; empty if every row was scored.
    """

    scores: TableT
    quarantine: TableT


class Scorer:
    """A head with its encoders loaded, to score many tables.

    Args:
        head: from `open_head`.
        device: where encoders run: "cpu", "cuda", "cuda:1" …
        offline: use only weights that are on this machine.
        precision: number format of the encoders, "float32" or "bfloat16". Default: bfloat16 where
            the device computes in it, as on the command line.
        alone: score each row as the only one of its speaker, so that scores do not depend on which
            rows a table holds. Default: a head that reads voices less their speaker's mean takes
            the mean over the rows of the table.

    Raises:
        SettingsError: the device or the precision is not one of these, or an encoder's weights are
            not to be had or do not fit the head.

    >>> scorer = daf_core.Scorer(daf_core.open_head("head"))
    >>> for text in ("how lovely", "how awful"):
    ...     scored = scorer.score(pd.DataFrame({"text": [text]}))
    ...     assert len(scored.scores) == 1
    """

    def __init__(
        self,
        head: TrainedHead,
        *,
        device: str = "cpu",
        offline: bool = False,
        precision: Precision | None = None,
        alone: bool = False,
    ) -> None:
        _check_computing(device, precision)
        self.head = head
        self._alone = alone
        self._embed = Embed(
            head.encoders, device, offline, precision or fastest_precision(device), head.layers
        )
        if (read := stored(head.shapes)) != self._embed.shapes:
            raise SettingsError(
                f"the head was trained on layers × features of {read}, its encoders give "
                f"{self._embed.shapes}; train it again on embeddings by these encoders"
            )

    def score(
        self,
        rows: TableT,
        *,
        folder: str | None = None,
        allow_roots: Sequence[str] | None = None,
    ) -> Scored[TableT]:
        """Score a pandas DataFrame or an Arrow table of utterances.

        Args:
            rows: has the columns text, audio_path or audio_uri, and if needed channel, start_s,
                end_s (seconds), speaker, role, recording_id, utterance_id; other columns are
                ignored. Rows without times are of whole recordings.
            folder: what a relative audio_path is relative to. Default: the working directory.
            allow_roots: folders and buckets in which recordings may lie, for rows that others
                made. Default: any.

        A row that cannot be used is quarantined with its reason. A row that repeats an earlier one
        has the same scores, and the same utterance_id unless the row gives its own.

        Raises:
            SettingsError: `rows` is no table, or has neither text nor audio.
            NotDone: the storage of recordings fails.
        """
        table = InputRows.from_table(rows)
        origins = ANYWHERE if allow_roots is None else Origins((*checked_roots(allow_roots),))
        firsts = table.first_alike()
        parts = pack(table.recordings(sorted({*firsts}), folder, origins), None)
        scores, quarantine = [], []
        for part in parts:
            scored, unscored = self._score_part(part, origins)
            scores.append(scored)
            quarantine += unscored
        return Scored(
            _like(rows, _of_each_row(scores, SCORES, firsts)),
            _like(rows, _with_own_places(_of_each_row(quarantine, QUARANTINE, firsts), firsts)),
        )

    def _score_part(self, part: Part, origins: Origins) -> tuple[pa.Table, list[pa.Table]]:
        """Scores of a part's rows and quarantine, both with row numbers."""
        quarantined = quarantine_as_table(part.quarantined)
        numbers = {row["utterance_id"]: row[ROW_NUMBER] for row in part.rows}
        rows = pa.Table.from_pylist([{**row, "meta": []} for row in part.rows], schema=MANIFEST)
        if context := max(spec.context for spec in self.head.encoders.values()):
            rows = with_previous_text(rows, context)
        reads_audio = any(not column.startswith("text") for column in self.head.encoders)
        embedded, quarantine = self._embed(decode_part(rows, reads_audio, origins=origins))
        scores, unused = score_stage.score(self.head, embedded, alone=self._alone)
        return _numbered(scores, numbers), [
            quarantined.add_column(
                0, "row", pa.array([r[ROW_NUMBER] for r in part.quarantined], "int64")
            ),
            _numbered(quarantine, numbers),
            _numbered(unused, numbers),
        ]


def score(
    head: TrainedHead,
    rows: TableT,
    *,
    device: str = "cpu",
    offline: bool = False,
    precision: Precision | None = None,
    folder: str | None = None,
    allow_roots: Sequence[str] | None = None,
) -> Scored[TableT]:
    """Score a pandas DataFrame or an Arrow table of utterances.

    Loads the head's encoders, scores and forgets them; `Scorer` keeps them. The arguments are those
    of `Scorer` and `Scorer.score`.

    Raises:
        SettingsError: a setting is wrong, an encoder's weights are not to be had, or `rows` is no
            table or has neither text nor audio.

    >>> calls = pd.DataFrame({"text": ["thank you", None], "audio_path": [None, "gone.wav"]})
    >>> scored = daf_core.score(daf_core.open_head("head"), calls)
    >>> scored.scores[["recording_id", "polarity"]].shape
    (1, 2)
    >>> scored.quarantine["reason"]
    1    missing_audio
    Name: reason, dtype: str
    """
    scorer = Scorer(head, device=device, offline=offline, precision=precision)
    return scorer.score(rows, folder=folder, allow_roots=allow_roots)


def _check_computing(device: str, precision: str | None) -> None:
    import torch  # after Arrow, as it takes seconds to load

    try:
        place = torch.device(device)
    except RuntimeError:  # no such name
        place = torch.device("meta")
    gpus = torch.cuda.device_count() if place.type == "cuda" else 0
    if place.type != "cpu" and (place.index or 0) >= gpus:
        raise SettingsError(
            f"`device` {device}: expected cpu, or cuda or cuda:N where torch finds a GPU"
        )
    if precision not in (None, *get_args(Precision)):
        raise SettingsError(
            f"`precision` {precision}: expected one of {', '.join(get_args(Precision))}"
        )


def _numbered(table: pa.Table, numbers: dict[str, int]) -> pa.Table:
    found = [numbers[utterance] for utterance in table["utterance_id"].to_pylist()]
    return table.add_column(0, "row", pa.array(found, pa.int64()))


def _of_each_row(tables: list[pa.Table], schema: pa.Schema, firsts: list[int]) -> pa.Table:
    """What was found of the rows' firsts, for each row and in their order."""
    empty = pa.schema([pa.field("row", pa.int64()), *schema]).empty_table()
    found = pa.concat_tables([empty, *tables])
    places = {number: place for place, number in enumerate(found["row"].to_pylist())}
    numbers = [number for number, first in enumerate(firsts) if first in places]
    taken = found.take(pa.array([places[firsts[number]] for number in numbers], pa.int64()))
    return taken.set_column(0, "row", pa.array(numbers, pa.int64()))


def _with_own_places(table: pa.Table, firsts: list[int]) -> pa.Table:
    """Quarantine in which messages name each row itself, not the first row that is like it."""
    messages = []
    for number, message in zip(table["row"].to_pylist(), table["message"].to_pylist(), strict=True):
        first, own = (f"{NAME}:{place_of(one)}: " for one in (firsts[number], number))
        messages.append(own + message[len(first) :] if message.startswith(first) else message)
    at = table.column_names.index("message")
    return table.set_column(at, table.schema.field(at), pa.array(messages, pa.string()))


def _like(rows: Any, table: pa.Table) -> Any:
    """A result as Arrow, or as a DataFrame with the index of `rows` if that is one."""
    if isinstance(rows, pa.Table):
        return table
    frame = table.drop_columns(["row"]).to_pandas()
    frame.index = rows.index.take(table["row"].to_numpy())
    return frame
