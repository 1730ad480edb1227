"""The schemas of the tables of calls and of speakers.

Times are seconds from the start of the recording, sentiment is in [-3, 3]. What is not known, or
does not apply, is null: who interrupts whom where one speaker is known, times where rows have none.
"""

import pyarrow as pa

from daf_core.schemas import META

STATUSES = ("scored", "partial", "silent", "refused")
_TIMES = [pa.field("start_s", pa.float64()), pa.field("end_s", pa.float64())]  # of speech
_LOW_AND_HIGH = ("", "_low", "_high")

_SENTIMENT = [
    *(pa.field(f"sentiment{end}", pa.float32()) for end in _LOW_AND_HIGH),
    *(
        pa.field(f"quarter_{number}{end}", pa.float32())
        for number in (1, 2, 3, 4)
        for end in _LOW_AND_HIGH
    ),
    *(pa.field(f"change{end}", pa.float32()) for end in _LOW_AND_HIGH),
    *(pa.field(f"trend{end}", pa.float32()) for end in _LOW_AND_HIGH),
    *(
        pa.field(f"{which}_{name}", kind)
        for which in ("lowest", "highest")
        for name, kind in (
            ("sentiment", pa.float32()),
            ("start_s", pa.float64()),
            ("utterance_id", pa.string()),
        )
    ),
]
_COUNTS = [
    pa.field(name, pa.int32(), nullable=False)
    for name in ("utterances", "without_words", "without_voice", "unfamiliar", "other_language")
]
_SAID = [
    pa.field("words", pa.int32()),
    pa.field("words_per_minute", pa.float32()),
    pa.field("level_db", pa.float32()),
    pa.field("contradictions", pa.int32()),  # null: the head does not say what words and tone say
    pa.field("contradiction_share", pa.float32()),
    pa.field("contradiction_ids", pa.list_(pa.string())),
]
_PERIOD = pa.struct([pa.field("start_s", pa.float64()), pa.field("end_s", pa.float64())])
_INTERRUPTION = pa.struct(
    [
        pa.field("start_s", pa.float64()),
        pa.field("duration_s", pa.float64()),
        pa.field("by", pa.string()),
        pa.field("of", pa.string()),
    ]
)

CALLS = pa.schema(
    [
        pa.field("recording_id", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # one of STATUSES
        pa.field("reason", pa.string()),  # the most frequent reason or flag; null if scored
        *_TIMES,
        pa.field("language", pa.string()),
        pa.field("speakers", pa.int32(), nullable=False),
        *_COUNTS,
        pa.field("quarantined", pa.int32(), nullable=False),
        *_SENTIMENT,
        pa.field("talk_s", pa.float64()),  # somebody speaks
        pa.field("silence_s", pa.float64()),  # nobody does, between start_s and end_s
        pa.field("longest_silence_s", pa.float64()),
        pa.field("silences", pa.list_(_PERIOD)),  # of 3 s and more
        pa.field("overlap_s", pa.float64()),  # two speakers or more speak
        pa.field("interruptions", pa.int32()),
        pa.field("interruption_list", pa.list_(_INTERRUPTION)),
        *_SAID,
        META,
    ]
)

SPEAKERS = pa.schema(
    [
        pa.field("recording_id", pa.string(), nullable=False),
        pa.field("channel", pa.int32()),
        pa.field("speaker", pa.string()),
        pa.field("role", pa.string()),
        *_TIMES,
        *_COUNTS,
        *_SENTIMENT,
        pa.field("talk_s", pa.float64()),
        pa.field("talk_share", pa.float32()),  # of the talk time of all speakers together
        pa.field("turns", pa.int32()),
        pa.field("longest_monologue_s", pa.float64()),
        pa.field("longest_monologue_start_s", pa.float64()),
        pa.field("patience_s", pa.float32()),  # mean wait before a turn that follows another's
        pa.field("interruptions", pa.int32()),  # by this speaker
        pa.field("interrupted", pa.int32()),  # by others
        pa.field("reply_sentiment", pa.float32()),  # of utterances that follow another's turn
        pa.field("answered_sentiment", pa.float32()),  # of others, in what follows this one's turns
        *_SAID,
        META,
    ]
)
