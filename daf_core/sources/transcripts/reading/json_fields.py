"""Fields of JSON objects that somebody else wrote: each is checked where it is read."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from daf_core.errors import BadInput
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading import times

MOST_ENTRIES = 1_000_000  # of one list: words of some four days
_LARGEST_NUMBER = 10**18  # of an account, as meetings name speakers
_SIDES = {"left": 0, "right": 1, "l": 0, "r": 1}
_OF_PANDAS = re.compile(r"(\d{1,6})\.0")  # whole numbers in a column where some are missing
_NO_CHARACTERS = re.compile("[\x00\ud800-\udfff]")  # JSON may hold them, UTF-8 and Arrow may not
T = TypeVar("T")


class Unreadable(ValueError):
    """An entry of a transcript that cannot be read; `read_each` gives its place."""


@dataclass(frozen=True)
class Fields:
    """A JSON object. A method takes the names that a field may have, and reads the first that is
    there and not null; without any the field is None, or empty.
    """

    values: Mapping[str, Any]

    @classmethod
    def from_json(cls, value: Any) -> "Fields":
        """The fields of a JSON object.

        Raises:
            Unreadable: the value is no object.
        """
        if not isinstance(value, dict):
            raise Unreadable
        return cls(value)

    def get(self, *names: str) -> Any:
        """The value of a field as it is."""
        for name in names:
            if (value := self.values.get(name)) is not None:
                return value
        return None

    def has(self, *names: str) -> bool:
        """Whether every one of the fields is there, be it null."""
        return all(name in self.values for name in names)

    def seconds(self, *names: str, per_second: float = 1) -> float | None:
        """A time in seconds, of a number of which `per_second` make a second.

        Raises:
            Unreadable: the field holds no time.
        """
        value = self.get(*names)
        if value is None or value == "":
            return None
        found = times.seconds(value, per_second)
        if found is None:
            raise Unreadable
        return found

    def text(self, *names: str) -> str | None:
        """Text on one line.

        Raises:
            Unreadable: the field holds no text.
        """
        value = self.get(*names)
        if value is None or isinstance(value, str):
            return None if value is None else clean(value)
        raise Unreadable

    def label(self, *names: str) -> str | None:
        """A name: text, or a whole number as text, also within an object (`{"name": "Ana"}`) or a
        list of one; None for anything else, and for empty text.
        """
        value = self.get(*names)
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        if isinstance(value, dict):
            return as_label(Fields(value).get("name", "username", "label", "id"))
        return as_label(value)

    def index(self, *names: str, first: int = 0) -> int | None:
        """A channel from 0: a number, text that ends in one such as "ch_0", or "left" and "right";
        None for other values. `first` is the number that the format gives to the first channel.
        """
        value = self.get(*names)
        label = as_label(times.number(value)) or as_label(value) or ""  # "1.0": of pandas
        if label.lower() in _SIDES:
            return _SIDES[label.lower()]
        match = re.search(r"[0-9]{1,4}\Z", label)
        found = None if match is None else int(match[0]) - first
        return found if found is not None and found >= 0 else None

    def fraction(self, *names: str) -> float | None:
        """A number in [0, 1]; None for anything else."""
        found = times.number(self.get(*names))
        return found if found is not None and 0 <= found <= 1 else None

    def entries(self, *names: str) -> list[Any]:
        """A list; empty for anything else."""
        value = self.get(*names)
        return value if isinstance(value, list) else []

    def object(self, *names: str) -> "Fields":
        """An object; empty for anything else."""
        value = self.get(*names)
        return Fields(value if isinstance(value, dict) else {})


def root(document: Document) -> Fields:
    """The fields of a document that is a JSON object; none if it is something else."""
    return Fields(document.json if isinstance(document.json, dict) else {})


def read_each(
    entries: Iterable[Any], place: str, read: Callable[[Fields], Iterable[T]]
) -> tuple[list[T], list[str]]:
    """What `read` makes of each entry, and the places, such as "segment 3", of those unreadable.

    Raises:
        BadInput: `unreadable_transcript`: there are more than 1,000,000.
    """
    found: list[T] = []
    unread: list[str] = []
    for number, entry in enumerate(entries, start=1):
        if number > MOST_ENTRIES:
            raise BadInput(
                "unreadable_transcript", f"expected at most {MOST_ENTRIES} entries, found more"
            )
        try:
            found += read(Fields.from_json(entry))
        except Unreadable:
            unread.append(f"{place} {number}")
    return found, unread


def first_object(entries: list[Any]) -> Fields:
    """The fields of the first entry; none if there is no entry, or it is no object."""
    return Fields(entries[0] if entries and isinstance(entries[0], dict) else {})


def clean(text: str) -> str:
    """Text on one line, with U+FFFD for what is no character."""
    return " ".join(_NO_CHARACTERS.sub("�", text).split())


def as_label(value: Any) -> str | None:
    """Text of a name or a whole number; None for anything else, and for empty text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        value = int(value)  # pandas writes whole numbers so where some are missing
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int) and abs(value) >= _LARGEST_NUMBER:
        return None
    text = clean(str(value))
    whole = _OF_PANDAS.fullmatch(text)
    return (whole[1] if whole else text) or None
