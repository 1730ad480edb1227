"""The schema of every stored table, and the fixed vocabularies in them.

Times are seconds from the start of the recording, sentiment is in [-3, 3], weights are in [0, 1].
The Parquet footer holds the kind and version of a table; others are refused with a clear message.
"""

from typing import Any, TypeAlias

import pyarrow as pa

Row: TypeAlias = dict[str, Any]  # of a table, as Arrow gives it: column → value

VERSION = 3
LABEL_RANGE = (-3.0, 3.0)
SPLITS = ("train", "valid", "test")
STRANGE = "strange"  # in place of a split: an example of what heads should flag as unfamiliar
POLARITIES = ("negative", "neutral", "positive")
NEUTRAL_BELOW = 0.5  # |sentiment| under this is "neutral"
UNFAMILIAR_BELOW = 0.03  # familiarity; about as many rows like the training rows are below it

FLAGS = {
    "no_text": "scored without text",
    "no_audio": "scored without audio",
    "missing_audio": "there is no file at the audio path; scored on text alone",
    "empty_audio": "the recording holds no samples; scored on text alone",
    "unreadable_audio": "the recording cannot be decoded; scored on text alone",
    "outside_recording": "the recording is shorter than the times say; scored on text alone",
    "bad_time": "the times cannot be used, so nobody knows where it is heard; scored on text alone",
    "end_before_start": "it ends before or where it starts; scored on text alone",
    "too_slow": "the recording takes its reader longer than a file may; scored on text alone",
    "poison": "the recording ends the process that reads it; scored on text alone",
    "too_long": "the recording is longer than 24 hours; scored on text alone",
    "truncated_audio": "the row is longer than an hour; what comes after that is not heard",
    "cut_at_end": "the times ran past the end of the recording and were cut there",
    "retimed": "the transcript ended the cue before it began; the end was estimated",
    "ends_early": "the file ends before its header says; the rest of the recording is missing",
    "unheard_rest": "the file goes on after the sound that is decoded; the rest is not heard",
    "channel_unknown": "nothing tells which channel of the recording speaks; all were mixed",
    "bad_channel": "the recording lacks this channel, or one that `channels` names",
    "same_channels": "the channels of the recording carry the same sound; they were mixed",
    "crosstalk": "the speech is also heard on another channel, where it was not counted",
    "synthesized": "no recording; the words were read out by a speech synthesizer",
    "not_synthesized": "the speech synthesizer made no sound of the words; embedded without audio",
    "damaged": "embedded with damage to the audio or the text, to train on",
    "silent": "the audio is silent (peak under -60 dBFS); with no_audio: nothing is to be heard",
    "clipped": "more than 0.1 % of the samples are at full scale",
    "short": "less than 0.3 s of audio",
    "tone": "the audio is a tone (ring-back, busy, dial, DTMF, fax, beep), no speech",
    "music": "the audio is music, such as hold music, without speech that stands out",
    "transcribed": "the words were recognized by `daf transcribe`, not written by the source",
    "no_words": "no words were recognized in the audio: silence, music, noise",
    "repeated_words": "recognized words were left out: they repeat themselves without end",
    "phantom_words": "recognized words were left out: made up where nobody speaks",
    "unsure_words": "recognized words were left out: too improbable",
    "estimated_speaker": "who speaks was estimated from the voice",
    "unfamiliar": "the words or the voice are unlike those that the head was trained on",
    "other_language": "the head reads words in a language that it was not trained on",
    "encoder_failed": "an encoder gave numbers that are not finite; scored on the other modality",
    "redacted": "numbers, names or addresses in the words were replaced by marks such as [CARD]",
    "truncated_text": "the text is longer than the text encoder reads; its end is not scored",
}

