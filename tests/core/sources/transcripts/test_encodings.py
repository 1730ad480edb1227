"""The encoding of a transcript is told by its letters; a few damaged bytes cost no others."""

import pytest

from daf_core.sources.transcripts.document import decode_text

SAID = {
    "cp1251": "Здравствуйте, это было очень хорошо. Да, спасибо большое, я вам перезвоню утром.",
    "cp1250": "Dzień dobry, to było świetne. Dziękuję bardzo, żółć. Cześć, jak się masz? Źle.",
    "cp1252": "Ça c’était très génial — oui, “vraiment”. Grüß Gott, schön dass Sie anrufen.",
    "cp1253": "Καλημέρα, ήταν πολύ ωραίο. Ευχαριστώ πολύ. Γεια σας, τι κάνετε;",
    "cp1254": "Günaydın, çok güzeldi. Teşekkür ederim, görüşürüz. İyi günler, ığdır.",
    "mac_roman": "Ça c’était très génial — oui, “vraiment”. Grüß Gott, schön dass Sie anrufen.",
    "shift_jis": "こんにちは、今日はとても良い天気ですね。はい、そうですね。ありがとうございます。",
    "gb18030": "你好，今天天气很好，我们去公园吧。是的，谢谢你，我很高兴。",
}


@pytest.mark.parametrize("encoding", SAID)
@pytest.mark.parametrize("times", [1, 8])
def test_the_letters_tell_the_encoding(encoding, times):
    text = f"00:00:00,000 --> 00:00:00,900\n{SAID[encoding]}\n\n" * times
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_first_letter_that_is_not_ascii_may_come_late(encoding):
    text = "so it is and nothing else\n" * 4_000 + "the café is open\n"
    assert decode_text(text.encode(encoding)) == text


def test_a_file_that_is_cut_within_a_letter_keeps_all_others():
    data = "the café is\ncafé".encode()
    assert decode_text(data[:-1]) == "the café is\ncaf\ufffd"


def test_a_byte_that_is_no_letter_costs_only_itself():
    assert decode_text("señor, el café \xff abrió".encode().replace("ÿ".encode(), b"\xff")) == (
        "señor, el café \ufffd abrió"
    )
