"""Features in NumPy's .npz: columns with one or several layers, found by id; hostile files."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daf_core.errors import SettingsError
from daf_core.precomputed import from_npz
from daf_core.precomputed.open import open_features
from daf_core.schemas import MANIFEST

IDS = np.array(["a", "b", "c", "ü"])
TEXT = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
AUDIO = np.array([[1.0, 2.0], [0.0, 0.0], [np.nan, 1.0], [1e9, 4.0]])


def saved(folder: Path, **arrays: np.ndarray) -> str:
    np.savez_compressed(folder / "features.npz", **arrays)
    return str(folder / "features.npz")


def test_each_array_is_a_column(tmp_path: Path) -> None:
    found = open_features(saved(tmp_path, ids=IDS, text=TEXT, audio=AUDIO, audio_2=AUDIO))
    assert found.shapes == {"text": (2, 3), "audio": (1, 2), "audio_2": (1, 2)}
    assert found.repaired == 0
    values, present = found.columns["text"].select(["ü", "nobody", "a"])
    assert present.tolist() == [True, False, True]
    rows = TEXT.reshape(4, 6)
    expected = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    np.testing.assert_allclose(values[[0, 2]], expected[[3, 0]], rtol=1e-3)
    values, present = found.columns["audio"].select(["a", "b", "c", "ü"])
    assert present.tolist() == [True, False, False, True]  # zeros and NaN are no features
    assert values.tolist() == [[-1.0, -1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]
    rows = [{"utterance_id": one, "recording_id": "r", "flags": []} for one in ("b", "ü", "z")]
    embedded, missing = found.embed(pa.Table.from_pylist(rows, schema=MANIFEST))
    assert embedded["utterance_id"].to_pylist() == ["b", "ü"]
    assert embedded["flags"].to_pylist() == [["no_audio", "no_audio_2"], []]
    assert missing["reason"].to_pylist() == ["missing_features"]


def test_ids_may_be_bytes(tmp_path: Path) -> None:
    found = open_features(saved(tmp_path, ids=np.char.encode(IDS, "utf-8"), text=TEXT))
    assert [*found.columns["text"].places] == ["a", "b", "c", "ü"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"text": TEXT}, "expected `ids` as texts"),
        ({"ids": np.arange(4), "text": TEXT}, "expected `ids` as texts"),
        ({"ids": IDS}, "expected arrays such as text or audio"),
        ({"ids": IDS, "text": TEXT[:3]}, r"expected text as numbers \(4, features\)"),
        ({"ids": IDS, "text": TEXT[:, 0, 0]}, r"expected text as numbers \(4, features\)"),
        ({"ids": IDS, "text": TEXT[:, :0]}, r"expected text as numbers \(4, features\)"),
        ({"ids": IDS, "text": IDS[:, None]}, r"expected text as numbers \(4, features\)"),
        ({"ids": IDS, "text": TEXT + 1j}, r"expected text as numbers \(4, features\)"),
        ({"ids": IDS, "video": TEXT}, "video"),
        ({"ids": IDS, "x" * 60_000: TEXT}, r"^.{0,400}column 'x{79}: expected a name such as text"),
        ({"ids": IDS, "audio_" + "9" * 5000: TEXT}, "expected a name such as text"),
        ({"ids": IDS[:0], "text": TEXT[:0]}, "expected a row for each utterance, found none"),
        ({"ids": IDS, "text_frames": TEXT}, "expected a column such as text"),
        (
            {"ids": IDS, "text": np.array([[{}], [1], [2], [3]], object)},
            r"expected text as an array of numbers, found Python objects, which are not read; "
            r"save it as np.array\(list\(text\), np.float32\)$",
        ),
        (
            {"text": TEXT, "ids": IDS.astype(object)},
            r"expected ids as an array of texts, found Python objects, which are not read; save "
            r"it as np.array\(list\(ids\), str\)$",
        ),
        (
            {"ids": np.array(["a", "b", "a", "b"]), "text": TEXT},
            "features.npz: expected each utterance id once, found 2 with several rows, the first "
            "of them 'a' with 2; keep one row of each",
        ),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, arrays: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        open_features(saved(tmp_path, **arrays))


def with_header(shape: tuple[int, ...], data: bytes) -> bytes:
    """A .npy that claims a shape."""
    out = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, header)
    return out.getvalue() + data


def test_files_that_claim_more_than_they_hold_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    for shape, data in (
        ((4, 10**12), bytes(32)),  # 32 TB of numbers
        ((4, 1 << 40, 1 << 40), bytes(32)),  # more than 64 bits
        ((4, -1), bytes(32)),
        ((4, 300 << 20), None),  # 10 GB of zeros, of which only a claim is written
        ((4, 2), bytes(8)),
        ((2, -2, -1), bytes(32)),
    ):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as members:
            out = io.BytesIO()
            np.save(out, IDS)
            members.writestr("ids.npy", out.getvalue())
            members.writestr("text.npy", with_header(shape, data or bytes(1 << 20)))
        with pytest.raises(SettingsError, match="found it unreadable"):
            open_features(str(path))
    for content in (b"", b"PK\x03\x04 no archive", path.read_bytes()[:-30]):
        path.write_bytes(content)
        with pytest.raises(SettingsError, match="found it unreadable"):
            open_features(str(path))


def as_npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize(
    ("second", "values"), [("text.npy", TEXT), ("text", TEXT), ("ids", IDS), ("ids.npy", IDS)]
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name_are_refused(
    second: str, values: np.ndarray, tmp_path: Path
) -> None:
    """Which of them was meant cannot be known, and ids decide whose features they are."""
    path = Path(saved(tmp_path, ids=IDS, text=TEXT))
    with zipfile.ZipFile(path, "a") as members:
        members.writestr(second, as_npy(values[::-1]))
    with pytest.raises(SettingsError, match=r"the array (text|ids) stands twice in it"):
        open_features(str(path))


@pytest.mark.parametrize("kind", ["<U0", "|S0"])
def test_rows_that_take_no_bytes_are_refused_before_they_are_made(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "features.npz"
    with zipfile.ZipFile(path, "w") as members:
        for name, descr, shape in (("ids", kind, (10**9,)), ("text", "<f4", (10**9, 0))):
            out = io.BytesIO()
            header = {"descr": descr, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(out, header)
            members.writestr(f"{name}.npy", out.getvalue())
    with pytest.raises(SettingsError, match=r"ids: 1000000000 rows in 4.. bytes"):
        open_features(str(path))


@pytest.mark.parametrize("name", ["gone.npz", "gone.pkl", "gone", "gone.csv"])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: expected .*, found nothing there"):
        open_features(str(tmp_path / name))


def test_ids_in_another_encoding_are_refused(tmp_path: Path) -> None:
    latin = np.array([one.encode("latin-1") for one in IDS.tolist()])
    with pytest.raises(SettingsError, match="found it unreadable"):
        open_features(saved(tmp_path, ids=latin, text=TEXT))


def test_locked_members_are_refused(tmp_path: Path) -> None:
    path = Path(saved(tmp_path, ids=IDS, text=TEXT))
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.index(mark) + flags] |= 1  # "encrypted"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="found it unreadable"):
        open_features(str(path))


def test_damage_anywhere_is_one_line_or_other_features(tmp_path: Path) -> None:
    path = Path(saved(tmp_path, ids=IDS, text=TEXT, audio=AUDIO))
    whole, rng, said = path.read_bytes(), np.random.default_rng(0), []
    for _ in range(200):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(damaged), 3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            open_features(str(path))
        except SettingsError as err:
            said.append(str(err))
    assert len(said) > 100
    assert all(one.startswith(f"{path}: ") for one in said)


def test_many_arrays_may_not_unfold_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them is small enough alone."""
    monkeypatch.setattr(from_npz, "UNPACKED_BYTES", 10_000)
    monkeypatch.setattr(from_npz, "TIMES_STORED", 1)
    ones = np.ones((4, 250))  # 8,000 bytes
    assert open_features(saved(tmp_path, ids=IDS, text=ones)).shapes == {"text": (1, 250)}
    with pytest.raises(SettingsError, match="found it unreadable"):
        open_features(saved(tmp_path, ids=IDS, text=ones, audio=ones))
