"""Recognized words in which numbers and addresses are marks, before ids follow from them."""

from dataclasses import replace

import pyarrow as pa

from daf_core.asr.recognizer import Recognized
from daf_core.redaction.marks import REDACTED
from daf_core.redaction.redact import KINDS, spans_in
from daf_core.sources.transcripts.reading.words import Word


def without_numbers(found: Recognized) -> Recognized:
    """What was recognized in a wave; words of a number become one mark with their times."""
    text = "".join(word.text for word in found.words)
    spans = spans_in(text)
    if not spans:
        return found
    words: list[Word] = []
    at, number, last = 0, 0, -1
    for word in found.words:
        start, at = at, at + len(word.text)
        while number < len(spans) and spans[number].end <= start:
            number += 1
        if number == len(spans) or spans[number].start >= at:
            words.append(word)
        elif number == last:  # the mark is there already
            words[-1] = replace(words[-1], end_s=word.end_s)
        else:
            words.append(replace(word, text=f" {spans[number].mark}"))
            last = number
    return found._replace(words=words)


def with_flags(rows: pa.Table) -> pa.Table:
    """Manifest rows in which those with a mark are flagged."""
    flags = [
        [*dict.fromkeys([*own, REDACTED])] if text and any(mark in text for mark in KINDS) else own
        for text, own in zip(rows["text"].to_pylist(), rows["flags"].to_pylist(), strict=True)
    ]
    number = rows.schema.get_field_index("flags")
    field = rows.schema.field(number)
    return rows.set_column(number, field, pa.array(flags, field.type))
