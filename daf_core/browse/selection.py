"""Which calls are listed, and in what order: read from an address and written into one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from daf_core.calls.orders import ORDERS
from daf_core.errors import SettingsError
from daf_core.schemas import LABEL_RANGE
from daf_core.storage.call_columns import STATUSES

META = "meta."  # before the name of what the source says of calls
LETTERS_AT_MOST = 200  # of the words that are searched for
META_AT_MOST, META_LETTERS_AT_MOST = 20, 10_000  # filters, and letters of their names and values
SORTED_BY = (
    *("recording_id", "sentiment", "change", "lowest_sentiment", "utterances", "talk_s"),
    *("silence_s", "interruptions", "contradictions", "status"),
)


@dataclass(frozen=True)
class Selection:
    """A selection of calls.

    words: what is said in the call, anywhere, whatever its case; status: one of STATUSES; low,
    high: bounds of the call's sentiment, inclusive; meta: name → value of what the source says;
    sort: one of ORDERS, or one of SORTED_BY, with "-" before it for the highest first.
    """

    words: str = ""
    status: str = ""
    low: float | None = None
    high: float | None = None
    meta: tuple[tuple[str, str], ...] = field(default=())
    sort: str = "lowest"

    @classmethod
    def from_address(cls, given: Mapping[str, str]) -> "Selection":
        """The selection that the parameters of an address name; empty ones say nothing.

        Raises:
            SettingsError: a parameter has no such value.
        """
        status, sort = given.get("status", ""), given.get("sort", "") or "lowest"
        if status and status not in STATUSES:
            raise SettingsError(f"status: expected one of {', '.join(STATUSES)}, found another")
        if sort not in ORDERS and sort.removeprefix("-") not in SORTED_BY:
            raise SettingsError(f"sort: expected {', '.join(ORDERS)} or a column, found another")
        words = given.get("words", "").strip()
        if len(words) > LETTERS_AT_MOST:
            raise SettingsError(f"words: expected at most {LETTERS_AT_MOST} letters, found more")
        named = {
            name.removeprefix(META): value
            for name, value in given.items()
            if name.startswith(META) and value
        }
        letters = sum(map(len, [*named, *named.values()]))
        if len(named) > META_AT_MOST or letters > META_LETTERS_AT_MOST:  # each link repeats them
            raise SettingsError(
                f"{META}…: expected at most {META_AT_MOST} filters of {META_LETTERS_AT_MOST:,} "
                f"letters, found more"
            )
        low, high = (_bound(given, name) for name in ("low", "high"))
        return cls(words, status, low, high, tuple(sorted(named.items())), sort)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of an address that name this selection."""
        said = {
            "words": self.words,
            "status": self.status,
            "low": "" if self.low is None else f"{self.low:g}",
            "high": "" if self.high is None else f"{self.high:g}",
            **{META + name: value for name, value in self.meta},
            "sort": "" if self.sort == "lowest" else self.sort,
        }
        return {name: value for name, value in said.items() if value}

    def address(self, path: str, **further: object) -> str:
        """An address below `path` with this selection and further parameters that are not None."""
        own = {name: str(value) for name, value in further.items() if value is not None}
        query = urlencode(self.parameters | own)
        return f"{path}?{query}" if query else path

    def sorted_by(self, column: str) -> "Selection":
        """This selection in the order of a column; the other way round where it is so already."""
        return replace(self, sort=f"-{column}" if self.sort == column else column)

    @property
    def order(self) -> str:
        """The order in SQL."""
        if self.sort in ORDERS:
            return ORDERS[self.sort]
        column = self.sort.removeprefix("-")
        return f"{column} {'DESC' if column != self.sort else 'ASC'} NULLS LAST"

    @property
    def conditions(self) -> tuple[list[str], list[Any]]:
        """What holds of a selected call but for its words, in SQL, and the values of the `?`."""
        found: list[str] = []
        values: list[Any] = []
        if self.status:
            found.append("status = ?")
            values.append(self.status)
        for sign, bound in ((">=", self.low), ("<=", self.high)):
            if bound is not None:
                found.append(f"sentiment {sign} ?")
                values.append(bound)
        for name, value in self.meta:
            found.append("meta[?] = ?")
            values += [name, value]
        return found, values


def _bound(given: Mapping[str, str], name: str) -> float | None:
    text = given.get(name, "").strip().replace(",", ".").replace("−", "-")
    try:
        value = float(text) if text else None
    except ValueError:
        value = float("nan")
    if value is None or LABEL_RANGE[0] <= value <= LABEL_RANGE[1]:
        return value
    raise SettingsError(f"{name}: expected a sentiment from -3 to 3, found another value")
