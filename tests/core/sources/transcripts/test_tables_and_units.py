"""Tables as transcripts: quotes, broken rows, several recordings; units of time, in JSON too."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue
from tests.core.sources.transcripts.json_or_table import read, texts


def test_channels_may_be_sides_and_speakers_numbers_of_pandas():
    table = "start,end,channel,speaker,text\n0,1,left,0.0,so\n1,2,Right,1.0,it\n"
    assert [(cue.channel, cue.speaker) for cue in read(table, "a.csv").cues] == [(0, "0"), (1, "1")]


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


CUES = st.lists(st.tuples(st.floats(0.05, 60), st.floats(0, 20)), min_size=1, max_size=20)


@given(CUES, st.booleans())
def test_days_are_times_of_spreadsheets(cues, has_ends):
    spans, at = [], 0.0
    for length, gap in cues:
        spans.append((at, at + length))
        at += length + gap
    for unit in (1, 86_400):
        rows = "".join(
            f"{start / unit:.9f},{f'{end / unit:.9f}' if has_ends else ''},word\n"
            for start, end in spans
        )
        found = texts(f"start,end,text\n{rows}")
        assert [cue[1] for cue in found] == pytest.approx([start for start, _ in spans], abs=1e-3)
        if has_ends:
            assert [cue[2] for cue in found] == pytest.approx([end for _, end in spans], abs=1e-3)


@pytest.mark.parametrize("time", ["2026-03-02 10:15:11", "10:15:11 AM", "02.03.26", "soon"])
def test_a_table_without_any_time_says_what_a_time_is(time):
    table = f"start,speaker,text\n{time},Ana,hello\n{time},Bob,yes\n"
    with pytest.raises(
        BadInput, match=r"start: expected seconds since .*, found other cells in all 2"
    ):
        read(table, "a.csv")
    some = read(f"{table}3.5,Ana,so\n", "a.csv")
    assert ([cue.text for cue in some.cues], len(some.unread)) == (["so"], 2)
    assert read("start,speaker,text\n,Ana,hello\n", "a.csv").cues[0].start_s is None


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


HEADS = [
    *("Beginn;Ende;Sprecher;Text", "Startzeit;Endzeit;Sprecher;Äußerung", "VON;BIS;WER;TEXT"),
    *("Début;Fin;Locuteur;Texte", "Heure de début;Heure de fin;Intervenant;Texte"),
    *("Inicio;Fin;Hablante;Texto", "Hora de inicio;Hora de fin;Interlocutor;Transcripción"),
    *("Inizio;Fine;Interlocutore;Testo", "Início;Fim;Orador;Texto", "Begin;Einde;Spreker;Tekst"),
    *("Beginn (s);Ende (s);Rolle;Inhalt", "start;end;speaker;text"),
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("before", ["", "sep=;\n", '"sep=;"\n', "Export\n\nvom;28.11.2026\n"])
def test_tables_of_spreadsheets_have_names_in_several_languages(head, before):
    transcript = read(f"{before}{head}\n0,5;2,5;Ana;so, ja\n3;4;Ben;it\n", "a.csv")
    assert transcript.cues == [
        Cue(text="so, ja", start_s=0.5, end_s=2.5, speaker="Ana"),
        Cue(text="it", start_s=3.0, end_s=4.0, speaker="Ben"),
    ]
    assert transcript.unread == []
