"""Tables in a folder that nobody named: what is said of them."""

from collections import Counter

from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.open_source import open_source
from daf_core.sources.remarks import Found, OnChannels, Outcome
from tests.core.sources.folders.files import text, tone


def no_channels() -> OnChannels:
    return OnChannels(Counter(), {})


def test_a_table_about_the_recordings_that_nobody_gave_is_told(tmp_path):
    tone(tmp_path / "c1.wav")
    text(tmp_path / "c1.vtt")
    text(tmp_path / "calls.csv", "call_id,queue\nc1,billing\ngone,sales\n")
    text(tmp_path / "words.tsv", "path\tsentence\nc1.wav\thello\n")
    text(tmp_path / "prices.csv", "name,price\nc1,5\n")
    text(tmp_path / "others.csv", "file,queue\nx.wav,billing\n")
    text(tmp_path / "labels.csv", "Recording_ID,start_s,label\nc1,0,1\nc1,2.5,-1\n")
    text(tmp_path / "labels2.csv", "recording_id,channel,start_s,label\nc1,1,0,1\n")
    text(tmp_path / "files.csv", "file,start_s,label\nc1.wav,0,1\nc1.wav,2.5,-1\n")
    text(tmp_path / "notes.csv", "recording_id,start_s,label\nc1,0,glad\nc1,2,sad\n")
    text(tmp_path / "turns.csv", "recording_id,turn\nc1,1\nc1,2\n")
    text(tmp_path / "twice.csv", "recording_id,queue\nc1,sales\nc1,sales\n")
    text(tmp_path / "own.csv", "recording_id,utterance_id,label\nc1,c1-0,1\nc1,c1-1,2\n")
    source = open_source(str(tmp_path), options=FolderOptions(meta_regex=r"(?P<n>c\d)"))
    source.gather()
    nothing = Outcome(0, frozenset({"unknown_format"}))
    outcome = {"c1": Outcome(1, frozenset())}
    found = Found(
        set, no_channels, set, dict, lambda key: outcome.get(key, nothing), lambda name: False
    )
    labels = (
        "name recordings of the folder; if it labels what is said in them, `labels` takes it with "
        "the columns recording_id, with ids such as c1, start_s in seconds, and label, a number "
        "from -3 to 3"
    )
    assert source.remarks(found).hints == (
        f"calls.csv is not used; 1 of its 2 lines names recordings of the folder; if it tells of "
        f"them, give `meta` {tmp_path}/calls.csv",
        f"files.csv is not used; 2 of its 2 lines {labels}",
        f"labels.csv is not used; 2 of its 2 lines name recordings of the folder; if it labels "
        f"what is said in them, give `labels` {tmp_path}/labels.csv",
        f"labels2.csv is not used; 1 of its 1 line names recordings of the folder; if it labels "
        f"what is said in them, give `labels` {tmp_path}/labels2.csv, and `channels`, as it tells "
        f"them apart",
        f"notes.csv is not used; 2 of its 2 lines {labels}",
        "own.csv is not used; 2 of its 2 lines name recordings of the folder; if it labels what is "
        "said in them, `daf adapt` takes it, once they are scored",
        f"turns.csv is not used; 2 of its 2 lines name recordings of the folder; it has several "
        f"lines of one recording, which daf does not read; if it tells of the recordings, give "
        f"`meta` a copy of {tmp_path}/turns.csv with one line of each",
        f"twice.csv is not used; 2 of its 2 lines name recordings of the folder; if it tells of "
        f"them, give `meta` {tmp_path}/twice.csv",
        f"words.tsv is not used; 1 of its 1 line names recordings of the folder; if it holds what "
        f"is said in them, ingest the table itself, {tmp_path}/words.tsv",
    )
