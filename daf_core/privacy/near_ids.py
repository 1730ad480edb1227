"""Which recordings may have been meant by an id that no table has."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from daf_core.privacy.forget import recordings_held
from daf_core.storage.output import Output

SHOWN = 3
ALIKE = 0.7  # of the letters, as difflib counts
LETTERS_AT_MOST = 10_000_000  # of all ids that letters are compared of, which takes seconds


def near_ids(outputs: Sequence[Output], names: Iterable[str]) -> list[str]:
    """The nearest ids that the tables have for each of the names, SHOWN at most in all: the same
    letters in other case, or else what is alike, unless there are very many. Reads the ids of all
    recordings.

    Raises:
        SettingsError: a table cannot be read.
    """
    held = (recordings_held(output) for output in outputs)
    folded = {one.casefold(): one for parts in held for some in parts.values() for one in some}
    compared = sorted(folded) if sum(map(len, folded)) <= LETTERS_AT_MOST else []
    found: dict[str, None] = {}
    for name in (name.casefold() for name in names):
        near = [name] if name in folded else get_close_matches(name, compared, SHOWN, ALIKE)
        found |= dict.fromkeys(folded[one] for one in near)
    return [*found][:SHOWN]
