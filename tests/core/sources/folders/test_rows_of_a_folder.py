"""Rows of a folder: times, labels, roles, channels, and options that cannot be used."""

import json

import numpy as np
import pytest
import soundfile as sf

from daf_core.errors import SettingsError
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.open_source import open_source
from tests.core.sources.folders.files import RATE_HZ, text, tone
from tests.core.sources.folders.ingest import ingest


def test_times_beyond_the_end_are_cut_and_words_beyond_it_are_kept(tmp_path):
    tone(tmp_path / "a.wav", seconds=2.0)
    cues = ["00:00.000 --> 00:01.000", "00:01.500 --> 00:09.000", "00:05.000 --> 00:06.000"]
    text(
        tmp_path / "a.vtt",
        "WEBVTT\n\n" + "".join(f"{one}\n{n} words\n\n" for n, one in enumerate(cues)),
    )
    rows, quarantined = ingest(tmp_path)
    assert quarantined == []
    assert [(row["start_s"], row["end_s"], row["flags"]) for row in rows] == [
        (0.0, 1.0, []),
        (1.5, 2.0, ["cut_at_end"]),
        (5.0, 6.0, ["outside_recording"]),
    ]


@pytest.mark.parametrize("suffix", ["csv", "json"])
@pytest.mark.parametrize("said", ["NULL", "nan", "NaN", "<NA>", "\\N", "#N/A"])
def test_a_cue_of_a_table_that_says_that_there_are_no_words_has_none(tmp_path, said, suffix):
    """As if the cell were empty."""
    found = []
    for folder, words in ((tmp_path / "1", said), (tmp_path / "2", "")):
        tone(folder / "call.wav")
        cues = [(0, 0.5, "one"), (0.5, 1, words), (1, 1.5, "null")]
        lines = ["start,end,text", *(f"{start},{end},{one}" for start, end, one in cues)]
        named = [{"start": start, "end": end, "text": one} for start, end, one in cues]
        written = json.dumps(named) if suffix == "json" else "\n".join(lines)
        text(folder / f"call.{suffix}", written)
        found.append([(row["start_s"], row["text"]) for row in ingest(folder).rows])
    assert found[0] == found[1]
    assert said not in [words for _, words in found[0]]
    assert (1.0, "null") in found[0]


