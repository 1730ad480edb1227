"""Transcripts in JSON and tables: one call in every format is read to the same cues."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from daf_core.errors import BadInput
from daf_core.sources.transcripts import open_document, read_document, read_transcript, reader_of
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from tests.core.sources.transcripts import reading

SAMPLES = Path(__file__).parent / "samples"
CALL = [
    ("Good morning, how can I help?", 0.5, 2.3),
    ("I was charged twice.", 2.9, 4.1),
    ("I am sorry.", 4.6, 5.5),
    ("Thank you, bye.", 6.0, 7.2),
]


class Says(NamedTuple):
    """What a sample says beside words and times."""

    reader: str
    speakers: tuple[str, str] | None = None
    language: str | None = None
    confidence: float | None = None
    channels: bool = False


NAMES = ("Agent", "Customer")
ROLES = ("AGENT", "CUSTOMER")
WHISPERX = ("SPEAKER_00", "SPEAKER_01")
SAYS = {
    "amazon-call-analytics.json": Says("amazon_calls", ROLES, "en-US", 0.9),
    "amazon-transcribe-channels-old.json": Says("amazon_transcribe", None, "en-US", 0.9, True),
    "amazon-transcribe-channels.json": Says("amazon_transcribe", None, "en-US", 0.9, True),
    "amazon-transcribe-segments.json": Says("amazon_transcribe", ("spk_0", "spk_1"), "en-US"),
    "amazon-transcribe.json": Says("amazon_transcribe", ("spk_0", "spk_1"), "en-US", 0.9),
    "assemblyai-channels.json": Says("assemblyai", ("1", "2"), "en-US", 0.9, True),
    "assemblyai-words.json": Says("assemblyai", None, "en-US", 0.9),
    "assemblyai.json": Says("assemblyai", ("A", "B"), "en-US", 0.9),
    "azure-batch.json": Says("azure", ("1", "2"), "en-US", 0.9),
    "azure-fast.json": Says("azure", ("1", "2"), "en-US", 0.9),
    "azure-sdk.jsonl": Says("azure_sdk", ("Guest-1", "Guest-2"), "en-US", 0.9),
    "call.ass": Says("ass", NAMES),
    "calls-of-turns.json": Says("nested", NAMES),
    "contact-lens.json": Says("amazon_calls", ROLES, "en-US"),
    "cues-ms.csv": Says("table", NAMES),
    "cues-semicolon.csv": Says("table", NAMES),
    "cues-unquoted.csv": Says("table", NAMES),
    "cues-us.csv": Says("table", NAMES),
    "cues.csv": Says("table", NAMES),
    "deepgram-channels.json": Says("deepgram", None, None, 0.9, True),
    "deepgram-paragraphs.json": Says("deepgram", ("0", "1")),
    "deepgram-utterances.json": Says("deepgram", ("0", "1"), None, 0.9),
    "deepgram-words.json": Says("deepgram", ("0", "1"), "en", 0.9),
    "elevenlabs.json": Says("elevenlabs", ("speaker_0", "speaker_1"), "en"),
    "faster-whisper.json": Says("whisper", None, None, 0.9),
    "gladia.json": Says("gladia", ("0", "1"), "en", 0.9),
    "google-v1-diarized.json": Says("google", ("1", "2"), "en-US", 0.9),
    "google-v1-operation.json": Says("google", None, "en-US", 0.9, True),
    "google-v1-protobuf.json": Says("google", ("1", "2"), "en-US", 0.9),
    "google-v2.json": Says("google", ("1", "2"), "en-US", 0.9),
    "insanely-fast-whisper.json": Says("whisper", WHISPERX),
    "nemo-manifest.jsonl": Says("nemo", NAMES),
    "openai-diarized.json": Says("whisper", ("A", "B"), "en"),
    "openai-verbose-words.json": Says("whisper", None, "en"),
    "openai-whisper.json": Says("whisper", None, "en"),
    "podcast-words.json": Says("podcast", NAMES),
    "podcast.json": Says("podcast", NAMES),
    "rev-ai.json": Says("rev", ("0", "1"), None, 0.9),
    "segments-list.json": Says("segments", NAMES),
    "segments-ms.json": Says("segments", NAMES),
    "segments.json": Says("segments", NAMES),
    "segments.jsonl": Says("segments", NAMES),
    "speechmatics.json": Says("speechmatics", ("S1", "S2"), "en", 0.9),
    "transformers-words.json": Says("whisper"),
    "whisper-cpp.json": Says("whisper", None, "en"),
    "whisper.tsv": Says("table"),
    "whisperx.json": Says("whisper", WHISPERX, "en", 0.9),
    "rev-people.json": Says("rev", NAMES),
    "watson.json": Says("watson", ("0", "1"), None, 0.9),
    "whisper-cpp-tokens.json": Says("whisper", None, "en"),
    "vosk.jsonl": Says("nested", None, None, 0.9),
    "wrapped.json": Says("nested", NAMES),
    "youtube.json3": Says("youtube"),
    "youtube.srv1": Says("youtube"),
    "youtube.srv3": Says("youtube"),
    "words.csv": Says("table", NAMES, None, 0.9),
}


def read(content: Any, name: str = "call.json") -> Transcript:
    """The transcript in JSON or text."""
    text = content if isinstance(content, str) else json.dumps(content)
    document = Document(name, text)
    reader = reader_of(document)
    assert reader is not None
    transcript: Transcript = reader.read(document)
    return transcript


def texts(content: Any, name: str = "call.json") -> list[tuple[str, float | None, float | None]]:
    return [(cue.text, cue.start_s, cue.end_s) for cue in read(content, name).cues]


@pytest.mark.parametrize("name", SAYS)
def test_one_call_in_every_format_is_read_to_the_same_cues(name):
    path, says = SAMPLES / name, SAYS[name]
    reader = reader_of(open_document(str(path)))
    assert reader is not None
    assert reader.__name__.rpartition(".")[2] == says.reader
    transcript = read_transcript(str(path))
    assert [(cue.text, cue.start_s, cue.end_s) for cue in transcript.cues] == CALL
    assert [cue.speaker for cue in transcript.cues] == [*(says.speakers or [None, None])] * 2
    assert [cue.channel for cue in transcript.cues] == [0, 1, 0, 1] if says.channels else [None] * 4
    for cue in transcript.cues:
        assert cue.confidence == pytest.approx(says.confidence)
    assert transcript.unread == []
    assert transcript.language == says.language


@pytest.mark.parametrize(
    "value",
    [
        {"name": "daf", "version": "1", "scripts": {"test": "x"}},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None}]},
        {"results": [{"id": 1, "name": "Ann"}], "count": 1},
        {"segments": [], "items": [], "words": []},
        {"segments": [{"effort": 1, "start_index": 4}]},
        [{"entity": "LOC", "score": 0.9, "word": "Paris", "start": 10, "end": 15}],
        [{"text": "hi", "timestamp": 12345, "likes": 3}],
        [{"created": "2024-05-01T10:00:00", "message": "hi", "user": "Ann"}],
        [1, 2, 3],
        [],
        {},
        '{"text": "no times"}\n{"text": "here"}\n',
        "text,label,split\nhello,1.0,train\n",
        "recording_id,channel,start_s,label\na,0,0.5,1.0\n",
        "name;age\nAnn;30\n",
        "a text, and a start, are words\nof prose\n",
    ],
)
def test_other_json_and_tables_are_no_transcripts(value):
    text = value if isinstance(value, str) else json.dumps(value)
    assert reader_of(Document("a.json", text)) is None


@pytest.mark.parametrize("name", ["segments", "utterances", "transcription"])
def test_a_list_of_nothing_said_is_a_transcript_without_cues(name):
    assert read({"text": "", name: [], "language": "en"}) == Transcript(
        cues=[], unread=[], language="en"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tom &amp; Jerry <b>hi</b>&nbsp;ok", "Tom & Jerry hi ok"),
        ("<|en|><|transcribe|> hello<|2.00|>", "hello"),
        ("so <unk> it <noise>is", "so it is"),
        ("3 < 4 & 5", "3 < 4 & 5"),
    ],
)
def test_markup_and_marks_of_recognizers_are_no_words(text, words):
    for content in (
        [{"start": 0.5, "end": 2.0, "text": text}],
        f"start,end,text\n0.5,2.0,{text}\n",
    ):
        document = Document("a.json", content if isinstance(content, str) else json.dumps(content))
        transcript = read_document(document)
        assert transcript is not None
        assert [cue.text for cue in transcript.cues] == [words]


@pytest.mark.parametrize(
    "who", ["Ana", 16778240, {"id": 7, "name": "Ana"}, ["Ana"], [{"username": "Ana"}]]
)
def test_a_speaker_may_be_a_number_an_object_or_a_list_of_one(who):
    segments = [{"start": 0.5, "end": 2.0, "text": "so it is", "speaker": who}]
    assert [cue.speaker for cue in read(segments).cues] == [str(who) if who == 16778240 else "Ana"]


def test_channels_may_be_sides_and_speakers_numbers_of_pandas():
    table = "start,end,channel,speaker,text\n0,1,left,0.0,so\n1,2,Right,1.0,it\n"
    assert [(cue.channel, cue.speaker) for cue in read(table, "a.csv").cues] == [(0, "0"), (1, "1")]


def test_places_in_a_text_are_no_times():
    words = [{"text": "hello", "start": 0, "end": 5}, {"text": "Ana", "start": 6, "end": 9}]
    for value in (words, {"doc": {"found": words}}):
        assert reader_of(Document("call.json", json.dumps(value))) is None


def test_of_results_of_a_stream_the_final_ones_are_read_and_first_guesses():
    lines = [
        {
            "final": last,
            "out": {"alternatives": [{"words": [_word(text)]}, {"words": [_word("x")]}]},
        }
        for text, last in (("so", False), ("soon", True))
    ]
    text = "\n".join(map(json.dumps, lines))
    (cue,) = reading.read("call.jsonl", text).cues
    assert (cue.text, cue.start_s, cue.end_s) == ("soon", 0.0, 0.5)


def test_values_one_after_another_may_be_cut():
    text = "".join(json.dumps({"result": [_word(one)]}, indent=1) for one in ("so", "it"))
    found = reading.read("call.json", text + '{"result": [{"wor')
    assert [cue.text for cue in found.cues] == ["so it"]
    assert found.unread == ["the end, which is cut or damaged"]


def test_lists_of_several_recordings_are_refused():
    calls = [{"callId": one, "turns": [{"start": 0.5, "end": 2, "text": "so"}]} for one in "ab"]
    with pytest.raises(BadInput, match="segments of one recording, found those of 2"):
        reading.read("call.json", json.dumps({"calls": calls}))


def _word(text: str) -> dict[str, Any]:
    return {"word": text, "start": 0.0, "end": 0.5}


def test_an_entry_that_cannot_be_read_is_named_and_leaves_the_others():
    segments = [
        {"start": 0.0, "end": 1.0, "text": "first"},
        {"start": "soon", "end": 2.0, "text": "bad time"},
        7,
        {"start": 3.0, "end": 4.0, "text": None},
        {"start": None, "end": None, "text": "no times"},
        {"start": 1e308, "end": 1.0, "text": "far"},
        {"start": float("nan"), "end": 1.0, "text": "no number"},
        {"start": 5.0, "end": 6.0, "text": "last"},
    ]
    transcript = read({"segments": segments, "language": "en"})
    assert [cue.text for cue in transcript.cues] == ["first", "no times", "last"]
    assert transcript.unread == [f"segment {number}" for number in (2, 3, 4, 6, 7)]


SENTENCES = [
    "今日はとても良い天気ですね。",
    "はい、そうですね。",
    "散歩に行きませんか。",
    "いいですね。",
    "では行きましょう。",
]


def test_sentences_without_blanks_are_no_words():
    segments = [
        {"id": i, "seek": 0, "start": 2.0 * i, "end": 2.0 * i + 1.9, "text": text}
        for i, text in enumerate(SENTENCES)
    ]
    assert [text for text, _, _ in texts({"segments": segments, "language": "ja"})] == SENTENCES


def test_words_of_a_script_without_blanks_are_joined_without():
    words = [
        {"word": word, "start": 0.5 * i, "end": 0.5 * i + 0.4}
        for i, word in enumerate(["今天", "天气", "很", "好", "。", "OK", "吗"])
    ]
    found = texts({"text": "", "words": words, "language": "zh"})
    assert [text for text, _, _ in found] == ["今天天气很好。 OK 吗"]


def test_words_of_whisperx_without_times_or_speakers_keep_their_segment():
    segment = {"start": 1.0, "end": 3.0, "text": " In 2014, yes.", "words": [{"word": "2014,"}]}
    (cue,) = read({"segments": [segment]}).cues
    assert (cue.text, cue.start_s, cue.end_s) == ("In 2014, yes.", 1.0, 3.0)


def test_a_segment_in_which_two_speak_is_cut_where_the_speaker_changes():
    words = [
        {"word": "Well?", "start": 0.0, "end": 0.5, "speaker": "A"},
        {"word": "No.", "start": 0.6, "end": 0.9, "speaker": "B"},
    ]
    cues = read({"segments": [{"start": 0, "end": 1, "text": "Well? No.", "words": words}]}).cues
    assert [(cue.text, cue.speaker) for cue in cues] == [("Well?", "A"), ("No.", "B")]


def test_two_who_speak_at_once_on_two_channels_are_one_cue_each():
    def item(text: str, start: float, channel: str) -> dict[str, Any]:
        return {
            "type": "pronunciation",
            "alternatives": [{"content": text, "confidence": "1.0"}],
            "start_time": str(start),
            "end_time": str(start + 0.3),
            "channel_label": channel,
        }

    items = [item("I", 0.0, "ch_0"), item("no", 0.1, "ch_1"), item("see", 0.3, "ch_0")]
    items += [item("way", 0.4, "ch_1")]
    found = read({"jobName": "j", "results": {"items": items}}).cues
    assert [(cue.text, cue.channel) for cue in found] == [("I see", 0), ("no way", 1)]


def test_google_leaves_out_a_time_of_zero():
    words = [{"endOffset": "0.4s", "word": "Hello"}, {"startOffset": "0.4s", "endOffset": "1s",
             "word": "you"}]  # fmt: skip
    results = {"results": [{"alternatives": [{"transcript": "Hello you", "words": words}]}]}
    assert texts(results) == [("Hello you", 0.0, 1.0)]
    without = {"results": [{"alternatives": [{"transcript": t}], "resultEndTime": end}
                           for t, end in (("one", "2s"), ("two", "3.5s"))]}  # fmt: skip
    assert texts(without) == [("one", 0.0, 2.0), ("two", 2.0, 3.5)]


def test_results_of_several_recordings_are_refused():
    results = {"results": [{"alternatives": [{"transcript": "hi"}]}]}
    batch = {"results": {f"gs://b/{name}.wav": {"transcript": results} for name in "ab"}}
    with pytest.raises(BadInput, match="found 2 recordings"):
        read(batch)


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_of_several_recordings_the_one_of_the_name_is_read_and_the_others_are_named(suffix):
    rows = [("x/a.wav", 0, "one"), ("x/b.wav", 0, "two"), ("x/a.wav", 2, "three")]
    if suffix == "csv":
        lines = ["file,start,duration,text", *(f"{f},{start},1,{t}" for f, start, t in rows)]
    else:
        lines = [
            json.dumps({"audio_filepath": f, "offset": start, "duration": 1.0, "text": t})
            for f, start, t in rows
        ]
    transcript = read("\n".join(lines), f"A.{suffix}")
    assert [cue.text for cue in transcript.cues] == ["one", "three"]
    assert transcript.unread == ["entry 2"]
    with pytest.raises(BadInput, match="found cues of 2 recordings"):
        read("\n".join(lines), f"c.{suffix}")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(500, 5492), (5842, 10304)], [(0.5, 5.492), (5.842, 10.304)]),
        ([(0, 5), (5, 12), (14, 20)], [(0.0, 5.0), (5.0, 12.0), (14.0, 20.0)]),
        ([(0.5, 500.5), (600, 1200)], [(0.5, 500.5), (600.0, 1200.0)]),
        ([("500.0", "5492.0")], [(0.5, 5.492)]),
        ([("0:01", "0:02.5"), ("1:00:00", "1:00:01,5")], [(1.0, 2.5), (3600.0, 3601.5)]),
        ([("1.5s", "2s")], [(1.5, 2.0)]),
        ([("PT1M2.5S", "PT1M3S")], [(62.5, 63.0)]),
    ],
)
def test_seconds_milliseconds_and_clock_times_are_told_apart(rows, expected):
    table = "start\tend\ttext\n" + "".join(f"{start}\t{end}\tword\n" for start, end in rows)
    assert [cue[1:] for cue in texts(table)] == expected
    segments = [{"start": start, "end": end, "text": "word"} for start, end in rows]
    assert [cue[1:] for cue in texts({"utterances": segments})] == expected


@pytest.mark.parametrize("name", ["end", "duration"])
def test_times_in_a_finer_unit_without_its_name_are_refused(name):
    rows = [(0, 9_000_000), (15_000_000, 20_000_000 if name == "end" else 5_000_000)]
    segments = [{"start": start, name: end, "text": "so it is"} for start, end in rows]
    with pytest.raises(BadInput, match="found a finer unit; name it"):
        texts({"utterances": segments})
    named = [
        {f"{key}_ticks": one[key] for key in ("start", name)} | {"text": "so"} for one in segments
    ]
    assert [cue[1:] for cue in texts(named)] == [(0.0, 0.9), (1.5, 2.0)]


def test_cues_in_milliseconds_may_be_far_apart_or_one_long_one():
    assert texts(
        [
            {"start": 0, "text": "so", "speaker": "A"},
            {"start": 1_500_000, "text": "it", "speaker": "B"},
        ]
    ) == [("so", 0.0, None), ("it", 1500.0, None)]
    assert texts([{"start": 0, "end": 1_500_000, "text": "so it is"}]) == [
        ("so it is", 0.0, 1500.0)
    ]


def test_quotes_of_a_tsv_are_words_and_those_of_a_csv_hold_cells_together():
    assert texts('start\tend\ttext\n0\t900\t"Hi," she said\n900\t1800\t"No"\n') == [
        ('"Hi," she said', 0.0, 0.9),
        ("No", 0.9, 1.8),
    ]
    assert texts('start,end,text\n0.0,1.5,"two\nlines, ""one"" cell"\n2,3,b\n') == [
        ('two lines, "one" cell', 0.0, 1.5),
        ("b", 2.0, 3.0),
    ]


def test_a_broken_row_costs_only_itself():
    table = 'start,end,text\n0.5,1,"never closed\n2,3,second\n3\nx,4,third\n5,6,NA\n7,nan,"end"\n'
    transcript = read(table, "a.csv")
    assert transcript.unread == ["line 4", "line 5"]
    assert transcript.cues == [
        Cue(text="never closed", start_s=0.5, end_s=1.0),
        Cue(text="second", start_s=2.0, end_s=3.0),
        Cue(text="NA", start_s=5.0, end_s=6.0),
        Cue(text="end", start_s=7.0),
    ]


def test_a_cell_may_be_long():
    table = f"start,end,text\n0,1,{'word ' * 100_000}\n"
    ((text, *_),) = texts(table)
    assert len(text) == 499_999


def test_characters_that_no_text_may_hold_are_replaced():
    (cue,) = read('[{"start": 0, "end": 1, "text": "a\\ud800\\u0000b", "speaker": "\\udfff"}]').cues
    assert (cue.text, cue.speaker) == ("a��b", "�")
