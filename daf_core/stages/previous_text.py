"""What was said before: the turns of a conversation that an utterance is read with."""

from collections import defaultdict, deque

import pyarrow as pa


def with_previous_text(rows: pa.Table, turns: int) -> pa.Table:
    """The `rows` of a manifest part with a column "before", in the same order.

    It has, as one text, what was said in up to `turns` utterances before a row's in the same
    recording, whoever spoke, the last at the end; null where there is none, or no text. Turns are
    in the order of their starts; those that start together, as where each has a file of its own, in
    that of the manifest. Of a recording that was cut the turns of other parts are not seen.
    """
    last: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=turns))
    before: list[str | None] = [None] * len(rows)
    columns = [rows[name].to_pylist() for name in ("recording_id", "text", "start_s")]
    in_time = sorted(zip(*columns, range(len(rows)), strict=True), key=lambda row: row[2] or 0.0)
    for recording, text, _start, number in in_time:
        if text is not None:
            before[number] = " ".join(last[recording]) or None
            last[recording].append(text)
    return rows.append_column("before", pa.array(before, pa.string()))