# Why the weights of a row with words and voice are as they are.
WEIGHT_REASONS = {
    "text_sure": "the words say more than most: surer than three quarters of utterances",
    "text_unsure": "the words say less than most: less sure than three quarters of utterances",
    "few_words": "at most three words",
    "doubtful_words": "the recognizer's confidence in the words is under 0.7",
    "unfamiliar_text": "the words are unlike those that the head was trained on",
    "audio_sure": "the voice says more than most: surer than three quarters of utterances",
    "audio_unsure": "the voice says less than most: less sure than three quarters of utterances",
    "short_audio": "less than a second of voice",
    "quiet_audio": "the voice is quiet: under -45 dBFS",
    "clipped_audio": "the voice is clipped",
    "unfamiliar_audio": "the voice is unlike those that the head was trained on",
}

TIME_FLAGS = frozenset({"bad_time", "end_before_start"})  # of rows with words and no usable times
# Flags of rows whose recording, or place in it, nobody can listen to: their words alone are scored.
UNHEARD = TIME_FLAGS | {"missing_audio", "empty_audio", "unreadable_audio", "outside_recording"}
UNHEARD |= {"too_long", "too_slow", "poison"}
_UNUSABLE = UNHEARD | {"silent", "truncated_audio"}
# Flags of rows that go on with less than they came with.
LESSENED = _UNUSABLE | {"encoder_failed", "truncated_text", "cut_at_end", "channel_unknown"}
LESSENED |= {"bad_channel", "ends_early", "unheard_rest"}
# Flags that decoding decides anew, whatever ingest found.
DECODED_FLAGS = _UNUSABLE | {"no_text", "no_audio", "short", "clipped"}

_IDENTITY = [
    pa.field("utterance_id", pa.string(), nullable=False),
    pa.field("recording_id", pa.string(), nullable=False),
]
META = pa.field("meta", pa.map_(pa.string(), pa.string()))  # other columns of the source
_WHO_AND_WHEN = [
    pa.field("channel", pa.int32()),  # null: all channels mixed
    pa.field("speaker", pa.string()),
    pa.field("role", pa.string()),
    pa.field("start_s", pa.float64()),
    pa.field("end_s", pa.float64()),
]

LANGUAGE = pa.field("language", pa.string())  # of the words, a BCP 47 tag; null: not known
LEVEL = pa.field("level_db", pa.float32())  # dBFS, root mean square; null: no audio, or not known
WORD_COUNT = pa.field("words", pa.int32())  # of the text; null: no text, or not known
# Names of WEIGHT_REASONS; null: not both modalities, or the head does not tell.
WHY_WEIGHTS = pa.field("weight_reasons", pa.list_(pa.string()))
MEASURED = (LEVEL, WORD_COUNT)  # before a row is encoded; outputs of older versions lack some
_OF_TEXT = [
    LANGUAGE,
    pa.field("text_confidence", pa.float32()),  # of the recognizer, in [0, 1]; null: not known
]

MANIFEST = pa.schema(
    [
        *_IDENTITY,
        pa.field("audio_uri", pa.string()),  # null: no audio
        *_WHO_AND_WHEN,
        pa.field("text", pa.string()),  # null: no transcript
        *_OF_TEXT,
        pa.field("label", pa.float32()),
        pa.field("split", pa.string()),
        META,
        pa.field("flags", pa.list_(pa.string()), nullable=False),  # what ingest knows of the row
    ]
)

SCORES = pa.schema(
    [
        *_IDENTITY,
        *_WHO_AND_WHEN,
        LANGUAGE,
        *MEASURED,
        pa.field("sentiment", pa.float32(), nullable=False),
        pa.field("interval_low", pa.float32()),  # null: not calibrated for the row's modalities
        pa.field("interval_high", pa.float32()),
        pa.field("polarity", pa.string(), nullable=False),
        pa.field("polarity_probability", pa.float32()),  # null: as above
        *(pa.field(f"{name}_probability", pa.float32()) for name in POLARITIES),  # null: as above
        pa.field("text_weight", pa.float32()),  # null: the head has no weights
        pa.field("audio_weight", pa.float32()),
        WHY_WEIGHTS,
        pa.field("text_sentiment", pa.float32()),  # null: absent, or the head has none
        pa.field("audio_sentiment", pa.float32()),
        pa.field("disagreement", pa.float32()),  # |audio_sentiment - text_sentiment|
        pa.field("familiarity", pa.float32()),  # in [0, 1], the least of both; null: not measured
        pa.field("text_familiarity", pa.float32()),
        pa.field("audio_familiarity", pa.float32()),
        META,
        pa.field("flags", pa.list_(pa.string()), nullable=False),
    ]
)

