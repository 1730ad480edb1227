"""No path makes a search take forever, whatever the pattern."""

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import SettingsError
from daf_core.sources.folders.metadata import LONGEST_PATH, PathMeta
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.open_source import open_source

NEIGHBOURS = r"(?P<agent>.*)_(?P<queue>.*)_(?P<date>.*)_(?P<time>.*)_(?P<n>.*)\.mp3$"
NESTED = r"(?P<a>((x{1,9}){1,9}){1,9}y)"


@pytest.mark.parametrize(
    "pattern",
    [
        NEIGHBOURS,
        r"(?P<a>x*x*x*x*x*x*[yz])",
        r"(?P<a>(x+x+)+y)",
        r"(?P<a>(x|xx)+y)",
        NESTED,
        r"(?P<a>x)(?(a)(x+)+y|z)",
    ],
)
@pytest.mark.parametrize("name", ["_" * 200 + ".flac.wav", "_" * 900, "x" * 60, "x" * 900])
def test_a_search_ends_or_is_stopped(pattern: str, name: str) -> None:
    meta = PathMeta(pattern)
    began = time.process_time()
    with suppress(SettingsError):
        assert meta(name) == {}
    assert time.process_time() - began < 5


def test_it_is_told_before_any_work(tmp_path) -> None:
    (tmp_path / ("x" * 230 + ".wav")).write_bytes(b"RIFF")
    with pytest.raises(SettingsError, match=r"`meta_regex` .* within 0\.5 s, found that 'x+"):
        open_source(str(tmp_path), options=FolderOptions(meta_regex=NESTED))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"(?P<a>\w+)_(?P<d>\d{8})", {"a": "ana", "d": "20260302"}),
        (r"(?P<a>[^/_]+)_(?P<d>(?:\d{4}){2})", {"a": "ana", "d": "20260302"}),
        (r"^(?P<a>ana|bo)_", {"a": "ana"}),
        (r"(?i:(?P<a>ANA))(_x)?", {"a": "ana"}),
        (r"(?P<a>(?:\w+\s?)*)[.]", {"a": "ana_20260302"}),
        (r"(?P<a>(a|n)+)_", {"a": "ana"}),
        (r"(?P<a>a)n(?P=a)", {"a": "a"}),
    ],
)
def test_others_are_searched(pattern: str, found: dict[str, str]) -> None:
    assert PathMeta(pattern)("ana_20260302.wav") == found


@given(
    pattern=st.sampled_from(
        [
            r"(?P<a>[^_/]*)_(?P<b>.*?)[._]",
            r"(?P<a>\b\w+)(?P<b>-\d+)?$",
            r"(?i)(?P<a>[a-cß]+|\d{2,4})\W",
            r"(?P<a>^|/)(?P<b>(?!x)\S+)(?<=a)",
        ]
    ),
    name=st.text(st.sampled_from("aAxß_-/. 12é"), max_size=30),
)
def test_the_groups_are_those_that_pythons_re_finds(pattern: str, name: str) -> None:
    match = re.search(pattern, name)
    groups = {} if match is None else match.groupdict()
    assert PathMeta(pattern).fits(name) == any(groups.values())
    assert PathMeta(pattern)(name) == {key: value for key, value in groups.items() if value}


def test_a_path_beyond_all_measure_is_not_searched() -> None:
    meta = PathMeta(r"(?P<a>x+)")
    assert meta.fits("x" * LONGEST_PATH)
    assert not meta.fits("x" * (LONGEST_PATH + 1))
    assert meta("x" * (LONGEST_PATH + 1)) == {}
