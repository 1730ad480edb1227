"""Frames: spans of equal length, the same in any batch, read by heads that ask for them alone."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.arrays import RATE_HZ
from daf_core.embeddings.arrays import column_values
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.encoders.pooling import FrameSpec, masked_mean, merge_spans, span_means
from daf_core.encoders.speech import SpeechEncoder
from daf_core.encoders.text import TextEncoder
from daf_core.errors import SettingsError
from daf_core.heads import HEADS, build, columns_read
from daf_core.heads.sequences import FrameStandardizer
from daf_core.stages.decoded import DECODED
from daf_core.stages.embed import Embed
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.training.loop import predict
from daf_core.training.rows import Rows, standardise, standardised
from daf_core.weights.specs import resolve
from jobs.settings import EmbedSettings
from jobs.verbs.embed import resolve_encoders
from tests.core.encoders.encoder_folders import text_folder, wave_folder, whisper_folder

STEPS = 4
READERS = ("pool", "drw", "mult", "mods")


@settings(max_examples=40)
@given(
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=5),
    most=st.integers(1, 12),
    padding=st.integers(0, 5),
)
def test_spans_are_equal_and_lose_nothing(lengths: list[int], most: int, padding: int) -> None:
    longest = max(lengths) + padding
    generator = torch.Generator().manual_seed(longest)
    hidden = torch.rand(len(lengths), longest, 3, generator=generator) + 1
    spans = span_means(hidden, torch.tensor(lengths), most)
    assert spans.shape == (len(lengths), most, 3)
    for row, length in enumerate(lengths):
        used = min(length, most)
        assert (spans[row, used:] == 0).all()
        bounds = [-(-span * length // used) for span in range(used)] + [length]
        for span, (start, end) in enumerate(pairwise(bounds)):
            assert end - start in (length // used, -(-length // used))
            torch.testing.assert_close(spans[row, span], hidden[row, start:end].mean(0))


@settings(max_examples=20)
@given(lengths=st.lists(st.integers(1, 50), min_size=1, max_size=4), most=st.integers(1, 8))
def test_windows_of_equal_length_merge_to_spans_of_the_whole(lengths: list[int], most: int) -> None:
    """The mean over an utterance's spans is that over its steps, where they divide it evenly."""
    steps = most * max(lengths)
    generator = torch.Generator().manual_seed(steps)
    windows = torch.rand(3, steps, 2, generator=generator)
    counts = np.full(3, steps)
    spans = span_means(windows, torch.from_numpy(counts), most).numpy()
    one, two = merge_spans(spans, counts, np.array([0, 1]))
    np.testing.assert_array_equal(one, spans[0])
    whole = torch.cat([windows[1], windows[2]])[None]
    expected = span_means(whole, torch.tensor([2 * steps]), most)[0]
    np.testing.assert_allclose(two, expected, atol=1e-5)
    np.testing.assert_allclose(two.mean(axis=0), whole[0].mean(dim=0), atol=1e-5)


def test_the_layer_is_two_thirds_up() -> None:
    assert [FrameSpec.from_blocks(blocks, 8).layer for blocks in (1, 2, 4, 6, 12, 24)] == [
        1,
        1,
        3,
        4,
        8,
        16,
    ]


def loaded(folder: Path, kind: str, **how: int) -> TextEncoder | SpeechEncoder:
    if kind == "text":
        return load_text_encoder(resolve(str(text_folder(folder, "bert"))), **how)
    make = whisper_folder if kind == "whisper" else lambda f: wave_folder(f, "wav2vec2 layer")
    encoder = load_speech_encoder(resolve(str(make(folder))), **how)
    assert isinstance(encoder, SpeechEncoder)
    return encoder


@pytest.mark.parametrize("kind", ["text", "whisper", "wave"])
def test_frames_of_an_utterance_are_its_own_and_cost_the_pooled_nothing(
    tmp_path: Path, kind: str
) -> None:
    encoder, plain = loaded(tmp_path, kind, steps=STEPS), loaded(tmp_path, kind)
    random = np.random.default_rng(0)
    waves = [0.1 * random.standard_normal(n).astype(np.float32) for n in (9_000, 300, 31 * RATE_HZ)]
    items = ["a b c d e f", "a", "?"] if kind == "text" else waves
    together, frames = encoder.encode(items)  # type: ignore[arg-type]
    np.testing.assert_array_equal(together, plain.encode(items)[0])  # type: ignore[arg-type]
    alone = np.concatenate([encoder.encode([item])[1] for item in items])  # type: ignore[list-item]
    np.testing.assert_allclose(frames, alone, atol=1e-5)
    assert (frames[0] != 0).any(axis=1).all()
    # A word is three tokens with those around it; 300 samples are one step of speech.
    assert (frames[1] != 0).any(axis=1).sum() == (3 if kind == "text" else 1)
    cut = loaded(tmp_path, kind, layers=1, steps=STEPS)
    np.testing.assert_allclose(cut.encode(items)[1], frames, atol=1e-6)  # type: ignore[arg-type]
    layer = together[:, encoder.frames.layer, : encoder.frame_width]
    np.testing.assert_allclose(frames[0].mean(axis=0), layer[0], atol=0.2)
    np.testing.assert_allclose(
        frames[1].sum(axis=0) / (frames[1] != 0).any(1).sum(), layer[1], atol=1e-5
    )


