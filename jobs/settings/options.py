"""What settings share: groups of the help, lists and pairs, and options of several verbs."""

import csv
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from cyclopts import CoercionError, Group, Parameter, Token, convert

INPUT = Group.create_ordered("Input and output")
SOURCE = Group.create_ordered("Source")
ENCODERS = Group.create_ordered("Encoders")
DATA = Group.create_ordered("Training data")
TRAINING = Group.create_ordered("Training")
RESOURCES = Group.create_ordered("Resources")


EXAMPLES = {
    "--channels": "--channels 0=agent,1=customer",
    "--roles": "--roles 'agent=Ana*,customer=*'",
    "--rename": "--rename transcript=text",
}


def _items(_type: Any, tokens: Sequence[Token]) -> list[str]:
    """Every list is given alike: values with commas, in one option or several; a value that holds a
    comma in double quotes.
    """
    values = [token.value for token in tokens]
    return [item for value in values for item in next(csv.reader([value], skipinitialspace=True))]


def _pairs(_type: Any, tokens: Sequence[Token]) -> dict[str, str]:
    """A list of NAME=VALUE as a dict."""
    found: dict[str, str] = {}
    option = tokens[0].keyword
    for item in _items(_type, tokens):
        name, equals, value = item.rpartition("=")
        name, value = name.strip(), value.strip()
        if not (name and equals and value):
            before, _, after = item.partition(":")  # 0:agent is meant as 0=agent
            meant = f"{before.strip()}={after.strip()}" if before.strip() and after.strip() else ""
            form = f"NAME=VALUE, as in {EXAMPLES[option]}" if option in EXAMPLES else "NAME=VALUE"
            raise CoercionError(msg=f"{option} {item}: expected {meant or form}")
        if name in found:
            raise CoercionError(msg=f"{option} {item}: {name} is given twice")
        found[name] = value
    return found


def as_type(type_: Any, tokens: Sequence[Token]) -> Any:
    """The value of an option without a converter of its own. Cyclopts rounds 2.9 to 3 where a whole
    number is expected.
    """
    if type_ in (int, int | None):
        (token,) = tokens
        try:
            return int(token.value)
        except ValueError:
            pass
        given = f"{token.keyword} {token.value:.80}"
        raise CoercionError(msg=f"{given}: expected a whole number")
    return convert(type_, tokens)


def shown_default(value: Any) -> str | None:
    """A default as help shows it: lists with commas, nothing for switches and for what is empty."""
    if isinstance(value, bool) or value is None or value in ([], {}):
        return None
    return ",".join(value) if isinstance(value, list) else str(value)


_ONE: dict[str, Any] = {"n_tokens": -1, "accepts_keys": False, "consume_multiple": False}
Items: TypeAlias = Annotated[list[str], Parameter(converter=_items, **_ONE)]
Pairs: TypeAlias = Annotated[dict[str, str], Parameter(converter=_pairs, **_ONE)]
