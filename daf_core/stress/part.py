"""Run a robustness grid on one decoded part: predictions of every head under every condition.

Per condition only the encoders of the damaged modality run. The embeddings of the other modality
are the clean ones, and so is the previous text that a text is read with. A head that reads voices
less their speaker's mean gets each row as the only one of its speaker.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.damage.conditions import Condition
from daf_core.damage.rows import SOURCES, damage_rows
from daf_core.errors import REASONS
from daf_core.schemas import PREDICTIONS, quarantine_rows
from daf_core.stages.embed import Embed
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.stress.grid import Grid


def stress(grid: Grid, embed: Embed, decoded: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Run the grid: (predictions, quarantine of rows that lack a modality of the grid).

    Predictions are ordered by condition, then head, then row. A head predicts nothing for a row
    that a condition leaves without any modality of the head.
    """
    complete, incomplete = _complete(decoded, grid.modalities)
    clean, quarantine = embed(complete)
    complete = complete.take(_indices(clean, complete))
    predictions = [PREDICTIONS.empty_table()]
    for condition in grid.conditions:
        embedded = _embed_damaged(grid, embed, condition, complete, clean)
        predictions += [
            _predict(name, head, condition, embedded) for name, head in grid.heads.items()
        ]
    return pa.concat_tables(predictions), pa.concat_tables([incomplete, quarantine])


def _complete(decoded: pa.Table, modalities: list[str]) -> tuple[pa.Table, pa.Table]:
    """Rows that have all modalities, or have a reason already; and quarantine of the others."""
    has = [decoded[SOURCES[modality]].is_valid().to_numpy() for modality in modalities]
    has_reason = decoded["reason"].is_valid().to_numpy()
    complete = np.logical_and.reduce(has) | has_reason
    rows = decoded.filter(pa.array(~complete))
    reasons = [
        next((flag for flag in flags if flag in REASONS), "missing_modality")
        for flags in rows["flags"].to_pylist()
    ]
    message = f"the grid takes rows that have {' and '.join(modalities)}; the row lacks some"
    incomplete = quarantine_rows(rows, "decode", pa.array(reasons, pa.string()), message)
    return decoded.filter(pa.array(complete)), incomplete


def _embed_damaged(
    grid: Grid, embed: Embed, condition: Condition, rows: pa.Table, clean: pa.Table
) -> pa.Table:
    """The `clean` embeddings, with those of the damaged modality replaced."""
    if condition.modality is None:
        return clean
    embed = embed.only(condition.modality)
    if condition.removes_modality:
        damaged = clean.slice(0, 0)
    else:
        conditions = [condition] * len(rows)
        damaged, _ = embed(damage_rows(rows, conditions, grid.words, grid.seed))
    indices = _indices(clean, damaged)
    for column in embed.encoders:
        number = clean.schema.get_field_index(column)
        values = damaged[column].combine_chunks().take(indices)
        clean = clean.set_column(number, clean.schema.field(number), values)
    return clean


def _predict(name: str, head: TrainedHead, condition: Condition, embedded: pa.Table) -> pa.Table:
    """PREDICTIONS of a head for embedded rows."""
    scores, _ = score(head, embedded, alone=True)  # a sample may lack other rows of the speaker
    columns = {
        "utterance_id": scores["utterance_id"],
        "recording_id": scores["recording_id"],
        "label": embedded["label"].take(_indices(scores, embedded)),
        "condition": pa.repeat(condition.name, len(scores)),
        "head": pa.repeat(name, len(scores)),
        **{column: scores[column] for column in PREDICTIONS.names[5:]},
    }
    return pa.table([columns[column] for column in PREDICTIONS.names], schema=PREDICTIONS)


def _indices(rows: pa.Table, others: pa.Table) -> pa.Array:
    """For each row the index of the same utterance in `others`, null if it is not there."""
    ids = (table["utterance_id"].combine_chunks() for table in (rows, others))
    return pc.index_in(*ids)
