"""What the columns of the tables of utterances, calls and speakers say, in words.

The one source for docs/calls.md, docs/concepts.md and the sheet of a workbook: a test compares
them. Columns that belong together have one line, links and backticks are Markdown's.
"""

import re
from typing import NamedTuple


class Described(NamedTuple):
    """A line about columns, as the documentation has it."""

    columns: str
    what: str

    @property
    def plain(self) -> str:
        """What they say, without Markdown."""
        return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", self.what).replace("`", "")


UTTERANCES = tuple(
    Described(*line)
    for line in (
        ("utterance_id, recording_id", "of the utterance, and of the recording that it is of"),
        (
            "channel, speaker, role",
            "who speaks; channels are numbered from 0, null: all channels mixed",
        ),
        ("start_s, end_s", "seconds from the start of the recording"),
        ("language", "of the words, a BCP 47 tag; null: not known"),
        (
            "level_db",
            "level of the audio, root mean square in dB of full scale; null: no audio, or embedded "
            "by an older `daf`",
        ),
        ("words", "how many words the text has; null: no text, or embedded by an older `daf`"),
        ("sentiment", "in [-3, 3]; the median of the distribution that the head predicts"),
        (
            "interval_low, interval_high",
            "in [-3, 3]; hold the true sentiment nine times in ten, on recordings like the "
            "labelled ones; where all that a row has is unfamiliar, or in another language, they "
            "also span nine of ten labels of the training rows; null: no calibration for rows with "
            "these modalities",
        ),
        ("polarity", "that of the sentiment: neutral (less than 0.5 from 0), negative or positive"),
        ("polarity_probability", "of this polarity, in [0, 1]; null as for the interval"),
        (
            "negative_probability, neutral_probability, positive_probability",
            "of each polarity, sum to 1; null as for the interval",
        ),
        (
            "text_weight, audio_weight",
            "in [0, 1], sum to 1; 0 for an absent modality; null for heads without weights; [what "
            "they say](#heads)",
        ),
        (
            "weight_reasons",
            "why the weights are so: which modality is surer or less sure than usual, and what is "
            "known of it; [all of them](#why-a-weight); null: not both modalities, or the head "
            "does not tell",
        ),
        (
            "text_sentiment, audio_sentiment",
            "in [-3, 3], what each modality says alone; null where it is absent or the head does "
            "not say",
        ),
        ("disagreement", "distance between the two"),
        (
            "familiarity, text_familiarity, audio_familiarity",
            "in [0, 1]: share of held-out rows of the training that lie as far from its rows, or "
            "farther; 0 for what is like rows of the split strange; the least of both, of the "
            "words, of the voice; null where absent or not measured",
        ),
        ("meta", "what the source says of the recording"),
        ("flags", "remarks about the utterance; [all of them](quickstart.md#flags)"),
    )
)

CALLS = tuple(
    Described(*line)
    for line in (
        ("recording_id", "as in the scores"),
        (
            "status, reason",
            "`scored`; `partial`: some rows are quarantined, or lost their words or audio; "
            "`silent`: no words and no voice, as in an empty file or hold music; `refused`: it "
            "could not be used. The reason is the most frequent one",
        ),
        ("start_s, end_s", "from the first utterance to the end of the last"),
        ("language", "the most frequent"),
        (
            "speakers, utterances, quarantined",
            "how many; tones and music without words are not counted",
        ),
        (
            "without_words, without_voice, unfamiliar, other_language",
            "of the utterances, how many",
        ),
        (
            "sentiment, sentiment_low, sentiment_high",
            "mean, in which a second of speech counts the same, and its interval",
        ),
        (
            "quarter_1 … quarter_4, each with _low, _high",
            "the mean of each quarter of the time; null where nobody speaks",
        ),
        ("change, with _low, _high", "last quarter less the first"),
        (
            "trend, with _low, _high",
            "what a straight line through the utterances rises from the beginning to the end",
        ),
        (
            "lowest_sentiment, lowest_start_s, lowest_utterance_id; the same for highest",
            "the utterance of at least 1 s with the lowest sentiment",
        ),
        ("talk_s", "somebody speaks"),
        (
            "silence_s, longest_silence_s, silences",
            "nobody speaks, between start_s and end_s; `silences` lists those of 3 s and more",
        ),
        ("overlap_s", "two speak, or more"),
        (
            "interruptions, interruption_list",
            "how often, and when, for how long, by whom, of whom; null with a single speaker",
        ),
        ("words, words_per_minute", "of the utterances that have words"),
        ("level_db", "mean level of the voice"),
        (
            "contradictions, contradiction_share, contradiction_ids",
            "utterances in which the tone contradicts the words (of opposite polarity, or 2 "
            "apart), their share of those with both, and the first 50",
        ),
        ("meta", "what the source says of the whole recording"),
    )
)

SPEAKERS = tuple(
    Described(*line)
    for line in (
        ("channel, speaker, role", "who"),
        ("talk_s, talk_share", "how long the speaker speaks, and the share of all talk"),
        (
            "turns, longest_monologue_s, longest_monologue_start_s",
            "a turn ends where another speaks, or after 3 s of silence",
        ),
        (
            "patience_s",
            "mean wait before a turn that follows another's, of those turns that do not overlap",
        ),
        ("interruptions, interrupted", "by this speaker, and of this speaker"),
        (
            "reply_sentiment",
            "of the first utterances after another's turn: how a customer sounds after the agent",
        ),
        (
            "answered_sentiment",
            "of the others, in their first utterances after this one's turn: how an agent leaves "
            "the customer",
        ),
    )
)

# Columns of utterances in queries and exports that the table of scores does not have.
OF_QUERIES = (
    Described("text", "the words; none where the source has none, or they were left out"),
    Described(
        "contradiction",
        "whether the tone contradicts the words: of opposite polarity, or 2 apart; none without "
        "either",
    ),
)
OF_SOURCE = "what the source says of the recording"

# What is read first of a table, in the order of a sheet; other columns follow.
FIRST = {
    "calls": (
        *("recording_id", "*", "sentiment", "sentiment_low", "sentiment_high", "change", "talk_s"),
        *("silence_s", "interruptions", "contradictions", "status", "reason"),
    ),
    "speakers": (
        *("recording_id", "*", "role", "speaker", "channel", "sentiment", "sentiment_low"),
        *("sentiment_high", "change", "talk_s", "talk_share", "interruptions", "contradictions"),
    ),
    "utterances": (
        *("recording_id", "start_s", "end_s", "role", "speaker", "text", "sentiment"),
        *("interval_low", "interval_high", "polarity", "text_sentiment", "audio_sentiment"),
        *("disagreement", "text_weight", "audio_weight", "flags"),
    ),
}
