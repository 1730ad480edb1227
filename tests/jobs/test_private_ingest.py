"""`daf ingest --redact` and `--hash-ids`: what is stored says neither numbers nor names."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from daf_core.errors import SettingsError
from daf_core.storage.output import manifest_output
from jobs.settings import IngestSettings
from jobs.verbs import ingest
from tests.jobs.stored_text import stored_text

SALT = "a salt of enough letters"
CALL = """WEBVTT

00:00.000 --> 00:02.000
<v Jane Roe>my card is {card}

00:02.000 --> 00:04.000
<v Agent Smith>mail jane.roe@example.com or 415-555-2671, [NAME]
"""


def folder_of_calls(folder: Path, card: str = "4111 1111 1111 1111") -> Path:
    folder.mkdir(parents=True)
    for name in ("jane-roe", "john-doe"):
        soundfile.write(folder / f"{name}.wav", np.zeros(4 * 8000), 8000)
        (folder / f"{name}.vtt").write_text(CALL.format(card=card))
    (folder / "minutes-of-jane-roe.pdf").write_text("?")
    (folder / "broken-jane-roe.wav").write_bytes(b"RIFF")
    return folder


def rows_of(out: Path) -> list[dict[str, object]]:
    return pa.concat_tables(manifest_output(str(out)).read_all()).to_pylist()


def asked(source: Path, out: Path, **options: object) -> IngestSettings:
    return IngestSettings(source=str(source), out=str(out), **options)  # type: ignore[arg-type]


def test_numbers_and_addresses_are_stored_nowhere_and_are_counted(tmp_path: Path) -> None:
    calls = folder_of_calls(tmp_path / "calls")
    said = ingest.run(asked(calls, tmp_path / "m", redact=True))
    assert "redacted: 2 cards, 2 phone numbers, 2 mail addresses, 1 part" in said
    rows = rows_of(tmp_path / "m")
    texts = [row["text"] for row in rows]
    assert texts == 2 * ["my card is [CARD]", "mail [MAIL] or [PHONE], [NAME]"]
    assert all(row["flags"] == ["redacted"] for row in rows)
    everything = stored_text(tmp_path / "m")
    assert not [one for one in ("4111", "example.com", "2671") if one in everything]
    again = ingest.run(asked(calls, tmp_path / "m", redact=True))
    assert again.startswith("nothing to do")
    assert "redacted: 2 cards" in again
    with pytest.raises(SettingsError, match="redact was given, is not given"):
        ingest.run(asked(calls, tmp_path / "m"))


def test_ids_and_versions_follow_from_the_redacted_words_alone(tmp_path: Path) -> None:
    """Otherwise a number could be guessed: of all cards only one gives the id."""
    first = folder_of_calls(tmp_path / "1" / "calls", card="4111 1111 1111 1111")
    second = folder_of_calls(tmp_path / "2" / "calls", card="5500 0000 0000 0004")
    for calls in (first, second):
        ingest.run(asked(calls, calls.parent / "m", redact=True))
    ids = [[row["utterance_id"] for row in rows_of(one.parent / "m")] for one in (first, second)]
    assert ids[0] == ids[1]

    tables: list[object] = []
    for number, card in enumerate(("4111111111111111", "5500000000000004")):
        table = tmp_path / f"{number}" / "table.csv"
        table.parent.mkdir(exist_ok=True)
        table.write_text(f"text\nmy card is {card}\nfour one one one\n")
        ingest.run(asked(table, tmp_path / f"t{number}", redact=True))
        tables.append(
            [
                pq.read_table(tmp_path / f"t{number}" / "index" / name).to_pylist()
                for name in ("recordings.parquet", "parts.parquet")
            ]
        )
        assert {row["text"] for row in rows_of(tmp_path / f"t{number}")} == {
            "my card is [CARD]",
            "[NUMBER]",
        }
    assert tables[0] == tables[1]


def test_names_are_keyed_hashes_and_only_the_manifest_says_where_recordings_are(
    tmp_path: Path,
) -> None:
    calls = folder_of_calls(tmp_path / "calls")
    out = tmp_path / "m"
    said = ingest.run(asked(calls, out, hash_ids=SALT, roles={"agent": "Agent*", "boss": "Eve"}))
    assert "roe" not in said.lower()
    rows = rows_of(out)
    assert {row["role"] for row in rows} == {None, "agent"}
    assert len({row["recording_id"] for row in rows}) == 2
    assert len({row["speaker"] for row in rows}) == 2
    for row in rows:
        row.update(audio_uri=None, text=None)
        named = [row[name] for name in ("recording_id", "utterance_id", "speaker")]
        assert all(len(str(one)) == 16 and int(str(one), 16) >= 0 for one in named)
    assert not [name for name in ("jane", "roe", "doe", "smith") if name in repr(rows).lower()]
    for kind in ("quarantine", "index"):
        everything = stored_text(out / kind).lower()
        assert not [name for name in ("jane", "roe", "doe", "smith") if name in everything]
    assert SALT not in stored_text(out)
    reasons = {row["reason"]: row for row in pq.read_table(out / "quarantine").to_pylist()}
    assert set(reasons) == {"unreadable_audio", "unknown_format"}
    broken = reasons["unreadable_audio"]
    assert broken["message"] == f"{broken['recording_id']}: the recording cannot be decoded"


def test_a_file_that_is_not_used_keeps_its_kind_and_what_to_save_it_as(tmp_path: Path) -> None:
    calls = folder_of_calls(tmp_path / "calls")
    (calls / "jane-roe's calls.xlsx").write_bytes(b"PK\x03\x04" + bytes(range(128, 256)))
    (calls / "minutes.jane-roe").write_bytes(bytes(range(256)))
    said = ingest.run(asked(calls, tmp_path / "m", hash_ids=SALT))
    assert "1 .xlsx unknown_format" in said
    assert "1 .pdf unknown_format" in said
    stored = stored_text(tmp_path / "m" / "quarantine")
    assert "found a workbook; save the sheet that holds the words as .csv" in stored
    assert "roe" not in f"{said}{stored}".lower()


def test_the_same_salt_gives_the_same_ids_and_another_one_is_refused(tmp_path: Path) -> None:
    calls = folder_of_calls(tmp_path / "calls")
    (tmp_path / "salt").write_text(f"{SALT}\n")
    ingest.run(asked(calls, tmp_path / "m", hash_ids=SALT))
    ingest.run(asked(calls, tmp_path / "n", hash_ids=f"@{tmp_path}/salt"))
    ingest.run(asked(calls, tmp_path / "o", hash_ids=SALT.upper()))
    first, second, third = (rows_of(tmp_path / name) for name in "mno")
    assert first == second
    assert {str(row["recording_id"]) for row in first}.isdisjoint(
        str(row["recording_id"]) for row in third
    )
    with pytest.raises(SettingsError, match="`hash_ids` had another salt") as told:
        ingest.run(asked(calls, tmp_path / "m", hash_ids=SALT.upper()))
    assert SALT.upper() not in str(told.value)
    with pytest.raises(SettingsError, match="16 characters or more, found 5"):
        ingest.run(asked(calls, tmp_path / "p", hash_ids="short"))
    with pytest.raises(SettingsError, match="expected a file with the salt"):
        ingest.run(asked(calls, tmp_path / "p", hash_ids="@nowhere"))
    assert SALT not in repr(asked(calls, tmp_path / "m", hash_ids=SALT))


def test_a_hashed_manifest_grows_and_recordings_keep_their_ids(tmp_path: Path) -> None:
    calls = folder_of_calls(tmp_path / "calls")
    out = tmp_path / "m"
    ingest.run(asked(calls, out, hash_ids=SALT))
    before = {row["audio_uri"]: row["recording_id"] for row in rows_of(out)}
    assert ingest.run(asked(calls, out, hash_ids=SALT)).startswith("nothing to do")
    soundfile.write(calls / "jane-roe.flac", np.zeros(4 * 8000), 8000)  # of the same stem
    soundfile.write(calls / "new.wav", np.zeros(4 * 8000), 8000)
    (calls / "new.vtt").write_text(CALL.format(card="no"))
    assert "1 new, 1 changed" in ingest.run(asked(calls, out, hash_ids=SALT))
    after = {row["audio_uri"]: row["recording_id"] for row in rows_of(out)}
    assert {uri: after[uri] for uri in before} == before
    assert len(set(after.values())) == 4


def test_rows_that_only_differed_in_their_numbers_all_stay(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    said = [f"my card is 4{number}00 0000 0000 0000" for number in range(5)]
    lines = [f"{name},{words}" for name in ("a", "") for words in said]
    table.write_text("\n".join(["recording_id,text", *lines, "a,well", "a,well"]) + "\n")
    out = tmp_path / "m"
    summary = ingest.run(asked(table, out, redact=True))
    assert summary.startswith("12 rows in, 11 in the manifest, 1 quarantined (duplicate_id 1")
    assert len({row["utterance_id"] for row in rows_of(out)}) == 11
    assert ingest.run(asked(table, out, redact=True)).startswith("nothing to do")
