"""daf models: the known encoders, where their weights are, and whether the files are whole."""

import os
import shutil
from pathlib import Path

import huggingface_hub.constants
import pytest

from daf_core.default_heads import default_heads, read_card
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.errors import NotDone, SettingsError
from daf_core.weights.files import file_sum
from daf_core.weights.known import DESCRIPTORS, KNOWN_ENCODERS
from daf_core.weights.packages import packaged
from daf_core.weights.specs import EncoderSpec, resolve
from jobs.settings import ModelsSettings
from jobs.verbs.models import run
from tests.core.encoders.encoder_folders import text_folder

ROBERTA = "FacebookAI/roberta-base"
COMMIT = "0" * 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache, laid out as huggingface_hub does, that holds one encoder."""
    folder = tmp_path / "hub" / "models--FacebookAI--roberta-base"
    snapshot = folder / "snapshots" / COMMIT
    text_folder(snapshot, "roberta")
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    weights = snapshot / "model.safetensors"
    blob = folder / "blobs" / file_sum(weights)
    blob.parent.mkdir()
    shutil.move(weights, blob)
    os.symlink(blob, weights)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return blob


def test_the_list_says_where_each_encoder_is(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = run(ModelsSettings(check=True))
    said = capsys.readouterr().out
    lines = {line.split()[0]: line for line in said.splitlines() if line}
    assert set(KNOWN_ENCODERS) < set(lines)
    assert "built in" in lines[DESCRIPTORS]
    assert "hub cache" in lines[ROBERTA]
    assert cache.name[:13] in lines[ROBERTA]
    assert summary.startswith(f"{len(KNOWN_ENCODERS)} encoders known")
    for head in default_heads():
        card = read_card(head)
        assert f"head {head}: a " in said
        for fact in (*card.languages, card.licence, *card.results):
            assert fact in said


def test_the_list_says_what_each_head_learned_from_and_what_follows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(ModelsSettings())
    said = capsys.readouterr().out
    lines = [line.split("  ") for line in said.splitlines()]
    told = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    for head in default_heads():
        card = read_card(head)
        assert [one.name for one in card.corpora if one.non_commercial] == ["RAVDESS", "nEMO"]
        text = " ".join(Path(card.path).read_text().partition("## Data and licence")[2].split())
        for one in card.corpora:
            assert [one.name, one.what, one.licence] in told
            assert one.name in text
        assert text.count("CC BY-NC-SA 4.0") == 2
    assert said.count("licences of RAVDESS and nEMO forbid commercial use") == 2
    assert said.count("daf gives no legal") == 1


def test_damaged_weights_are_told(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache.write_bytes(cache.read_bytes()[:-1] + b"?")
    with pytest.raises(NotDone, match=f"damaged weights: {ROBERTA}"):
        run(ModelsSettings(check=True))
    assert "hub cache, damaged" in capsys.readouterr().out


def test_an_encoder_in_the_hub_cache_loads_offline_at_its_commit(cache: Path) -> None:
    spec = resolve(ROBERTA, offline=True)
    assert spec == EncoderSpec(ROBERTA, COMMIT, cache.name)
    assert load_text_encoder(spec, offline=True).encode(["a b"])[0].shape == (1, 3, 32)
    with pytest.raises(SettingsError, match="not on this machine, and `offline` is set"):
        resolve(f"{ROBERTA}@{'1' * 40}", offline=True)


@pytest.mark.parametrize("name", KNOWN_ENCODERS)
def test_sizes_are_those_of_the_encoders(name: str) -> None:
    known = KNOWN_ENCODERS[name]
    if name != DESCRIPTORS and not packaged(name):
        pytest.skip(f"no package with {name} is installed")
    load = load_text_encoder if known.modality == "text" else load_speech_encoder
    encoder = load(resolve(name, offline=True), offline=True)
    assert (encoder.layers, encoder.width) == (known.layers, known.width)
