"""A text's embedding is its own: no batch, no padding, no order changes it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from daf_core.encoders.auto_models import AutoText, AutoTokens
from daf_core.encoders.bert import WordPieces
from daf_core.encoders.loading import load_text_encoder
from daf_core.encoders.text import TextEncoder
from daf_core.errors import NotDone
from daf_core.weights.known import TEXT_ENCODER
from daf_core.weights.packages import packaged
from daf_core.weights.specs import resolve
from tests.core.encoders.encoder_folders import TEXT, text_folder

SENTENCE_ENCODERS = [
    "sentence-transformers/all-MiniLM-L6-v2",
    "sentence-transformers/all-mpnet-base-v2",
]
SENTENCES = st.lists(st.sampled_from("abcdefgh?"), max_size=12).map(" ".join)


@pytest.fixture(scope="module", params=TEXT)
def encoder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> TextEncoder:
    folder = text_folder(tmp_path_factory.mktemp("text"), request.param)
    return load_text_encoder(resolve(str(folder)))


def pooled(encoder: TextEncoder, texts: list[str]) -> np.ndarray:
    return encoder.encode(texts)[0]


@settings(max_examples=15)
@given(
    texts=st.lists(SENTENCES, min_size=1, max_size=8), batch_tokens=st.sampled_from([1, 20, 999])
)
def test_a_batch_gives_what_each_text_gives_alone(
    encoder: TextEncoder, texts: list[str], batch_tokens: int
) -> None:
    encoder.batch_tokens = batch_tokens
    together = pooled(encoder, texts)
    alone = np.concatenate([pooled(encoder, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_layers_are_the_mean_over_tokens_of_what_transformers_gives(tmp_path: Path) -> None:
    folder = text_folder(tmp_path, "bert")
    model = AutoModel.from_pretrained(folder).eval()
    tokens = AutoTokenizer.from_pretrained(folder)("a b c", return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**tokens, output_hidden_states=True).hidden_states
    expected = np.stack([layer[0].mean(0).numpy() for layer in hidden])
    encoder = load_text_encoder(resolve(str(folder)))
    np.testing.assert_allclose(pooled(encoder, ["a b c"])[0], expected, atol=1e-6)


def test_the_end_of_a_long_text_is_cut_off_and_reported(encoder: TextEncoder) -> None:
    fits = "a " * (encoder.longest - 2)
    texts = [fits, fits + "b", fits + "c", ""]
    assert encoder.truncated(texts).tolist() == [False, True, True, False]
    rows = pooled(encoder, texts)
    np.testing.assert_allclose(rows[1], rows[2], atol=1e-6)


def test_shape_and_type(encoder: TextEncoder) -> None:
    rows, frames = encoder.encode(["a", "b c"])
    assert rows.shape == (2, encoder.layers, encoder.width) == (2, 3, 32)
    assert frames.shape == (2, 0, 32)
    assert rows.dtype == frames.dtype == np.float32
    assert pooled(encoder, []).shape == (0, 3, 32)
    assert encoder.truncated([]).shape == (0,)


@pytest.mark.parametrize("name", SENTENCE_ENCODERS)
def test_real_encoders_embed_like_sentence_transformers(name: str) -> None:
    """The last layer's mean is their sentence embedding before it is scaled to length one."""
    if not packaged(name):
        pytest.skip(f"no package with {name} is installed")
    encoder = load_text_encoder(resolve(name, offline=True), offline=True)
    texts = ["The agent was very kind.", "She helped me at once.", "The bill is wrong again!"]
    last = pooled(encoder, texts)[:, -1]
    last /= np.linalg.norm(last, axis=1, keepdims=True)
    kind, helped, bill = last
    assert kind @ helped > kind @ bill + 0.1
    long = "I am not happy. " * 100
    together = pooled(encoder, [*texts, long])
    alone = np.concatenate([pooled(encoder, [text]) for text in [*texts, long]])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_batch_that_memory_cannot_hold_is_halved(tmp_path: Path) -> None:
    encoder = load_text_encoder(resolve(str(text_folder(tmp_path, "bert"))))
    texts = ["a", "b c", "d e f", "g", "h a b c d", "e"]
    whole = pooled(encoder, texts)
    rows_held, hidden = 2, encoder.network.hidden

    def hold(tokens: torch.Tensor, valid: torch.Tensor) -> Iterator[torch.Tensor]:
        if len(tokens) > rows_held:
            raise torch.OutOfMemoryError("as CUDA does")
        return hidden(tokens, valid)

    encoder.network.hidden = hold  # type: ignore[method-assign]
    np.testing.assert_allclose(pooled(encoder, texts), whole, atol=1e-5)
    rows_held = 0
    with pytest.raises(NotDone, match="cannot hold a single utterance"):
        pooled(encoder, texts)