def decoded(texts: list[str | None], waves: list[np.ndarray | None]) -> pa.Table:
    """A decoded part."""
    samples = [None if wave is None else (wave * 3e4).astype("<i2").tobytes() for wave in waves]
    names = [f"u{row}" for row in range(len(texts))]
    columns = {
        "utterance_id": names,
        "recording_id": names,
        "text": texts,
        "samples": samples,
        "flags": [[] for _ in texts],
    }
    filled = [
        pa.array(columns[field.name], field.type)
        if field.name in columns
        else pa.nulls(len(texts), field.type)
        for field in DECODED
    ]
    return pa.table(filled, schema=DECODED)


def test_embeddings_with_frames_and_a_head_that_reads_them_alone(tmp_path: Path) -> None:
    """What is scored is the same from the columns that the head reads and from all there are."""
    asked = EmbedSettings(
        manifest="m",
        out="o",
        text_encoder=str(text_folder(tmp_path / "text", "bert")),
        audio_encoder=[str(whisper_folder(tmp_path / "audio"))],
        frames=STEPS,
    )
    specs, steps = resolve_encoders(asked), {"text_frames": STEPS, "audio_frames": STEPS}
    every = Embed(specs, layers=steps)
    shapes = {"text": (3, 32), "audio": (3, 64), "text_frames": (4, 32), "audio_frames": (4, 32)}
    assert every.shapes == shapes
    wave = 0.1 * np.random.default_rng(0).standard_normal(20_000)
    part = decoded(["a b c", None, "d"], [wave, wave[:9000], None])
    embedded, _ = every(part)
    assert embedded["audio_frames"].is_valid().to_pylist() == [True, True, False]
    streams = columns_read("pool", every.shapes)
    assert list(streams) == ["text_frames", "audio_frames"]
    torch.manual_seed(0)
    weights = safetensors.torch.save(build("pool", streams, 8).state_dict())
    encoders = {name: specs[name] for name in streams}
    record = HeadRecord(
        kind="pool", width=8, shapes=streams, encoders=encoders, sha256="", calibrations={}
    )
    head = TrainedHead(record, weights)
    alone = Embed(head.encoders, layers=head.layers)
    assert alone.shapes == streams
    network = alone.encoders["text"].network
    assert len(network._blocks) == 1  # the layer above is not even read
    read, _ = alone(part)
    assert read.select([*streams]).equals(embedded.select([*streams]))
    assert score(head, read)[0].equals(score(head, embedded)[0])
    values, present = column_values(embedded, streams)
    assert values["text_frames"].shape == (3, STEPS, 32)
    assert present.tolist() == [[True, True], [False, True], [True, False]]


def test_descriptors_have_no_frames() -> None:
    asked = EmbedSettings(manifest="m", out="o", audio_encoder=["descriptors"], frames=8)
    with pytest.raises(SettingsError, match="`frames` 8: expected a first `audio_encoder` with"):
        resolve_encoders(asked)


@pytest.mark.parametrize("kind", list(HEADS))
def test_a_head_reads_frames_or_what_is_pooled(kind: str) -> None:
    pooled = {"text": (2, 4), "audio": (1, 3)}
    frames = {"text_frames": (5, 4), "audio_frames": (5, 3)}
    if kind in READERS:
        assert columns_read(kind, pooled | frames) == frames
        with pytest.raises(SettingsError, match="expected embeddings with frames"):
            build(kind, pooled, 8)
    else:
        own = {kind: pooled[kind]} if kind in pooled else pooled
        assert columns_read(kind, pooled | frames) == own


def test_frames_are_standardised_over_the_steps_there_are() -> None:
    column = FrameStandardizer(2)
    head = torch.nn.ModuleDict({"text_frames": column})
    values = torch.tensor([[[1.0, 5.0], [3.0, 5.0]], [[5.0, 5.0], [0.0, 0.0]]]).half()
    rows = Rows({"text_frames": values}, torch.tensor([[True, False]] * 2), torch.zeros(2))
    standardise(head, rows)
    torch.testing.assert_close(column.mean, torch.tensor([[3.0, 5.0]]))
    found = standardised(head, rows).values["text_frames"].float()
    far = 1.5**0.5  # 1, 3 and 5 are 2 apart and deviate by √(8/3)
    expected = torch.tensor([[[-far, 0.0], [0.0, 0.0]], [[far, 0.0], [0.0, 0.0]]])
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


@settings(max_examples=20)
@given(kind=st.sampled_from(READERS), rows=st.integers(1, 4), seed=st.integers(0, 99))
def test_steps_beyond_the_end_change_nothing(kind: str, rows: int, seed: int) -> None:
    """A head that was built for longer utterances says the same of shorter ones."""
    generator = torch.Generator().manual_seed(seed)
    streams = {"text_frames": (3, 4), "audio_frames": (3, 3)}
    longer = {name: (6, features) for name, (_, features) in streams.items()}
    values = {
        name: torch.randn(rows, *shape, generator=generator) for name, shape in streams.items()
    }
    padded = {name: torch.nn.functional.pad(value, (0, 0, 0, 3)) for name, value in values.items()}
    head, other = build(kind, streams, 8), build(kind, longer, 8)
    other.load_state_dict(head.state_dict())
    present = torch.ones(rows, 2, dtype=torch.bool)
    one = predict(head, Rows(values, present, torch.zeros(rows)))
    two = predict(other, Rows(padded, present, torch.zeros(rows)))
    torch.testing.assert_close(one.logits, two.logits, atol=1e-5, rtol=1e-4)


def test_masked_mean_is_one_span() -> None:
    hidden = torch.rand(3, 7, 2)
    lengths = torch.tensor([7, 1, 4])
    torch.testing.assert_close(span_means(hidden, lengths, 1)[:, 0], masked_mean(hidden, lengths))
