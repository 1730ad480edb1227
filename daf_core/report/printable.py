"""Text made fit to be shown, in a page or on a terminal: untrusted text, and sentiments."""

import re
from typing import Any

from daf_core.decimals import decimals

# Control characters, marks that change the direction of text, surrogates and noncharacters.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str) -> str:
    """A text in which what cannot be printed, or turns the text after it, is replaced."""
    return _UNPRINTABLE.sub("\ufffd", text)


def inert_json(text: str) -> str:
    """JSON in which what `printable` replaces is escaped instead: programs read the same values."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def printable_if_text(value: Any) -> Any:
    """A string made printable; Markup and other values unchanged."""
    return printable(value) if type(value) is str else value


def signed(value: float) -> str:
    """Sentiment with its sign, a true minus, one decimal; no sign at zero."""
    return decimals(value, 1, sign=True).replace("-", "−")


def reason_in_words(reason: str) -> str:
    """A reason of weights as pages show it: "voice unsure" for `audio_unsure`."""
    return reason.replace("text", "words").replace("audio", "voice").replace("_", " ")
