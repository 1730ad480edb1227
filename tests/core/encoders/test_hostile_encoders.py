"""An encoder's folder is input: damaged or absurd files are one line, before memory is taken."""

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from daf_core.encoders.loading import load_text_encoder
from daf_core.errors import SettingsError
from daf_core.weights.files import INDEX
from daf_core.weights.specs import resolve
from tests.core.encoders.encoder_folders import change_config, text_folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return text_folder(tmp_path_factory.mktemp("bert"), "bert")


def config(**changes: object) -> Callable[[Path], None]:
    return lambda folder: change_config(folder, **changes)


def write(name: str, data: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(data) and None


def index(*names: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        weights = {f"tensor {number}": name for number, name in enumerate(names)}
        (folder / INDEX).write_text(json.dumps({"weight_map": weights}))

    return make


def index_that_is_a_list(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / INDEX).write_text("[1]")


def sparse(folder: Path) -> None:
    with open(folder / "model.safetensors", "r+b") as file:
        file.truncate(2**40)


def link(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        shutil.move(folder / name, folder.parent / name)
        (folder / name).symlink_to(folder.parent / name)

    return make


def pipe(folder: Path) -> None:
    (folder / "tokenizer.json").unlink(missing_ok=True)
    os.mkfifo(folder / "tokenizer.json")


def without_special_tokens(folder: Path) -> None:
    """The template of texts names tokens that are not known; only reading a text finds that."""
    path = folder / "tokenizer.json"
    settings = json.loads(path.read_text())
    assert settings["post_processor"]["special_tokens"]
    settings["post_processor"]["special_tokens"] = {}
    path.write_text(json.dumps(settings))


def not_finite(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    name = next(one for one in weights if "attention" in one)
    weights[name] = torch.full_like(weights[name], torch.nan)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def other_shape(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    name = next(one for one in weights if "word_embeddings" in one)
    weights[name] = torch.zeros(7, 7)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


HOSTILE: dict[str, Callable[[Path], None]] = {
    "a million wide": config(hidden_size=10**6),
    "100,000 layers": config(num_hidden_layers=10**5),
    "a billion words": config(vocab_size=10**9),
    "a billion words, as 1e9": config(vocab_size=1e9),
    "a billion positions": config(max_position_embeddings=10**9),
    "a wide inner layer": config(intermediate_size=10**9),
    "1,000 wide layers": config(num_hidden_layers=1000, hidden_size=8192, intermediate_size=8192),
    "a billion heads": config(num_attention_heads=10**9),
    "an integer beyond 64 bits": config(type_vocab_size=10**30),
    "a width of text": config(hidden_size="wide"),
    "a width of two lines": config(hidden_size="a\nb"),
    "a padding word of two lines": config(pad_token_id="a\nb"),
    "positions that are a list": config(max_position_embeddings=[512]),
    "a negative width": config(hidden_size=-4),
    "no width": config(hidden_size=0),
    "another width": config(hidden_size=48),
    "a model type that nobody knows": config(model_type="nobody's"),
    "a model type that is a list": config(model_type=["bert"]),
    "code of its own": config(auto_map={"AutoModel": "evil.Model"}, model_type="evil"),
    "an empty config": write("config.json", b""),
    "a config that is a list": write("config.json", b"[]"),
    "a config nested deeply": write("config.json", b'{"a":' * 50_000),
    "a config of 5 MiB": write("config.json", b" " * (5 << 20)),
    "a name twice": write("config.json", b'{"model_type": "bert", "model_type": "roberta"}'),
    "a damaged tokenizer": write("tokenizer.json", b'{"version": "1.0", "model": {"type": 3}}'),
    "a longest text of words": write("tokenizer_config.json", b'{"model_max_length": "long"}'),
    "a tokenizer that is a pipe": pipe,
    "a tokenizer without its special tokens": without_special_tokens,
    "weights without bytes": write("model.safetensors", b""),
    "a header of 2^60 bytes": write("model.safetensors", struct.pack("<Q", 2**60) + b"{}"),
    "a sparse file of a TiB": sparse,
    "an index of another folder": index("../../secret.safetensors"),
    "an index of another root": index("/etc/passwd"),
    "an index of nothing": index(),
    "an index of what is not there": index("model-00001-of-00001.safetensors"),
    "an index that is a list": index_that_is_a_list,
    "weights elsewhere": link("model.safetensors"),
    "a config elsewhere": link("config.json"),
    "weights that are not finite": not_finite,
    "weights of another shape": other_shape,
}


@pytest.mark.parametrize("damage", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.timeout(60)
def test_a_hostile_folder_is_refused_in_one_line(
    bert: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(bert, folder)
    damage(folder)
    with pytest.raises(SettingsError) as caught:
        load_text_encoder(resolve(str(folder)))
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def test_a_folder_as_the_hub_caches_it_is_read(bert: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "models--a--b" / "snapshots" / ("0" * 40)
    blobs = tmp_path / "models--a--b" / "blobs"
    for folder in (snapshot, blobs):
        folder.mkdir(parents=True)
    for file in bert.iterdir():
        shutil.copy(file, blobs / file.name)
        (snapshot / file.name).symlink_to(f"../../blobs/{file.name}")
    assert load_text_encoder(resolve(str(snapshot))).width == 32
