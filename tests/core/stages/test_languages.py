"""The language of words: by the source, by all words of a speaker, by a long utterance."""

import pyarrow as pa
import pytest

from daf_core.schemas import MANIFEST
from daf_core.stages.languages import detect, with_languages

SENTENCES = {
    "en": "I would like to cancel my account, please.",
    "de": "Ich möchte bitte mein Abonnement kündigen.",
    "es": "Quiero cancelar mi cuenta, por favor.",
    "fr": "Je voudrais résilier mon contrat, s'il vous plaît.",
    "pl": "Chciałbym zrezygnować z tej umowy.",
    "hi": "मैं अपना खाता बंद करना चाहता हूँ।",
    "zh": "我想取消我的帐户，请帮我处理一下这件事。",
}


def rows(*cells: dict[str, object]) -> pa.Table:
    base = {"recording_id": "call", "meta": [], "flags": []}
    return pa.Table.from_pylist(
        [{"utterance_id": str(n), **base, **own} for n, own in enumerate(cells)], schema=MANIFEST
    )


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert detect(SENTENCES[language]) == language
    assert detect(SENTENCES[language].upper()) == language


@pytest.mark.parametrize("text", ["", "ok", "0800 1234 1234 1234", "???!!! ... ---"])
def test_too_little_tells_nothing(text: str) -> None:
    assert detect(text) is None


def test_short_words_have_the_language_of_their_speaker() -> None:
    found = with_languages(
        rows(
            {"speaker": "a", "text": "Ja."},
            {"speaker": "a", "text": SENTENCES["de"]},
            {"speaker": "b", "text": "No."},
            {"speaker": "b", "text": SENTENCES["en"]},
            {"speaker": "b", "text": SENTENCES["es"]},
            {"speaker": "c", "text": None},
            {"speaker": "d", "text": "Hm."},
        )
    )
    assert found["language"].to_pylist() == ["de", "de", "en", "en", "es", None, None]


def test_what_the_source_names_stays() -> None:
    found = with_languages(rows({"text": SENTENCES["de"], "language": "en-US"}))
    assert found["language"].to_pylist() == ["en-US"]
