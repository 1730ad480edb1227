"""A call as JSON in the form of Amazon Transcribe Call Analytics.

Programs that read that service's output read this: `ConversationCharacteristics` with sentiment by
quarter, talk time and speed, non-talk time and interruptions, and the turns.
https://docs.aws.amazon.com/transcribe/latest/dg/tca-output.html. Sentiment is in [-5, 5] there.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from daf_core.calls.utterances import Speaker
from daf_core.schemas import LABEL_RANGE, Row
from daf_core.storage.run_record import Json

SCALE = 5 / LABEL_RANGE[1]
QUARTERS = (1, 2, 3, 4)


def amazon_call(call: Row, speakers: Sequence[Row], utterances: Sequence[Row]) -> Json:
    """The JSON object of a call.

    call, speakers: rows of the tables of calls and of speakers; utterances: scored rows in order of
    time, with `text`. Rows without times are left out, as that form has none.
    """
    roles = _roles(speakers)
    of_roles = {roles[_key(one)]: one for one in speakers}
    timed = [one for one in utterances if one["start_s"] is not None and one["end_s"] is not None]
    return {
        "JobStatus": "COMPLETED",
        "JobName": call["recording_id"],
        "LanguageCode": call["language"],
        "Participants": [{"ParticipantRole": role} for role in of_roles],
        "ConversationCharacteristics": _characteristics(call, of_roles),
        "Transcript": [_turn(one, roles[_key(one)]) for one in timed],
        "CustomMetadata": dict(call["meta"] or []),
    }


def _key(row: Row) -> tuple[Any, Any]:
    return row["channel"], row["speaker"]


def _roles(speakers: Sequence[Row]) -> dict[tuple[Any, Any], str]:
    """A role for each speaker; further ones of a role are numbered."""
    counts: Counter[str] = Counter()
    roles = {}
    for number, one in enumerate(speakers):
        role = _role(one, number)
        counts[role] += 1
        roles[_key(one)] = role if counts[role] == 1 else f"{role}_{counts[role]}"
    return roles


def _role(speaker: Row, number: int) -> str:
    """AGENT or CUSTOMER where the source says so, else the name, the channel or a number."""
    name = speaker["role"] or speaker["speaker"]
    if name is None:
        channel = speaker["channel"]
        return f"SPEAKER_{number if channel is None else channel}"
    return str(name).upper() if str(name).lower() in ("agent", "customer") else str(name)


def _characteristics(call: Row, speakers: dict[str, Row]) -> Json:
    begin, end = _ms(call["start_s"]), _ms(call["end_s"])
    period = None if begin is None or end is None else (begin, end)
    return {
        "TotalConversationDurationMillis": period and period[1] - period[0],
        "Sentiment": {
            "OverallSentiment": {role: _score(one["sentiment"]) for role, one in speakers.items()},
            "SentimentByPeriod": {
                "QUARTER": {role: _quarters(one, period) for role, one in speakers.items()}
            },
        },
        "TalkTime": {
            "TotalTimeMillis": _ms(sum(one["talk_s"] or 0 for one in speakers.values())),
            "DetailsByParticipant": {
                role: {"TotalTimeMillis": _ms(one["talk_s"])} for role, one in speakers.items()
            },
        },
        "TalkSpeed": {
            "DetailsByParticipant": {
                role: {"AverageWordsPerMinute": round(one["words_per_minute"])}
                for role, one in speakers.items()
                if one["words_per_minute"] is not None
            }
        },
        "NonTalkTime": _non_talk(call["silences"] or []),
        "Interruptions": _interruptions(call["interruption_list"] or [], speakers),
    }


def _quarters(speaker: Row, period: tuple[int, int] | None) -> list[Json]:
    """The quarters of the call in which the speaker speaks."""
    if period is None:
        return []
    first, last = period
    length = (last - first) / 4
    return [
        {
            "Score": _score(speaker[f"quarter_{number}"]),
            "BeginOffsetMillis": round(first + (number - 1) * length),
            "EndOffsetMillis": round(first + number * length),
        }
        for number in QUARTERS
        if speaker[f"quarter_{number}"] is not None
    ]


def _non_talk(silences: Sequence[Row]) -> Json:
    instances = [_span(one["start_s"], one["end_s"]) for one in silences]
    return {
        "TotalTimeMillis": sum(one["DurationMillis"] for one in instances),
        "Instances": instances,
    }


def _interruptions(found: Sequence[Row], speakers: dict[str, Row]) -> Json:
    labels = {
        Speaker(one["channel"], one["speaker"], one["role"]).label: role
        for role, one in speakers.items()
    }
    by: dict[str, list[Json]] = {}
    for one in found:
        role = labels.get(one["by"], str(one["by"]))
        span = _span(one["start_s"], one["start_s"] + one["duration_s"])
        by.setdefault(role, []).append(span)
    spans = [span for own in by.values() for span in own]
    return {
        "TotalCount": len(spans),
        "TotalTimeMillis": sum(span["DurationMillis"] for span in spans),
        "InterruptionsByInterrupter": by,
    }


def _turn(row: Row, role: str) -> Json:
    return {
        "Id": row["utterance_id"],
        "ParticipantRole": role,
        "BeginOffsetMillis": _ms(row["start_s"]),
        "EndOffsetMillis": _ms(row["end_s"]),
        "Content": row["text"] or "",
        "Sentiment": row["polarity"].upper(),
        "SentimentScore": _score(row["sentiment"]),
    }


def _span(start_s: float, end_s: float) -> Json:
    begin, end = round(start_s * 1000), round(end_s * 1000)
    return {"BeginOffsetMillis": begin, "EndOffsetMillis": end, "DurationMillis": end - begin}


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _score(sentiment: float | None) -> float | None:
    return None if sentiment is None else round(sentiment * SCALE, 2) + 0.0  # no -0.0
