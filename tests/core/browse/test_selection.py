"""An address asks for no more conditions than a query bears."""

import pytest

from daf_core.browse.selection import META_AT_MOST, Selection
from daf_core.errors import SettingsError


def test_thousands_of_conditions_are_refused() -> None:
    few = {f"meta.a{number}": "x" for number in range(META_AT_MOST)}
    assert len(Selection.from_address(few).meta) == META_AT_MOST
    with pytest.raises(SettingsError, match=rf"expected at most {META_AT_MOST} names, found more"):
        Selection.from_address(few | {"meta.queue": "x"})
