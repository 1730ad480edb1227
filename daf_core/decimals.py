"""Numbers as text for people: with a few decimals, or of things."""


def decimals(value: float, places: int, sign: bool = False) -> str:
    """A number with so many decimals; one that rounds to zero has no sign, so that none is "-0.00".

    sign: positive numbers have a plus.
    """
    text = f"{value:{'+' if sign else ''}.{places}f}"
    return text if text.strip("+-0.") else text.lstrip("+-")


def number_of(count: int, what: str, several: str | None = None) -> str:
    """A number of things, as "1 part", "2,000 parts"; several: what more or less than one are
    called, with a verb perhaps: "1 entry", "2 entries".
    """
    return f"{count:,} {what if count == 1 else several or f'{what}s'}"


def how_many_of(count: int, every: int, what: str, one: str, several: str) -> str:
    """How many of all do something, as "1 of 3 rows has no text", "2 of 3 rows have no text".

    one, several: what one does, and what more or less than one do.
    """
    return f"{count:,} of {number_of(every, what)} {one if count == 1 else several}"
