"""Scores of recognized words: how they are verified, and that another run into the same folder is
refused before any work, in words.
"""

import re
import shutil
from importlib import resources
from pathlib import Path

import pytest
import soundfile

pytest.importorskip("faster_whisper", reason="needs the extra asr")

from daf_core.errors import NotDone, SettingsError
from daf_core.storage import run_record
from daf_core.storage.output import scores_output
from jobs.settings import IngestSettings, ScoreSettings, VerifySettings
from jobs.verbs import ingest, score, verify

SUM = re.compile(r"[0-9a-f]{12,}")


def asked(folder: Path, **options: object) -> ScoreSettings:
    given = {"source": str(folder / "calls"), "out": str(folder / "s")} | options
    return ScoreSettings(**given, local=True, offline=True, report=False)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`s`: recognized and scored; `plain`: the same recordings, scored as they came."""
    folder = tmp_path_factory.mktemp("again")
    (folder / "calls").mkdir()
    for name in ("hotel-room.wav", "callback-request.flac"):
        samples, rate = soundfile.read(str(resources.files("jobs") / "demo_corpus" / name))
        soundfile.write(folder / "calls" / f"{name}.wav", samples[: 12 * rate], rate)
    score.run(asked(folder, transcribe=[]))
    score.run(asked(folder, out=str(folder / "plain")))
    return folder


def test_scores_of_recognized_words_are_verified_by_either_manifest(made: Path) -> None:
    scores = str(made / "s")
    expected = "every manifest row is either scored or quarantined, once"
    assert verify.run(VerifySettings(scores)).endswith(expected)
    assert verify.run(VerifySettings(scores, manifest=f"{scores}/transcribed")).endswith(expected)
    assert verify.run(VerifySettings(scores, manifest=f"{scores}/manifest")).endswith(
        f"every row of {scores}/transcribed, which `daf transcribe` made of {scores}/manifest, is "
        f"either scored or quarantined, once"
    )


def test_a_manifest_of_other_recordings_is_refused(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "m"
    ingest.run(IngestSettings(source=str(made / "calls"), out=str(other), part_minutes=3))
    with pytest.raises(SettingsError, match=rf"expected scores of {other}, found scores of .*/s/t"):
        verify.run(VerifySettings(str(made / "s"), manifest=str(other)))


def test_a_manifest_that_has_grown_since_is_a_fault(made: Path, tmp_path: Path) -> None:
    manifest, more = str(tmp_path / "m"), made / "calls" / "one-more.wav"
    shutil.copy(made / "calls" / "hotel-room.wav.wav", more)
    try:
        ingest.run(IngestSettings(source=str(made / "calls"), out=manifest))
    finally:
        more.unlink()
    with pytest.raises(NotDone, match=r"part-0000\d.parquet: .*/m has other rows than"):
        verify.run(VerifySettings(str(made / "s"), manifest=manifest))


def refused(made: Path, **options: object) -> str:
    """What is said of another run, which changes nothing."""
    before = times(made)
    with pytest.raises(SettingsError) as found:
        score.run(asked(made, **options))
    assert times(made) == before
    assert not SUM.search(str(found.value).replace(str(made), ""))
    return str(found.value)


def test_words_that_were_recognized_before_and_are_not_now(made: Path) -> None:
    expected = f"{made}/s: was made with `transcribe`, and holds scores of recognized words; give"
    assert refused(made).startswith(expected)
    assert refused(made, source=None, manifest=f"{made}/plain/manifest").startswith(expected)
    again = asked(made, source=None, manifest=f"{made}/s/transcribed")
    assert "1 part was done before" in score.run(again)


def test_words_that_are_recognized_now_and_were_not_before(made: Path) -> None:
    said = refused(made, out=f"{made}/plain", transcribe=[])
    assert said.startswith(f"{made}/plain: was made without `transcribe`")


def test_another_recognizer(made: Path, tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("other")
    said = refused(made, transcribe=[str(tmp_path)])
    assert f"(recognizer was openai/whisper-tiny.en, is {tmp_path}); give the same again" in said


def test_another_head_or_precision(made: Path) -> None:
    said = refused(made, transcribe=[], head="accurate")
    assert f"{made}/s: expected scores of `head` accurate, found those of the head " in said
    scored = run_record.read_complete(scores_output(str(made / "s"))).identity["precision"]
    other = "float32" if scored == "bfloat16" else "bfloat16"
    said = refused(made, transcribe=[], precision=other)
    assert (
        f"with `precision` {other}, found scores with {scored}; give `precision` {scored}" in said
    )


def test_another_manifest(made: Path, tmp_path: Path) -> None:
    manifest = str(tmp_path / "m")
    ingest.run(IngestSettings(source=str(made / "calls"), out=manifest, part_minutes=3))
    said = refused(made, out=f"{made}/plain", source=None, manifest=manifest)
    assert f"expected scores of the manifest {manifest}, found scores of {made}/plain/m" in said


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}
