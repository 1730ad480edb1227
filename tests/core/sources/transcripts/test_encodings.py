"""The encoding of a text is told by its letters, Windows-1252 unless they speak clearly against it;
a few damaged bytes cost no others.
"""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from daf_core.sources.text_encoding import Guessed, guess
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
WESTERN = [
    *("I’ll sue you.", "We’ll refund you. You’ll see it on Monday.", "Wait…", "80 €", "£20 – no!"),
    *("“No,” she said.", "naïve", "José called. I’ll call Zoë back.", "for 5½ m² or 20 °C"),
    *("Für Weiß.", "Schöne Grüße", "Grüß Gott", "Tschüß!", "Öl", "ÄRGER MIT DER RÜCKERSTATTUNG"),
    *("„Nein“, sagte er.", "Herr José, für Sie", "Grüße an Søren und Åse, über Malmö nach Århus."),
    *("Ça va très bien", "Où êtes-vous ?", "À bientôt", "été", "L’œuvre est déçue, bien sûr."),
    *("¿Qué tal?", "¡Adiós, señor!", "Mañana será otro día", "Sí", "El niño comió; ¿cómo está?"),
    *("Não, obrigado", "A situação é difícil, não há solução", "Ja, São Paulo. Die Straße, fünf."),
    *("Perché no?", "È così", "La città è più bella, però costa di più", "België, coördinatie"),
    *("Rødgrød med fløde", "Jag är trött på det här", "Hej då", "Tämä ei käy päinsä"),
    "Tere päevast, ma olen väga rahulolematu. Õhtul tuleb külmem, müüja ütles nii.",
    *(
        "Crème brûlée",
        "Äpfel, Übergröße",
        "l’Été à 20 ‰",
        "½ l für 3 €",
        "Šakki žž, öö",
        "Ø 5 × 3 ±1",
    ),
    *("Góðan daginn, það er þannig að ég er óánægður.", "Café für Señora Peña, Ångström & Øystein"),
]
OTHERS = [
    ("cp1251", "Спасибо, всё работает хорошо, перезвоню завтра."),
    ("cp1251", "Доброго дня, це вже третій раз, і ніхто не може мені допомогти. Поверніть гроші!"),
    ("koi8-r", "Я очень недоволен. Уже третий раз звоню, и никто не может мне помочь. Верните!"),
    ("cp866", "Я очень недоволен. Уже третий раз звоню, и никто не может мне помочь. Верните!"),
    ("cp1253", "Είμαι πολύ δυσαρεστημένος. Έχω τηλεφωνήσει τρεις φορές και κανείς δεν βοηθά."),
    ("cp1250", "Jestem bardzo niezadowolony. Dzwonię już trzeci raz i nikt nie może mi pomóc."),
    ("cp1250", "Dobrý den, volám už potřetí a nikdo mi nemůže pomoct. Vraťte mi peníze!"),
    ("cp1250", "Szörnyű ez az ügyfélszolgálat, hónapok óta várok rá, és örülnék, ha működne. Nő."),
    ("cp1250", "Zovem već treći put i nitko mi ne može pomoći. Želim povrat novca što prije."),
    ("iso8859-2", "Jestem zły, bo wrócę późno i będę się śpieszyć; żądam zwrotu pieniędzy."),
    ("cp1257", "Grąžinkite pinigus, prašau! Ačiū už pagalbą, skambinu jau trečią kartą."),
    ("cp1255", "שלום, אני מאוד לא מרוצה מהשירות שלכם. זו הפעם השלישית שאני מתקשר."),
    ("cp1256", "مرحبا، أنا غير راض عن خدمتكم. هذه هي المرة الثالثة التي أتصل فيها."),
    ("cp874", "สวัสดีครับ ผมไม่พอใจกับบริการของคุณมาก นี่เป็นครั้งที่สามที่ผมโทรมา"),
    ("shift_jis", "サービスに大変不満です。もう三回も電話していますが、誰も助けてくれません。"),
    ("euc_jp", "サービスに大変不満です。もう三回も電話していますが、誰も助けてくれません。"),
    ("gb18030", "我对你们的服务非常不满意。这已经是我第三次打电话了，没有人能帮助我。"),
    ("big5", "我對你們的服務非常不滿意。這已經是我第三次打電話了，沒有人能幫助我。"),
    ("cp949", "서비스에 매우 불만족합니다. 벌써 세 번째 전화인데 아무도 도와주지 않아요."),
    ("cp850", "Ich möchte mein Geld zurück. Das ist unmöglich, für große Grüße."),
]


