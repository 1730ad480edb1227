"""The public names of daf_core: which there are, their signatures, and what they do."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import soundfile
import torch

import daf_core
from daf_core.errors import SettingsError
from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.weights.specs import resolve
from tests.core.encoders.encoder_folders import text_folder, whisper_folder

SIGNATURES = {
    "Scored": "(scores: ~TableT, quarantine: ~TableT) -> None",
    "Scorer": "(head: daf_core.stages.trained_head.TrainedHead, *, device: str = 'cpu', offline: "
    "bool = False, precision: Optional[Literal['float32', 'bfloat16']] = None, alone: bool = "
    "False) -> None",
    "draw_recording": "(scores: Union[pyarrow.lib.Table, ForwardRef('pd.DataFrame')], "
    "recording_id: str) -> matplotlib.figure.Figure",
    "open_head": "(folder: str) -> daf_core.stages.trained_head.TrainedHead",
    "open_recording": "(uri: str, origins: daf_core.storage.origins.Origins = "
    "Origins(roots=None)) -> daf_core.recordings.audio.Recording",
    "read_manifest": "(folder: str) -> pyarrow.lib.Table",
    "read_quarantine": "(folder: str) -> pyarrow.lib.Table",
    "read_scores": "(folder: str, manifest: str | None = None) -> pyarrow.lib.Table",
    "score": "(head: daf_core.stages.trained_head.TrainedHead, rows: ~TableT, *, device: str = "
    "'cpu', offline: bool = False, precision: Optional[Literal['float32', 'bfloat16']] = None, "
    "folder: str | None = None, allow_roots: collections.abc.Sequence[str] | None = None) -> "
    "daf_core.api.scorer.Scored[~TableT]",
}
ERRORS = {"BadInput", "NotDone", "SettingsError"}


def test_the_public_names_change_on_purpose_only():
    assert {*daf_core.__all__} == {*SIGNATURES, *ERRORS, "TrainedHead", "__version__"}
    found = {name: str(inspect.signature(getattr(daf_core, name))) for name in SIGNATURES}
    assert found == SIGNATURES
    assert {*daf_core.__all__} <= {*dir(daf_core)}
    scorer = inspect.signature(daf_core.Scorer.score)
    assert str(scorer) == (
        "(self, rows: ~TableT, *, folder: str | None = None, allow_roots: "
        "collections.abc.Sequence[str] | None = None) -> daf_core.api.scorer.Scored[~TableT]"
    )


def test_a_name_that_is_not_there_is_told():
    with pytest.raises(AttributeError, match="module 'daf_core' has no attribute 'scores'"):
        daf_core.scores  # noqa: B018


def test_importing_the_packages_loads_nothing_heavy():
    heavy = ["numpy", "pyarrow", "pandas", "torch", "ray", "matplotlib", "fsspec"]
    program = f"import sys, daf_core, jobs; print([n for n in {heavy} if n in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout == "[]\n", ended.stderr


@pytest.fixture(scope="session")
def head(tmp_path_factory: pytest.TempPathFactory) -> trained_head.TrainedHead:
    """An untrained head for tiny encoders."""
    return daf_core.open_head(str(make_head(tmp_path_factory.mktemp("head"))))


def make_head(folder: Path) -> Path:
    torch.manual_seed(0)
    streams = {"text": (3, 32), "audio": (3, 64)}
    trained_head.save(
        str(folder),
        build("daf", streams, 8),
        kind="daf",
        width=8,
        shapes=streams,
        encoders={
            "text": resolve(str(text_folder(folder / "bert", "bert"))),
            "audio": resolve(str(whisper_folder(folder / "whisper"))),
        },
        calibrations={},
        facts={},
    )
    return folder


@pytest.fixture(scope="session")
def scorer(head):
    return daf_core.Scorer(head, offline=True)


@pytest.fixture
def calls(tmp_path):
    """Rows of which every second cannot be scored, and a recording of 2 s."""
    soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).normal(size=16_000), 8_000)
    return pd.DataFrame(
        [
            {"text": "a b", "audio_path": "a.wav", "start_s": 0.0, "end_s": 1.0},
            {"audio_path": "gone.wav"},
            {"text": "c d"},
            {"text": "e", "start_s": "soon", "end_s": 2},
            {"audio_path": "a.wav", "start_s": 1.0, "end_s": 2.0},
            {"audio_path": "a.wav", "start_s": 7.0, "end_s": 8.0},
            {"text": "c d "},
            {"text": None},
            {"text": "f", "utterance_id": "u1"},
            {"text": "g", "utterance_id": "u1"},
            {"text": "h \ud800"},
        ],
        index=[f"row {letter}" for letter in "abcdefghijk"],
        dtype=object,
    )


REASONS = {
    "row b": "missing_audio",
    "row f": "outside_recording",
    "row h": "empty_row",
    "row j": "duplicate_id",
    "row k": "bad_encoding",
}


def test_scores_and_quarantine_have_the_index_of_their_rows(scorer, calls, tmp_path):
    scored = scorer.score(calls, folder=str(tmp_path))
    assert dict(scored.quarantine["reason"]) == REASONS
    assert [*scored.scores.index] == [f"row {letter}" for letter in "acdegi"]
    assert [*scored.scores.loc["row d", "flags"]] == ["bad_time", "no_audio"]
    assert scored.quarantine.loc["row j", "message"].startswith("rows:row 9: expected")
    assert [*scored.scores.loc["row e", "flags"]] == ["no_text"]
    names = scored.scores.loc[["row a", "row e", "row i"], "recording_id"]
    assert [*names] == ["a", "a", "u1"]
    joined = calls.join(scored.scores[["sentiment"]])
    assert joined["sentiment"].notna().sum() == len(calls) - len(REASONS)


def test_a_row_that_repeats_another_has_its_scores(scorer, calls, tmp_path):
    scores = scorer.score(calls, folder=str(tmp_path)).scores
    first, again = (scores.loc[name].drop("flags") for name in ("row c", "row g"))
    pd.testing.assert_series_equal(first, again, check_names=False)


def test_messages_name_each_row_itself_however_many_are_alike(scorer):
    texts = ["x", "", "", "y", None]
    for rows in (pd.DataFrame({"text": texts}), pa.table({"text": texts})):
        told = [*map(str, scorer.score(rows).quarantine["message"])]
        places = [message.partition(": ")[0] for message in told]
        assert places == ["rows:row 1", "rows:row 2", "rows:row 4"]


def test_an_arrow_table_gives_arrow_tables_with_the_numbers_of_rows(scorer, calls, tmp_path):
    calls = calls.drop(index=["row d", "row k"])  # Arrow holds no such cells
    frame = scorer.score(calls, folder=str(tmp_path))
    arrow = scorer.score(pa.Table.from_pandas(calls), folder=str(tmp_path))
    assert arrow.scores["row"].to_pylist() == [0, 2, 3, 5, 7]
    assert arrow.quarantine["row"].to_pylist() == [1, 4, 6, 8]
    assert arrow.scores["sentiment"].to_pylist() == frame.scores["sentiment"].tolist()
    assert arrow.quarantine["reason"].to_pylist() == frame.quarantine["reason"].tolist()


def test_no_rows_give_no_scores(scorer):
    scored = scorer.score(pd.DataFrame({"text": []}))
    assert len(scored.scores) == len(scored.quarantine) == 0
    assert "sentiment" in scored.scores


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "a"}], "rows: expected a pandas DataFrame or a pyarrow Table, got list"),
        (pd.DataFrame({"words": ["a"]}), "expected a column text, audio_path or audio_uri"),
    ],
)
def test_what_is_no_table_of_utterances_is_refused(scorer, rows, message):
    with pytest.raises(SettingsError, match=message):
        scorer.score(rows)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "gpu"}, "`device` gpu: expected cpu, or cuda"),
        ({"device": "cuda:99"}, "`device` cuda:99: expected cpu, or cuda"),
        ({"precision": "int4"}, "`precision` int4: expected one of float32, bfloat16"),
    ],
)
def test_a_device_or_precision_that_is_none_is_refused(head, settings, message):
    with pytest.raises(SettingsError, match=message):
        daf_core.Scorer(head, **settings)


def test_folders_without_a_finished_run_are_refused(tmp_path):
    for read in (daf_core.read_scores, daf_core.read_manifest, daf_core.read_quarantine):
        with pytest.raises(SettingsError, match=r"expected the \w+ of a daf run, found no"):
            read(str(tmp_path))


def scores_of(times: list[float | None], weights: list[float | None]) -> pa.Table:
    count = len(times)
    return pa.table(
        {
            "recording_id": ["call"] * count,
            "start_s": pa.array(times, pa.float64()),
            "end_s": pa.array([None if t is None else t + 2 for t in times], pa.float64()),
            "sentiment": np.linspace(-3, 3, count).astype(np.float32),
            "audio_weight": pa.array(weights, pa.float32()),
            "flags": pa.array([[]] * count, pa.list_(pa.string())),
        }
    )


def test_a_recording_is_drawn_with_a_mark_for_each_utterance_and_a_ribbon():
    figure = daf_core.draw_recording(scores_of([60.0, 62.5, 70.0], [0.25, None, 1.0]), "call")
    sentiment, ribbon = figure.axes
    marks = [tuple(path.vertices[:, 0]) for c in sentiment.collections for path in c.get_paths()]
    assert sorted(marks) == [(60, 62), (62.5, 64.5), (70, 72)]
    heights = np.array([bar.get_height() for bar in ribbon.patches])
    np.testing.assert_array_equal(heights, [0.25, np.nan, 1])
    assert "1:05" in [label.get_text() for label in ribbon.get_xticklabels()]


def test_utterances_without_times_are_drawn_in_order_and_no_weights_as_no_ribbon():
    figure = daf_core.draw_recording(scores_of([None, None], [None, None]).to_pandas(), "call")
    (sentiment,) = figure.axes
    assert sentiment.get_xlabel() == "utterance"
    (sentiment,) = daf_core.draw_recording(scores_of([0.0, None], [None, None]), "call").axes
    assert sentiment.get_xlabel() == "time, 0:00 to 0:02"
    with pytest.raises(SettingsError, match=r"recording_id other: expected .* which hold call$"):
        daf_core.draw_recording(scores_of([0.0], [1.0]), "other")
