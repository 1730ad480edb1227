"""Classes: categories that heads are to tell apart in place of sentiment, such as emotions."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from daf_core.errors import SettingsError

NO_CLASS = -1  # the number of a row that is of none
BETWEEN_VALUES = "+"  # of one class


@dataclass(frozen=True)
class Classes:
    """Values of a column of `meta`, the other columns of the source, that are told apart.

    column: its name.
    values: of each class, one or several, in the order of the classes' numbers from 0. Empty: each
        value that the train rows have, until `class_corpora` has read which these are.
    """

    column: str
    values: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def from_text(cls, text: str) -> "Classes":
        """Read COLUMN or COLUMN=VALUES, such as "emotion=ang,hap+exc,neu,sad", where + joins the
        values of one class. A value that holds a comma stands in double quotes.

        Raises:
            SettingsError: there is no column, no value, fewer than two classes, or a value is named
                twice.
        """
        column, equals, named = (part.strip() for part in text.partition("="))
        items = next(csv.reader([named], skipinitialspace=True), []) if equals else []
        values = tuple(
            tuple(value.strip() for value in item.split(BETWEEN_VALUES)) for item in items
        )
        every = [value for own in values for value in own]
        if not column or not all(every):
            raise SettingsError(
                f"`classes` {text}: expected COLUMN or COLUMN=VALUES, as in "
                f"emotion=ang,hap+exc,neu,sad"
            )
        if equals and len(values) < 2:
            raise SettingsError(
                f"`classes` {text}: expected two classes or more, found {len(values)}; name more "
                f"values, or {column} alone for all that there are"
            )
        if twice := {value for value in every if every.count(value) > 1}:
            raise SettingsError(
                f"`classes` {text}: expected each value once, found {', '.join(sorted(twice))} "
                f"more often"
            )
        return cls(column, values)

    @property
    def names(self) -> list[str]:
        """The names of the classes, such as "hap+exc", in the order of their numbers."""
        return [BETWEEN_VALUES.join(own) for own in self.values]

    def __str__(self) -> str:
        """As `from_text` reads it."""
        return f"{self.column}={','.join(map(_quoted, self.names))}"

    def numbers(self, values: Iterable[str | None]) -> list[int]:
        """The number of the class of each value of the column; NO_CLASS of other values and of
        None.
        """
        number = {value: number for number, own in enumerate(self.values) for value in own}
        return [NO_CLASS if one is None else number.get(one, NO_CLASS) for one in values]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name
