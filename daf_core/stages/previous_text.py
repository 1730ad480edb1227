"""Previous text: the turns of a conversation that a text encoder reads with an utterance."""

from collections import defaultdict, deque

import pyarrow as pa

from daf_core.redaction.marks import without_marks


def with_previous_text(rows: pa.Table, turns: int) -> pa.Table:
    """Add a column "previous_text" to the `rows` of a manifest part, in the same order.

    It joins the texts of up to `turns` previous turns of the same recording, of any speaker, the
    latest last. It is null if there are none, and for a row without text. Turns are ordered by
    their starts; turns with the same start, as when each has a file of its own, by their order in
    the manifest. If a recording is cut into several parts, turns in other parts do not count.
    """
    latest: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=turns))
    previous: list[str | None] = [None] * len(rows)
    columns = [rows[name].to_pylist() for name in ("recording_id", "text", "start_s")]
    in_time = sorted(zip(*columns, range(len(rows)), strict=True), key=lambda row: row[2] or 0.0)
    for recording, text, _start, number in in_time:
        if text is not None:
            previous[number] = " ".join(filter(None, latest[recording])) or None
            latest[recording].append(without_marks(text))
    return rows.append_column("previous_text", pa.array(previous, pa.string()))
