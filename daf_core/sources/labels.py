"""A table of labels for utterances that ingest itself cuts from recordings and transcripts."""

from dataclasses import asdict, dataclass

from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import Row
from daf_core.sources.cells import parse_cell
from daf_core.sources.inspection import Inspected
from daf_core.sources.manifest_rows import quarantine_row
from daf_core.sources.table_apart import open_given
from daf_core.sources.table_columns import Columns
from daf_core.sources.table_types import Cells, shown_columns
from daf_core.storage.apart import Reads, here
from daf_core.storage.run_record import Json

START_TOLERANCE_S = 0.05
_REQUIRED = ("recording_id", "start_s", "label")
_COLUMNS = (*_REQUIRED, "channel", "split")


@dataclass(frozen=True, kw_only=True)
class Label:
    """Sentiment and split of one utterance, which starts at `start_s` of a recording.

    label: sentiment in [-3, 3], None if only the split is given; channel: None where the start
    alone identifies the utterance; place: file and line of the label, for messages.
    """

    recording_id: str
    start_s: float
    channel: int | None
    label: float | None
    split: str | None
    place: str

    def as_dict(self) -> Json:
        """As JSON without `place`, so that a label that moved to another line is the same."""
        fields = asdict(self)
        del fields["place"]
        return fields


def read_labels(uri: str, reads: Reads = here) -> tuple[dict[str, list[Label]], list[Row]]:
    """The labels of each recording, and quarantine rows of the lines that are no label.

    The table has the columns recording_id, start_s and label; optionally split, and channel where
    two utterances start at the same time.

    Raises:
        SettingsError: there is no such table, or it lacks a column.
    """
    columns = check_table(uri, reads)
    labels: dict[str, list[Label]] = {}
    quarantined = []
    with open_given("labels", uri, reads) as table:
        for place, cells in table.rows:
            try:
                label = _label(cells if isinstance(cells, BadInput) else columns.read(cells), place)
                labels.setdefault(label.recording_id, []).append(label)
            except BadInput as err:
                known = {} if isinstance(cells, BadInput) else cells
                quarantined.append(quarantine_row(err, known))
    return labels, quarantined


def check_table(uri: str, reads: Reads = here) -> Columns:
    """Check that there is a table of labels, by the names of its columns; returns these.

    Raises:
        SettingsError: there is no such table, or it lacks a column.
    """
    with open_given("labels", uri, reads) as table:
        columns = Columns.of_table(table, f"`labels` {uri}", {})
    missing = [name for name in _REQUIRED if name not in columns.ours.values()]
    if missing:
        raise SettingsError(
            f"`labels` {uri}: expected a column {', '.join(missing)}, found "
            f"{shown_columns([*columns.ours])}"
        )
    return columns


def _label(cells: Cells | BadInput, place: str) -> Label:
    if isinstance(cells, BadInput):
        raise cells
    try:
        fields = {name: parse_cell(name, cells.get(name)) for name in _COLUMNS}
        if fields["recording_id"] is None or fields["start_s"] is None:
            raise BadInput("bad_row", "expected recording_id and start_s, one of them is empty")
    except BadInput as err:
        raise BadInput(err.reason, f"{place}: {err.message}") from err
    return Label(**fields, place=place)


def unmatched(label: Label, expected: str) -> Row:
    """The quarantine row of a label for which the `expected` utterance or recording is missing."""
    message = f"{label.place}: expected {expected}, found none"
    return quarantine_row(
        BadInput("unmatched_label", message), {"recording_id": label.recording_id}
    )


def apply_labels(rows: list[Row], labels: tuple[Label, ...]) -> Inspected:
    """Set label and split of the utterances that start within 0.05 s of where a label says.

    Each utterance takes one label. Labels that are left over are quarantined.
    """
    labelled = list(rows)
    free = set(range(len(rows)))
    quarantined = []
    for label in labels:
        near = [index for index in free if _fits(rows[index], label)]
        if not near:
            quarantined.append(unmatched(label, _expected_utterance(label, rows)))
            continue
        best = min(near, key=lambda i: (abs(rows[i]["start_s"] - label.start_s), i))
        free.remove(best)
        labelled[best] = {**rows[best], "label": label.label, "split": label.split}
    return Inspected(labelled, quarantined)


def _expected_utterance(label: Label, rows: list[Row]) -> str:
    expected = (
        f"an utterance without a label that starts within {START_TOLERANCE_S} s of "
        f"{label.start_s} s"
    )
    if label.channel is None:
        return expected
    mixed = all(row["channel"] is None for row in rows)
    hint = " (channels are mixed here; `channels` tells them apart)" if mixed else ""
    return f"{expected} on channel {label.channel}{hint}"


def _fits(row: Row, label: Label) -> bool:
    near = abs(row["start_s"] - label.start_s) <= START_TOLERANCE_S
    return near and label.channel in (None, row["channel"])
