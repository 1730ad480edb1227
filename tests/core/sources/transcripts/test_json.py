"""Transcripts in JSON: words, speakers and channels, and entries that cannot be read."""

import json
from typing import Any

import pytest

from daf_core.errors import BadInput
from daf_core.sources.transcripts import reader_of
from daf_core.sources.transcripts.document import Document
from tests.core.sources.transcripts import reading
from tests.core.sources.transcripts.json_or_table import read, texts


@pytest.mark.parametrize(
    "who", ["Ana", 16778240, {"id": 7, "name": "Ana"}, ["Ana"], [{"username": "Ana"}]]
)
def test_a_speaker_may_be_a_number_an_object_or_a_list_of_one(who):
    segments = [{"start": 0.5, "end": 2.0, "text": "so it is", "speaker": who}]
    assert [cue.speaker for cue in read(segments).cues] == [str(who) if who == 16778240 else "Ana"]


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


def test_characters_that_no_text_may_hold_are_replaced():
    (cue,) = read('[{"start": 0, "end": 1, "text": "a\\ud800\\u0000b", "speaker": "\\udfff"}]').cues
    assert (cue.text, cue.speaker) == ("a��b", "�")


def test_times_of_day_of_genesys_need_the_start_of_the_recording():
    phrase = {"text": "so", "startTimeMs": 1_772_446_512_500, "duration": {"milliseconds": 500}}
    document = {"startTime": 1_772_446_511_000, "transcripts": [{"phrases": [phrase, {}]}]}
    transcript = read(document)
    assert [(cue.start_s, cue.end_s) for cue in transcript.cues] == [(1.5, 2.0)]
    assert transcript.unread == ["phrase 2"]
    del document["startTime"]
    with pytest.raises(BadInput, match="expected startTime beside times of day"):
        read(document)
    phrase["startTimeMs"] = 1_500
    assert read(document).cues == transcript.cues
