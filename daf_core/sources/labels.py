"""A table of labels for utterances that ingest itself cuts from recordings and transcripts."""

from typing import Any

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.manifest_rows import Row, parse_cell, quarantined
from daf_core.sources.table_rows import Cells, open_rows, shown

START_TOLERANCE_S = 0.05
_COLUMNS = ("recording_id", "start_s", "channel", "label", "split")

Label = dict[str, Any]


def read_labels(uri: str) -> tuple[dict[str, list[Label]], list[Row]]:
    """Labels by recording_id, and quarantine rows of those that are none.

    Columns: recording_id, start_s and label, split or both; channel where two utterances start at
    once. A label also has `place`, where it stands.

    Raises:
        SettingsError: there is no such table, or it lacks a column.
    """
    labels: dict[str, list[Label]] = {}
    rejected = []
    with open_rows(uri) as (columns, rows):
        missing = [name for name in ("recording_id", "start_s", "label") if name not in columns]
        if missing:
            raise SettingsError(
                f"{uri}: expected a column {', '.join(missing)}, found {shown(columns)}"
            )
        for place, cells in rows:
            try:
                label = _label(cells, place)
                labels.setdefault(label["recording_id"], []).append(label)
            except BadInput as err:
                known = {} if isinstance(cells, BadInput) else cells
                rejected.append(quarantined(err, known))
    return labels, rejected


def _label(cells: Cells | BadInput, place: str) -> Label:
    if isinstance(cells, BadInput):
        raise cells
    try:
        label = {name: parse_cell(name, cells.get(name)) for name in _COLUMNS}
        if label["recording_id"] is None or label["start_s"] is None:
            raise BadInput("bad_row", "expected recording_id and start_s, one is empty")
    except BadInput as err:
        raise BadInput(err.reason, f"{place}: {err.message}") from err
    return {**label, "place": place}


def apply_labels(rows: list[Row], labels: tuple[Label, ...]) -> tuple[list[Row], list[Row]]:
    """Set label and split of the utterances that start within 0.05 s of where a label says.

    Gives the rows, and quarantine rows of labels that fit no utterance not yet labelled.
    """
    labelled = list(rows)
    free = set(range(len(rows)))
    rejected = []
    for label in labels:
        near = [index for index in free if _fits(rows[index], label)]
        if not near:
            message = (
                f"{label['place']}: expected an utterance without a label that starts within "
                f"{START_TOLERANCE_S} s of {label['start_s']} s{_channel(label, rows)}, found none"
            )
            rejected.append(quarantined(BadInput("unmatched_label", message), label))
            continue
        best = min(near, key=lambda i: (abs(rows[i]["start_s"] - label["start_s"]), i))
        free.remove(best)
        labelled[best] = {**rows[best], "label": label["label"], "split": label["split"]}
    return labelled, rejected


def _channel(label: Label, rows: list[Row]) -> str:
    if label["channel"] is None:
        return ""
    mixed = all(row["channel"] is None for row in rows)
    told_apart = " (channels are mixed here; --channels tells them apart)" if mixed else ""
    return f" on channel {label['channel']}{told_apart}"


def _fits(row: Row, label: Label) -> bool:
    return abs(row["start_s"] - label["start_s"]) <= START_TOLERANCE_S and label["channel"] in (
        None,
        row["channel"],
    )
