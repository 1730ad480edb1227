"""Heads of the package: found by name, but a folder of that name goes first."""

import json
from pathlib import Path

import pytest

from daf_core.default_heads import FOLDER, default_heads, head_folder, is_default, read_card
from daf_core.errors import SettingsError
from daf_core.stages import trained_head

LARGEST_BYTES = 5_000_000
CARD = """---
language: [en, de]
license: other
license_name: "research data: some of it non-commercial"
model-index:
- name: fast
  results:
  - task: {type: sentiment-analysis}
    dataset: {type: mosi, name: MOSI words}
    metrics:
    - {type: pearsonr, name: r, value: 0.66}
    - {type: accuracy, value: 0.76}
---
# A head
"""


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    """A folder of two heads, and of one that is not whole."""
    for name in ("accurate", "fast"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "head.json").write_text("{}")
        (tmp_path / name / "README.md").write_text(CARD, encoding="utf-8")
    (tmp_path / "half").mkdir()
    return tmp_path


def test_heads_are_named_the_default_first(heads: Path) -> None:
    assert default_heads(heads) == ["fast", "accurate"]


def test_a_name_is_a_head_of_the_package(heads: Path) -> None:
    assert head_folder("accurate", heads) == str(heads / "accurate")


def test_a_folder_goes_before_a_head_of_its_name(
    heads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    (here / "fast").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert not is_default("fast", heads)
    assert head_folder("fast", heads) == "fast"
    assert is_default("accurate", heads)


@pytest.mark.parametrize("path", ["./fast", "heads/mine", "s3://bucket/fast", "C:\\heads\\fast"])
def test_a_path_is_a_path_even_where_nothing_is(heads: Path, path: str) -> None:
    assert head_folder(path, heads) == path


@pytest.mark.parametrize("name", ["strong", "half", ""])
def test_an_unknown_name_is_refused_with_those_that_there_are(heads: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"`head` .*\(fast or accurate\), found neither"):
        head_folder(name, heads)


def test_the_card_says_languages_licence_and_results(heads: Path) -> None:
    card = read_card("fast", heads)
    assert card.languages == ["en", "de"]
    assert card.licence == "research data: some of it non-commercial"
    assert card.results == ["MOSI words r 0.66", "MOSI words accuracy 0.76"]


def test_a_card_without_metadata_says_nothing(heads: Path) -> None:
    (heads / "fast" / "README.md").write_text("# A head")
    card = read_card("fast", heads)
    assert (card.languages, card.licence, card.results) == ([], "not stated", [])
    (heads / "fast" / "README.md").unlink()
    with pytest.raises(SettingsError, match="expected a model card"):
        read_card("fast", heads)


@pytest.mark.parametrize("name", default_heads())
def test_a_head_of_the_package_is_whole_and_small_and_says_what_it_may_be_used_for(
    name: str,
) -> None:
    head, card = trained_head.load(name), read_card(name)
    assert len(head.weights) < LARGEST_BYTES
    assert sum(file.stat().st_size for file in (FOLDER / name).iterdir()) < 2 * LARGEST_BYTES
    assert head.modalities == ["text", "audio"]
    assert card.languages
    assert card.licence != "not stated"
    assert card.results


@pytest.mark.parametrize("name", default_heads())
def test_the_identity_of_a_head_is_json_so_that_a_run_can_be_continued(name: str) -> None:
    identity = trained_head.load(name).identity
    assert json.loads(json.dumps(identity)) == identity
