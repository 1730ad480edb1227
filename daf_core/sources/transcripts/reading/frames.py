"""Times whose last part counts frames, as video editors write them: 00:00:01:12, 00;00;01;12."""

import re

_TIME = re.compile(r"(?<![\d:;.])(\d{1,3})[:;](\d\d)[:;](\d\d)[:;](\d\d)(?![\d:;.])")
_RATES = (24, 25, 30, 50, 60, 100)  # frames a second


def without_frames(text: str) -> str:
    """Text in which such times have milliseconds. A second has as few frames as the text allows:
    files do not say how many, and a wrong guess is off by a fifth of a second at most.
    """
    latest = max((int(found[4]) for found in _TIME.finditer(text)), default=None)
    if latest is None:
        return text
    rate = next(rate for rate in _RATES if rate > latest)

    def with_milliseconds(found: re.Match[str]) -> str:
        hours, minutes, whole, frame = found.groups()
        return f"{hours}:{minutes}:{whole}.{1000 * int(frame) // rate:03}"

    return _TIME.sub(with_milliseconds, text)
