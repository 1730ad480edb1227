"""What the source says of calls is known of silent and refused ones, too."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from daf_core.errors import BadInput
from daf_core.sources.folders.recording_group import Group, files_of
from daf_core.storage import parquet
from daf_core.storage.output import manifest_output, scores_output
from jobs.parts.calls import make_calls
from jobs.settings import (
    CallsSettings,
    EncodeResources,
    ForgetSettings,
    IngestSettings,
    QuerySettings,
)
from jobs.verbs import calls as list_calls
from jobs.verbs import forget, ingest, query
from tests.jobs.scored_calls import add_call, scored
from tests.jobs.stored_text import stored_text

OF_BEN = "SELECT recording_id FROM calls WHERE agent = 'Ben' ORDER BY recording_id"
Source = dict[str, object]


def three_calls(folder: Path, at: str = "{agent}-{call}") -> None:
    """A call of Ana, and two of Ben of which nothing can be scored: silent, and damaged."""
    one, still, broken = (
        folder / at.format(agent=agent, call=call)
        for agent, call in (("Ana", "one"), ("Ben", "still.wav"), ("Ben", "broken.mp3"))
    )
    for place in (one, still):
        place.parent.mkdir(parents=True, exist_ok=True)
    add_call(one.parent, one.name)
    soundfile.write(still, np.zeros(8000), 8000)
    broken.write_bytes(b"no sound at all")


def by_table(folder: Path) -> Source:
    three_calls(folder / "calls")
    table = folder / "crm.csv"
    table.write_text("file,agent\nAna-one.wav,Ana\nBen-still.wav,Ben\nBen-broken.mp3,Ben\n")
    return {"source": str(folder / "calls"), "meta": str(table)}


def by_folders(folder: Path) -> Source:
    three_calls(folder / "calls", "agent={agent}/{call}")
    return {"source": str(folder / "calls")}


def by_pattern(folder: Path) -> Source:
    three_calls(folder / "calls")
    return {"source": str(folder / "calls"), "meta_regex": r"^(?P<agent>\w+)-"}


def by_columns(folder: Path) -> Source:
    """A table of utterances: the audio of some cannot be used, and a cell of another."""
    three_calls(folder)
    rows = "Ana-one.wav,hello,0,1,Ana\nBen-still.wav,,7,9,Ben\nBen-broken.mp3,,,,Ben\n"
    rows += "Ben-third.wav,x,late,2,Ben\n"
    (folder / "rows.csv").write_text(f"audio_path,text,start_s,end_s,agent\n{rows}")
    return {"source": str(folder / "rows.csv")}


def known(folder: Path, source: Source, **options: object) -> list[str]:
    """Ingest and score; returns the calls of Ben."""
    ingest.run(IngestSettings(out=f"{folder}/s/manifest", **source, **options))  # type: ignore[arg-type]
    scored(folder / "s")
    return query.run(QuerySettings(f"{folder}/s", OF_BEN, to="csv")).splitlines()[1:]


@pytest.mark.parametrize("make", [by_table, by_folders, by_pattern, by_columns])
def test_calls_without_an_utterance_have_it(make: Callable[[Path], Source], tmp_path: Path) -> None:
    found = known(tmp_path, make(tmp_path))
    assert [one.rpartition("/")[2].removeprefix("Ben-") for one in found][:2] == ["broken", "still"]
    table = list_calls.run(CallsSettings(f"{tmp_path}/s", where="agent = 'Ben'", to="csv"))
    assert all(one in table for one in found)
    refused = "SELECT count(*) FROM quarantine WHERE agent = 'Ben' AND recording_id IS NOT NULL"
    assert int(query.run(QuerySettings(f"{tmp_path}/s", refused, to="csv")).splitlines()[1]) >= 2
    forget.run(
        ForgetSettings(f"{tmp_path}/s", recording=[one for one in found if "third" not in one])
    )
    everything = stored_text(tmp_path / "s")
    assert "broken" not in everything
    assert "still" not in everything


def test_a_change_of_it_alone_is_taken_over(tmp_path: Path) -> None:
    source = by_table(tmp_path)
    known(tmp_path, source)
    table = tmp_path / "crm.csv"
    table.write_text(table.read_text().replace("broken.mp3,Ben", "broken.mp3,Bea"))
    said = ingest.run(IngestSettings(out=f"{tmp_path}/s/manifest", **source))  # type: ignore[arg-type]
    assert "1 changed, 2 kept" in said
    make_calls(scores_output(f"{tmp_path}/s"), EncodeResources())
    assert query.run(QuerySettings(f"{tmp_path}/s", OF_BEN, to="csv")).split() == [
        "recording_id",
        "Ben-still",
    ]


def test_it_is_redacted_and_kept_with_hashed_ids_like_that_of_others(tmp_path: Path) -> None:
    source = by_table(tmp_path)
    table = tmp_path / "crm.csv"
    table.write_text(table.read_text().replace(",Ben\n", ",ben@example.com\n"))
    options = {"redact": True, "hash_ids": "a salt of enough letters"}
    ingest.run(IngestSettings(out=f"{tmp_path}/s/manifest", **source, **options))  # type: ignore[arg-type]
    scored(tmp_path / "s")
    everything = stored_text(tmp_path / "s" / "scores") + stored_text(tmp_path / "s" / "calls")
    quarantine = manifest_output(f"{tmp_path}/s/manifest").quarantine_uri
    everything += stored_text(Path(quarantine))
    assert "[MAIL]" in everything
    assert not [one for one in ("example.com", "broken", "still") if one in everything]
    marked = query.run(
        QuerySettings(f"{tmp_path}/s", "SELECT count(*) FROM calls WHERE agent='[MAIL]'", to="csv")
    )
    assert marked.split()[1] == "2"


def test_cells_that_are_redacted_in_rows_are_so_in_the_quarantine(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,channel,agent\nx,seven,ben@example.com\ny,,A\n")
    ingest.run(IngestSettings(f"{tmp_path}/rows.csv", out=f"{tmp_path}/m", redact=True))
    manifest = manifest_output(f"{tmp_path}/m")
    (row,) = manifest.read_quarantine(parquet.part_name(0)).to_pylist()
    assert row["meta"] == [("agent", "[MAIL]")]


def test_a_quarantine_of_an_older_daf_is_read_and_brought_up_to_date(tmp_path: Path) -> None:
    source = by_table(tmp_path)
    known(tmp_path, source)
    manifest = manifest_output(f"{tmp_path}/s/manifest")
    for output in (manifest, scores_output(f"{tmp_path}/s")):
        for name in output.quarantine_names():
            table = pq.read_table(f"{output.quarantine_uri}/{name}")
            pq.write_table(table.drop_columns(["meta"]), f"{output.quarantine_uri}/{name}")
            assert output.read_quarantine(name)["meta"].null_count == len(table)
    make_calls(scores_output(f"{tmp_path}/s"), EncodeResources())
    assert not query.run(QuerySettings(f"{tmp_path}/s", OF_BEN, to="csv")).splitlines()[1:]
    reasons = ["unreadable_audio", "no_speech", "silent_audio"]
    ingest.run(IngestSettings(out=f"{tmp_path}/s/manifest", retry=reasons, **source))  # type: ignore[arg-type]
    make_calls(scores_output(f"{tmp_path}/s"), EncodeResources())
    assert len(query.run(QuerySettings(f"{tmp_path}/s", OF_BEN, to="csv")).splitlines()) == 3


def test_a_recording_that_ends_its_reader_is_a_call_with_it() -> None:
    group = Group(
        [("q/a.wav", "/c/q/a.wav"), ("q/a.mp3", "/c/q/a.mp3"), ("q/a.vtt", "/c/q/a.vtt")],
        meta={"q/a.wav": {"agent": "Ben"}},
        ids={"/c/q/a.wav": "q/a"},
    )
    rows = files_of(group, BadInput("poison", "x"))
    found = [(row["recording_id"], row["file"], row["meta"]) for row in rows]
    assert found == [
        ("q/a", "/c/q/a.wav", {"agent": "Ben"}),
        ("q/a.mp3", "/c/q/a.mp3", None),
        (None, "/c/q/a.vtt", None),
    ]
    (alone,) = files_of(Group([("q/b.vtt", "/c/q/b.vtt")]), BadInput("too_slow", "x"))
    assert alone["recording_id"] == "q/b"
