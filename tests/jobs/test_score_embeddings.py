"""Scores of stored embeddings: of a head that is trained again, of a manifest that has changed."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from daf_core.errors import NotDone, SettingsError
from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.weights.specs import resolve
from jobs.settings import (
    EmbedSettings,
    EvaluateSettings,
    ExplainHeadSettings,
    ForgetSettings,
    IngestSettings,
    ScoreSettings,
    TrainSettings,
    VerifySettings,
)
from jobs.settings.encode import WINDOW_S
from jobs.verbs import embed, evaluate, explain_head, forget, ingest, score, train, verify
from tests.e2e.corpus import Encoders, make_encoders
from tests.jobs.scored_calls import add_call

STREAMS = {"text": (3, 32), "audio": (3, 64)}


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Encoders:
    return make_encoders(tmp_path_factory.mktemp("encoders"))


@pytest.fixture
def folder(tmp_path: Path, encoders: Encoders) -> Path:
    """`calls`, their manifest `m`, its embeddings `se`, and the head `h`."""
    (tmp_path / "calls").mkdir()
    for name in ("ada", "bob"):
        add_call(tmp_path / "calls", name)
    ingested(tmp_path)
    embedded(tmp_path, encoders)
    untrained(tmp_path / "h", encoders, 0)
    return tmp_path


def ingested(folder: Path) -> None:
    ingest.run(
        IngestSettings(source=str(folder / "calls"), out=str(folder / "m"), part_minutes=0.1)
    )


def embedded(folder: Path, encoders: Encoders) -> None:
    embed.run(
        EmbedSettings(
            manifest=str(folder / "m"),
            out=str(folder / "se"),
            text_encoder=encoders.text,
            audio_encoder=[encoders.audio],
            local=True,
        )
    )


def untrained(folder: Path, encoders: Encoders, seed: int) -> None:
    """An untrained head, other weights for each seed."""
    torch.manual_seed(seed)
    audio = replace(resolve(encoders.audio), window_s=WINDOW_S)
    trained_head.save(
        str(folder),
        build("daf", STREAMS, 8),
        kind="daf",
        width=8,
        shapes=STREAMS,
        encoders={"text": resolve(encoders.text), "audio": audio},
        calibrations={},
        facts={},
    )


def asked(folder: Path, **options: object) -> ScoreSettings:
    given = {"embeddings": f"{folder}/se", "head": f"{folder}/h", "out": f"{folder}/s"} | options
    return ScoreSettings(**given, local=True)  # type: ignore[arg-type]


def test_a_head_that_is_trained_again_is_told(folder: Path, encoders: Encoders) -> None:
    score.run(asked(folder))
    untrained(folder / "h", encoders, 1)
    with pytest.raises(SettingsError) as again:
        score.run(asked(folder))
    assert str(again.value) == (
        f"{folder}/s: expected scores of `head` {folder}/h, found those that it gave before it was "
        f"trained again (head has other weights); choose another folder (`daf score --embeddings "
        f"{folder}/se --head {folder}/h --out …` embeds nothing again), or start over with `fresh`"
    )
    untrained(folder / "other", encoders, 2)
    with pytest.raises(SettingsError, match=rf"found those of the head {folder}/h \(head has"):
        score.run(asked(folder, head=f"{folder}/other"))


@pytest.mark.parametrize("how", ["ingest", "forget"])
def test_embeddings_that_are_older_than_their_manifest_are_told(
    folder: Path, encoders: Encoders, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    score.run(asked(folder))
    assert "older version" not in caplog.text
    if how == "ingest":
        add_call(folder / "calls", "kim")
        ingested(folder)
    else:
        forget.run(ForgetSettings(f"{folder}/m", recording=["ada"]))
    older = (
        f"{folder}/se was made from an older version of {folder}/m; run `daf embed --manifest "
        f"{folder}/m --out {folder}/se` again, with its other options, then `daf score`"
    )
    score.run(asked(folder))
    assert older in caplog.text
    with pytest.raises(NotDone, match="older version of ") as failed:
        verify.run(VerifySettings(f"{folder}/s"))
    assert older in str(failed.value)
    caplog.clear()
    embedded(folder, encoders)
    score.run(asked(folder))
    assert "older version" not in caplog.text
    assert "every manifest row is either scored" in verify.run(VerifySettings(f"{folder}/s"))


def test_nothing_is_said_of_embeddings_whose_manifest_is_gone(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "m").rename(folder / "elsewhere")
    score.run(asked(folder))
    assert "older version" not in caplog.text


def test_training_and_explaining_tell_of_older_embeddings(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where they lack labels, as those may have come with the newer manifest."""
    add_call(folder / "calls", "kim")
    ingested(folder)
    source = f"{folder}/se"
    asked = {
        train.run: TrainSettings(embeddings=source, out=f"{folder}/new"),
        evaluate.run: EvaluateSettings(embeddings=source, out=f"{folder}/trials"),
        explain_head.run: ExplainHeadSettings(f"{folder}/h", embeddings=source),
    }
    for run, settings in asked.items():
        caplog.clear()
        with pytest.raises(SettingsError):
            run(settings)  # type: ignore[operator]
        assert f"{source} was made from an older version of {folder}/m" in caplog.text
        assert "with its other options, then this command" in caplog.text


def test_verify_says_that_embeddings_are_no_scores(folder: Path) -> None:
    with pytest.raises(SettingsError, match="expected the scores of a daf run, found embeddings"):
        verify.run(VerifySettings(f"{folder}/se"))
