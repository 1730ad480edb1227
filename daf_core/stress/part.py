"""One decoded part under every condition of a grid: what every head says of its rows.

The encoders run once a condition, and only those of the modality that is damaged: the other's
embeddings are the clean ones, and so are the turns that a text is read with.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.damage.conditions import Condition
from daf_core.damage.rows import SOURCES, damaged
from daf_core.errors import REASONS
from daf_core.schemas import PREDICTIONS, quarantine_rows
from daf_core.stages.embed import Embed
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.stress.grid import Grid


def stress(grid: Grid, embed: Embed, decoded: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Predictions of the rows that have all that the grid reads, and quarantine of the others.

    Predictions are in the order of the conditions, in each of the heads, in each of the rows. A
    head says nothing of a row where damage leaves it nothing.
    """
    whole, lacking = _whole(decoded, grid.modalities)
    clean, unusable = embed(whole)
    whole = whole.take(_places(clean, whole))
    said = [PREDICTIONS.empty_table()]
    for condition in grid.conditions:
        embedded = _embedded(grid, embed, condition, whole, clean)
        said += [_said(name, head, condition, embedded) for name, head in grid.heads.items()]
    return pa.concat_tables(said), pa.concat_tables([lacking, unusable])


def _whole(decoded: pa.Table, modalities: list[str]) -> tuple[pa.Table, pa.Table]:
    """Rows that have all modalities, or already a reason; and quarantine of the others."""
    has = [decoded[SOURCES[modality]].is_valid().to_numpy() for modality in modalities]
    told = decoded["reason"].is_valid().to_numpy()
    whole = np.logical_and.reduce(has) | told
    rows = decoded.filter(pa.array(~whole))
    reasons = [
        next((flag for flag in flags if flag in REASONS), "missing_modality")
        for flags in rows["flags"].to_pylist()
    ]
    message = f"the grid takes rows that have {' and '.join(modalities)}; the row lacks some"
    lacking = quarantine_rows(rows, "decode", pa.array(reasons, pa.string()), message)
    return decoded.filter(pa.array(whole)), lacking


def _embedded(
    grid: Grid, embed: Embed, condition: Condition, whole: pa.Table, clean: pa.Table
) -> pa.Table:
    """The rows' embeddings under a condition: those of the damaged modality in place of `clean`."""
    if condition.modality is None:
        return clean
    own = embed.only(condition.modality)
    if condition.missing:
        changed = clean.slice(0, 0)
    else:
        hows = [condition] * len(whole)
        changed, _ = own(damaged(whole, hows, grid.words, grid.seed))
    places = _places(clean, changed)
    for column in own.encoders:
        number = clean.schema.get_field_index(column)
        values = changed[column].combine_chunks().take(places)
        clean = clean.set_column(number, clean.schema.field(number), values)
    return clean


def _said(name: str, head: TrainedHead, condition: Condition, embedded: pa.Table) -> pa.Table:
    """What a head says of embedded rows, as PREDICTIONS."""
    scores, _ = score(head, embedded)
    columns = {
        "utterance_id": scores["utterance_id"],
        "label": embedded["label"].take(_places(scores, embedded)),
        "condition": pa.repeat(condition.name, len(scores)),
        "head": pa.repeat(name, len(scores)),
        **{column: scores[column] for column in PREDICTIONS.names[4:]},
    }
    return pa.table([columns[column] for column in PREDICTIONS.names], schema=PREDICTIONS)


def _places(rows: pa.Table, others: pa.Table) -> pa.Array:
    """Where each row's utterance is among the others', null where it is not."""
    ids = (table["utterance_id"].combine_chunks() for table in (rows, others))
    return pc.index_in(*ids)
