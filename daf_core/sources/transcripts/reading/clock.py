"""Times as subtitles write them."""

_MOST_DIGITS = 8  # more hours than any recording has


def seconds(text: str) -> float | None:
    """Seconds of `[[hours:]minutes:]seconds`, None if `text` is no such time.

    The fraction of a second follows a point or a comma, or as three digits a third colon. Minutes
    may exceed 59 where no hours are given.
    """
    parts = text.strip().replace(",", ".").split(":")
    if len(parts) == 4 and len(parts[3]) == 3 and "." not in parts[2]:
        parts[2:] = [f"{parts[2]}.{parts[3]}"]
    if not 1 <= len(parts) <= 3:
        return None
    whole, _, fraction = parts[-1].partition(".")
    numbers = [_number(part) for part in (*parts[:-1], whole)]
    part_of_second = _number(fraction) if fraction else 0
    if part_of_second is None or any(number is None for number in numbers):
        return None
    return _total([number for number in numbers if number is not None], float(f"0.{fraction or 0}"))


def _total(numbers: list[int], fraction: float) -> float | None:
    *above, second = numbers
    if (above and second > 60) or (len(above) == 2 and above[1] > 59):
        return None
    total = 0
    for number in above:
        total = total * 60 + number
    # Rounded, so that 3.2 is 3.2: nothing of the field gives times finer than a microsecond.
    return round(total * 60 + second + fraction, 6)


def _number(digits: str) -> int | None:
    usable = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if usable else None
