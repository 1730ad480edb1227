"""Labels that are given while listening, kept in a table in the form of `daf label`."""

import csv
import io
from threading import Lock

from daf_core.adaptation.label_table import COLUMNS, Cell, read_labels, write_label_table
from daf_core.errors import SettingsError, check_range
from daf_core.schemas import LABEL_RANGE, Row
from daf_core.spreadsheet import unescaped
from daf_core.storage import files

BYTES_AT_MOST = 100_000_000


class LabelFile:
    """The table of labels at `uri`, which is read again before each change: another program may
    have changed it. What it holds beside the label of the utterance is kept as it is.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._lock = Lock()

    def labels(self) -> dict[str, float]:
        """Utterance id → its label.

        Raises:
            SettingsError: the file is no table of labels.
        """
        if not files.exists(self.uri):
            return {}
        return {one.utterance_id: one.sentiment for one in read_labels(self.uri).labels}

    def put(self, utterance: Row, label: float | None) -> int:
        """Give an utterance its label, or take it away; returns how many labels there are.

        utterance: a row of scores with `text`; label: in [-3, 3], or None.

        Raises:
            SettingsError: the label is out of range, or the file is no table of labels.
            NotDone: the file cannot be written.
        """
        check_range("label", label, *LABEL_RANGE)
        with self._lock:
            self.labels()  # says what is wrong with a table that cannot be continued
            columns, rows = self._read()
            utterance_id = utterance["utterance_id"]
            own = [row for row in rows if row.get("utterance_id") == utterance_id]
            if not own:
                own = [{name: utterance.get(name) for name in COLUMNS}]
                rows += own
            for row in own:
                row["label"] = label
            if label is None:
                rows = [row for row in rows if row not in own or row.get("stands_for")]
            write_label_table(self.uri, rows, columns)
        return len(self.labels())

    def _read(self) -> tuple[list[str], list[dict[str, Cell]]]:
        """Columns and rows of the file as they stand in it, without the escape of formulas."""
        if not files.exists(self.uri):
            return [*COLUMNS], []
        data = files.read_bytes(self.uri)
        if len(data) > BYTES_AT_MOST:
            raise SettingsError(
                f"{self.uri}: expected at most {BYTES_AT_MOST:,} bytes of labels, found more"
            )
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
        columns = [*(reader.fieldnames or ())]
        if not {"utterance_id", "label"} <= {*columns}:
            raise SettingsError(
                f"{self.uri}: expected the columns utterance_id and label, as `daf label` writes "
                f"them with commas, found others; move the file away"
            )
        rows: list[dict[str, Cell]] = [
            {name: _cell(value) for name, value in row.items() if name and isinstance(value, str)}
            for row in reader
        ]
        return columns, rows


def _cell(text: str) -> Cell:
    """A cell of the file: a number that could be taken for a formula, or text."""
    if text.startswith(("-", "+")):
        try:
            return float(text)
        except ValueError:
            return text
    return unescaped(text)