PREDICTIONS = pa.schema(  # of a head for a row under a condition of a robustness grid
    [
        pa.field("utterance_id", pa.string(), nullable=False),
        pa.field("recording_id", pa.string(), nullable=False),
        pa.field("label", pa.float32(), nullable=False),
        pa.field("condition", pa.string(), nullable=False),
        pa.field("head", pa.string(), nullable=False),
        pa.field("sentiment", pa.float32(), nullable=False),
        pa.field("text_weight", pa.float32()),  # null: the head has no weights
        pa.field("audio_weight", pa.float32()),
    ]
)

WORDS = pa.schema(  # recognized by `daf transcribe`, in the order in which they were said
    [
        pa.field("utterance_id", pa.string(), nullable=False),
        pa.field("word", pa.string(), nullable=False),
        pa.field("start_s", pa.float64(), nullable=False),
        pa.field("end_s", pa.float64(), nullable=False),
        pa.field("probability", pa.float32(), nullable=False),
    ]
)

QUARANTINE = pa.schema(
    [
        pa.field("utterance_id", pa.string()),  # null: a whole recording, or a row without an id
        pa.field("recording_id", pa.string()),
        pa.field("audio_uri", pa.string()),
        pa.field("file", pa.string()),  # of the transcript, or the file that is not used; else null
        pa.field("stage", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
        META,  # of what is quarantined; null: nothing is known, or made by an older version
    ]
)


def embeddings_schema(sizes: dict[str, int]) -> pa.Schema:
    """Schema of an embeddings table.

    sizes: embedding column ("text", "audio", "audio_2" …) → length of a value, which is layers ×
    features, flattened layer by layer. The footer holds the number of layers.
    """
    columns = [pa.field(name, pa.list_(pa.float16(), size)) for name, size in sizes.items()]
    return pa.schema(
        [
            *_IDENTITY,
            *_WHO_AND_WHEN,
            *_OF_TEXT,
            *MEASURED,
            *columns,
            pa.field("label", pa.float32()),
            pa.field("split", pa.string()),
            META,
            pa.field("flags", pa.list_(pa.string()), nullable=False),
        ]
    )


def quarantine_rows(
    rows: pa.Table, stage: str, reason: pa.Array | str, message: pa.Array | str
) -> pa.Table:
    """Quarantine table of `rows`; `reason` and `message` are of each row, or one for all.

    Columns utterance_id, recording_id, audio_uri, file and meta are null where `rows` lack them.
    """
    own = (*QUARANTINE.names[:4], META.name)
    columns = {name: rows[name] for name in own if name in rows.column_names} | {
        "stage": stage,
        "reason": reason,
        "message": message,
    }
    filled = [
        pa.repeat(value, len(rows)) if isinstance(value, str) else value
        for value in (
            columns.get(field.name, pa.nulls(len(rows), field.type)) for field in QUARANTINE
        )
    ]
    return pa.table(filled, schema=QUARANTINE)


def primary_language(tag: str) -> str:
    """The language of a BCP 47 tag without script and region: "en" of "en-US"."""
    return tag.split("-")[0].lower()


def polarity(sentiment: float) -> str:
    """The polarity of a sentiment: neutral where |sentiment| < 0.5, else negative or positive.

    This is the one rule: labels, scores, metrics and drawings follow it.
    """
    return POLARITIES[polarity_number(sentiment)]


def polarity_number(sentiment: Any) -> Any:
    """Index into POLARITIES of a number, or of each number in an array or tensor."""
    return (sentiment > -NEUTRAL_BELOW) * 1 + (sentiment >= NEUTRAL_BELOW) * 1