def test_labels_find_their_utterances(tmp_path):
    tone(tmp_path / "call.wav")
    text(tmp_path / "call.vtt")
    labels = text(
        tmp_path / "labels.csv",
        "recording_id,start_s,label,split,by,channel\n"
        "call,0.53,-1,train,Jo,\ncall,1.06,1,test,Jo,\ncall,0.5,2,train,Jo,1\n"
        "other,0.5,2,train,Jo,\ncall,0.5,9,train,Jo,\n",
    )
    rows, quarantined = ingest(tmp_path, labels=str(labels))
    assert [(row["label"], row["split"]) for row in rows] == [(-1.0, "train"), (None, None)]
    reasons = sorted(row["reason"] for row in quarantined)
    assert reasons == ["bad_label"] + ["unmatched_label"] * 3
    (mixed,) = [row["message"] for row in quarantined if "channel" in row["message"]]
    assert "labels.csv:4" in mixed
    assert "of 0.5 s on channel 1 (channels are mixed here; `channels` tells them apart)" in mixed


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("labels", "gone.csv", "gone.csv: no such file; expected a table "),
        ("labels", "call.vtt", "call.vtt: expected a table .*, found a file .vtt"),
        ("labels", "other.csv", "other.csv: expected a column recording_id, start_s, label"),
        ("meta", "gone.csv", "gone.csv: no such file; expected a table "),
        ("meta", "other.csv", "other.csv: expected a column that names .*, found queue"),
        ("transcripts", "other.csv", "other.csv: expected a column recording, transcript"),
        ("transcripts", "pairs.csv", "pairs.csv:2: expected the path of one file .* found none"),
        ("meta_regex", "(", r"\(: expected a regular expression"),
        ("meta_regex", "x", "x: expected a named group"),
        ("raw", "morse:8000", "morse:8000"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_before_any_work(tmp_path, option, name, message):
    text(tmp_path / "call.vtt")
    text(tmp_path / "other.csv", "queue\nbilling\n")
    text(tmp_path / "pairs.csv", "recording,transcript\ngone.wav,call.vtt\n")
    value = name if option in ("meta_regex", "raw") else str(tmp_path / name)
    with pytest.raises(SettingsError, match=f"`{option}` .*{message}"):
        ingest(tmp_path, **{option: value})


def test_options_of_a_folder_do_not_apply_to_a_table(tmp_path):
    table = text(tmp_path / "t.csv", "text\nhi\n")
    with pytest.raises(SettingsError, match="`roles` and `raw` apply to a folder"):
        open_source(
            str(table), options=FolderOptions(who=WhoSpeaks({}, {"agent": "Ana*"}), raw="ulaw:8000")
        )


def test_roles_are_found_by_patterns_of_names(tmp_path):
    who = WhoSpeaks({0: "agent", 1: "customer"}, {"agent": "Ana*|bob ?", "customer": "*"})
    tone(tmp_path / "a.wav", channels=2)
    cues = "".join(
        f"00:00.{n}00 --> 00:00.{n + 1}00\n<v {name}>words</v>\n\n"
        for n, name in enumerate(["ANA Lopez", "Bob X", "Bobby"])
    )
    text(tmp_path / "a.vtt", f"WEBVTT\n\n{cues}")
    rows, _ = ingest(tmp_path, who=who)
    assert [(row["role"], row["channel"]) for row in rows] == [
        ("agent", 0),
        ("agent", 0),
        ("customer", 1),
    ]


def test_the_same_words_on_two_channels_count_once_where_they_are_louder(tmp_path):
    times = np.arange(4 * RATE_HZ) / RATE_HZ
    loud = 0.4 * np.sin(2 * np.pi * 300 * times)
    sound = np.stack([loud, 0.05 * loud], axis=1)
    sound[2 * RATE_HZ :] = sound[2 * RATE_HZ :, ::-1]
    sf.write(tmp_path / "a.wav", sound, RATE_HZ)
    rows = "start,end,channel,text\n"
    for start, end, said_here in ((0, 2, "I was charged twice"), (2, 4, "I am so sorry about it")):
        rows += f"{start},{end},0,{said_here}\n{start + 0.1},{end},1,{said_here.lower()}!\n"
    rows += "3.5,3.9,0,Yes\n3.5,3.9,1,Yes\n"
    text(tmp_path / "a.csv", rows)
    found = ingest(tmp_path)
    assert [(row["text"], row["channel"]) for row in found.rows] == [
        ("I was charged twice", 0),
        ("i am so sorry about it!", 1),
        ("Yes", 0),
        ("Yes", 1),
    ]
    assert [row["reason"] for row in found.quarantined] == ["said_twice"] * 2


def test_channels_that_count_from_one_are_those_of_the_recording(tmp_path):
    tone(tmp_path / "a.wav", channels=2)
    text(tmp_path / "a.csv", "start,end,channel,text\n0,1,1,Hello there\n1,2,2,Good morning\n")
    tone(tmp_path / "b.wav", channels=2)
    text(tmp_path / "b.csv", "start,end,channel,speaker,text\n0,1,7,Kim,Hi\n1,2,7,Agent,Ho\n")
    rows, quarantined = ingest(tmp_path, who=WhoSpeaks({0: "agent"}))
    assert quarantined == []
    assert [(row["channel"], row["role"], row["flags"]) for row in rows] == [
        (0, "agent", []),
        (1, None, []),
        (None, None, ["channel_unknown"]),
        (0, "agent", []),
    ]


def test_where_a_channel_is_missing_none_is_trusted(tmp_path):
    """Counted from 1, the agent would have the customer's voice."""
    tone(tmp_path / "a.wav", channels=2)
    tone(tmp_path / "b.wav", channels=1)
    cues = "start,end,channel,speaker,text\n0,1,,Agent,Hello\n1,2,,Customer,Morning\n1.5,2,1,,Yes\n"
    for name in ("a.csv", "b.csv"):
        text(tmp_path / name, cues)
    rows, quarantined = ingest(tmp_path, who=WhoSpeaks({1: "agent", 2: "customer"}))
    assert quarantined == []
    found = [(row["channel"], row["role"], row["flags"]) for row in rows]
    lacking = [(None, role, ["bad_channel"]) for role in ("agent", "customer", None)]
    assert found == lacking + [(None, role, []) for role in ("agent", "customer", None)]


def test_what_recognizers_and_tables_say_twice_was_said_twice(tmp_path):
    lines = ["go now please", "please", "please help me", "No.", "No.", "No. I said no."]
    rows = "".join(f"{2 * n},{2 * n + 2},{line}\n" for n, line in enumerate(lines))
    text(tmp_path / "a.csv", f"start,end,text\n{rows}")
    cues = [f"00:0{n}.000 --> 00:0{n + 1}.000\n{line}\n\n" for n, line in enumerate(lines[3:])]
    text(tmp_path / "b.vtt", "WEBVTT\n\n" + "".join(cues))
    for name in "ab":
        tone(tmp_path / f"{name}.wav", seconds=12)
    rows, _ = ingest(tmp_path)
    assert [row["text"] for row in rows] == [*lines, *lines[3:]]


def test_a_cue_whose_end_was_mended_is_flagged(tmp_path):
    tone(tmp_path / "a.wav")
    text(
        tmp_path / "a.srt",
        "1\n00:00:00,500 --> 00:00:00,100\nhello\n\n2\n00:00:01,000 --> 00:00:02,000\nhi\n",
    )
    assert [row["flags"] for row in ingest(tmp_path).rows] == [["retimed"], []]