def in_every_form(said: str) -> list[str]:
    cue = f"WEBVTT\n\n00:00.300 --> 00:03.000\n{said}\n"
    rows = "".join(f"{n};{n + 1};{one}\n" for n, one in enumerate(said.split(". ")))
    after = "so it is and nothing else was said at all\n" * 40
    return [said, cue, f"start;end;text\n{rows}", f"{after}{said}\n{after}", f"{said}\n" * 20]


@pytest.mark.parametrize("encoding", SAID)
@pytest.mark.parametrize("times", [1, 8])
def test_the_letters_tell_the_encoding(encoding, times):
    text = f"00:00:00,000 --> 00:00:00,900\n{SAID[encoding]}\n\n" * times
    found, guessed = decode_text(text.encode(encoding))
    assert found == text
    assert guessed is not None


@pytest.mark.parametrize("said", WESTERN)
def test_short_western_texts_are_windows_1252(said):
    for text in in_every_form(said):
        assert decode_text(text.encode("cp1252")) == (text, "cp1252")


@pytest.mark.parametrize(("encoding", "said"), OTHERS)
def test_texts_of_a_few_sentences_in_other_encodings_are_told(encoding, said):
    for text in in_every_form(said):
        assert decode_text(text.encode(encoding))[0] == text


ASCII_WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)
ALPHABETS = ["äöüß", "àâçéèêëîïôûùœ", "áéíñóúü", "ãõáéíóúâêôàç", "æøåé", "åäöé", "’", "€£§", "“”…"]


@given(
    st.sampled_from(ALPHABETS).flatmap(
        lambda letters: st.lists(
            st.tuples(ASCII_WORD, st.sampled_from(letters), ASCII_WORD), min_size=1, max_size=300
        )
    )
)
@example([("I", "’", "ll")] * 100)
def test_words_of_one_western_language_are_windows_1252(words):
    signs = "€£§“”…"
    text = " ".join(
        f"{head} {one} {tail}" if one in signs else f"{head}{one}{tail}"
        for head, one, tail in words
    )
    assert guess(text.encode("cp1252")) == "cp1252"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=200))
def test_utf_8_and_utf_16_are_no_guess(text):
    assume(not text.startswith("\ufeff"))
    assert decode_text(text.encode()) == (text, None)
    assert decode_text(text.encode("utf-8-sig")) == (text, None)
    assert decode_text(text.encode("utf-16")) == (text, None)


@given(st.binary(max_size=3_000))
def test_what_is_guessed_can_decode_any_bytes(data):
    encoding = guess(data)
    assert encoding is None or isinstance(data.decode(encoding, "replace"), str)


def test_bytes_of_sound_are_no_text():
    assert guess(bytes(range(1, 256)) * 40) is None


def test_xml_may_declare_its_encoding():
    text = '<?xml version="1.0" encoding="ISO-8859-2"?><tt><p>Cześć</p></tt>'
    assert decode_text(text.encode("iso8859-2")) == (text, None)
    other = text.replace("ISO-8859-2", "none-such")
    assert decode_text(other.encode("iso8859-2"))[1] == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_first_letter_that_is_not_ascii_may_come_late(encoding):
    text = "so it is and nothing else\n" * 4_000 + "the café is open\n"
    assert decode_text(text.encode(encoding))[0] == text


def test_a_file_that_is_cut_within_a_letter_keeps_all_others():
    data = "the café is\ncafé".encode()
    assert decode_text(data[:-1]) == ("the café is\ncaf\ufffd", None)


def test_a_byte_that_is_no_letter_costs_only_itself():
    data = "señor, el café \xff abrió".encode().replace("ÿ".encode(), b"\xff")
    assert decode_text(data) == ("señor, el café \ufffd abrió", None)
    assert decode_text(b"I\x92ll be\x81 there") == ("I’ll be\ufffd there", "cp1252")


def test_a_line_says_which_encodings_were_guessed_and_names_a_file_of_each():
    guessed = Guessed()
    assert guessed.lines() == ()
    for encoding, name in [("cp1252", "a.vtt"), ("cp1252", "b.vtt"), ("cp1251", "")]:
        guessed.add(encoding, name)
    (line,) = guessed.lines()
    assert "2 as cp1252 (a.vtt), 1 as cp1251;" in line
