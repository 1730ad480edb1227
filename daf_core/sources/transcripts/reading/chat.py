"""Messages that people wrote to each other while they spoke: no transcript of what was said."""

import re

_MESSAGE = re.compile(r"\s{0,8}\d{1,2}:\d\d(?::\d\d)?[ \t]{1,8}From[ \t]{1,8}\S[^\n]{0,200}:", re.I)
_TIME = re.compile(r"\s{0,8}\d{1,2}:\d\d(?::\d\d)?\s")
_SAMPLE = 20_000  # characters


def is_chat(text: str) -> bool:
    """Whether the lines with a time are chat messages as Zoom saves them: `10:00:01 From Ana : hi`.

    Half of the first ones or more are.
    """
    lines = [line for line in text[:_SAMPLE].lstrip("\ufeff").split("\n") if _TIME.match(line)]
    return bool(lines) and 2 * sum(_MESSAGE.match(line) is not None for line in lines) >= len(lines)