@pytest.mark.parametrize("family", TEXT)
@pytest.mark.parametrize("layers", [1, 2, 3, 9])
def test_first_layers_are_the_same_without_the_others(
    family: str, layers: int, tmp_path: Path
) -> None:
    spec, texts = resolve(str(text_folder(tmp_path, family))), ["a b c", "d"]
    cut = load_text_encoder(spec, layers=layers)
    assert cut.layers == min(layers, 3)
    np.testing.assert_allclose(
        pooled(cut, texts), pooled(load_text_encoder(spec), texts)[:, :layers], atol=1e-6
    )


def test_old_names_of_tensors_are_read(tmp_path: Path) -> None:
    """As in the weights of bert-base-uncased: a prefix, and gamma and beta of norms."""
    new, old = text_folder(tmp_path / "new", "bert"), text_folder(tmp_path / "old", "bert")
    weights = load_file(old / "model.safetensors")
    names = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    renamed = {}
    for name, value in weights.items():
        for today, before in names.items():
            name = name.replace(today, before)
        renamed[f"bert.{name}"] = value
    assert any(name.endswith("gamma") for name in renamed)
    save_file(renamed, old / "model.safetensors", {"format": "pt"})
    one, other = (load_text_encoder(resolve(str(folder))) for folder in (new, old))
    assert np.array_equal(pooled(one, ["a b c"]), pooled(other, ["a b c"]))


@pytest.mark.parametrize("change", ["case", "size"])
def test_a_bert_of_which_the_files_disagree_is_left_to_transformers(
    tmp_path: Path, change: str
) -> None:
    folder = text_folder(tmp_path, "bert")
    if change == "case":
        told = json.loads((folder / "tokenizer_config.json").read_text())
        lower = json.loads((folder / "tokenizer.json").read_text())["normalizer"]["lowercase"]
        changed = json.dumps({**told, "do_lower_case": not lower})
        (folder / "tokenizer_config.json").write_text(changed)
    else:
        config = json.loads((folder / "config.json").read_text())
        del config["type_vocab_size"]  # 2, if nothing is said
        (folder / "config.json").write_text(json.dumps(config))
    assert isinstance(load_text_encoder(resolve(str(folder))).network, AutoText)


@settings(max_examples=200)
@given(st.text(max_size=80) | SENTENCES)
def test_tokens_are_those_of_transformers(text: str) -> None:
    ours, theirs = tokenizers()
    for one in (text, f"{text} [SEP] [CLS]", text * 20):
        assert ours.tokens([one]) == theirs.tokens([one])
        assert ours.bare([one]) == theirs.bare([one])
        assert ours.count(one) == theirs.count(one)


@cache
def tokenizers() -> tuple[WordPieces, AutoTokens]:
    if not packaged(TEXT_ENCODER):
        pytest.skip(f"no package with {TEXT_ENCODER} is installed")
    (folder,) = packaged(TEXT_ENCODER)
    return WordPieces(folder, 512), AutoTokens(folder, 512)
