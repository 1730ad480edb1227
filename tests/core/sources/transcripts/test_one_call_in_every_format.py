"""One call in every format is read to the same cues; other JSON and tables are no transcripts."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from daf_core.sources.transcripts import open_document, read_document, read_transcript, reader_of
from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document
from tests.core.sources.transcripts.json_or_table import read

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
    "genesys.json": Says("genesys", ("internal", "external"), "en-US", 0.9),
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
