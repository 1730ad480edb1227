"""Numbers as text with a few decimals, for people."""


def decimals(value: float, places: int, sign: bool = False) -> str:
    """A number with so many decimals; one that rounds to zero has no sign, so that none is "-0.00".

    sign: positive numbers have a plus.
    """
    text = f"{value:{'+' if sign else ''}.{places}f}"
    return text if text.strip("+-0.") else text.lstrip("+-")
