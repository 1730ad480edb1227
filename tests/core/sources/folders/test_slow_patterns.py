"""A pattern that can take forever is refused by its form, before it meets a name."""

import pytest

from daf_core.errors import SettingsError
from daf_core.sources.folders.metadata import LONGEST_PATH, PathMeta


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<a>(x+x+)+y)",
        r"(?P<a>(?:\w+\s?)*)$",
        r"(?P<a>(x|xx)+y)",
        r"(?P<a>(x|x){2,900}y)",
        r"(?P<a>((x{1,9}){1,9}){1,9}y)",
        r"(?P<a>(?=(x*)*y)x)",
        r"(?P<a>x+)(?P=a)y",
        r"(?P<a>(?:(x)?)*y)",
        r"(?P<a>x)(?(a)(x+)+y|z)",
    ],
)
def test_a_pattern_that_can_take_forever_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"`meta_regex` .* found .* write it without"):
        PathMeta(pattern)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"(?P<a>\w+)_(?P<d>\d{8})", {"a": "ana", "d": "20260302"}),
        (r"(?P<a>[^/_]+)_(?P<d>(?:\d{4}){2})", {"a": "ana", "d": "20260302"}),
        (r"^(?P<a>ana|bo)_", {"a": "ana"}),
        (r"(?i:(?P<a>ANA))(_x)?", {"a": "ana"}),
    ],
)
def test_others_are_searched(pattern: str, found: dict[str, str]) -> None:
    assert PathMeta(pattern)("ana_20260302.wav") == found


def test_a_path_beyond_all_measure_is_not_searched() -> None:
    meta = PathMeta(r"(?P<a>x+)")
    assert meta.fits("x" * LONGEST_PATH)
    assert not meta.fits("x" * (LONGEST_PATH + 1))
    assert meta("x" * (LONGEST_PATH + 1)) == {}
