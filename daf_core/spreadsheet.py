"""Text in tables that people open in a spreadsheet, which takes some text for a formula."""

import re

# With apostrophes before it, so that reading is exact. Spreadsheets skip white space and know the
# full-width signs of Chinese and Japanese keyboards.
_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def escaped(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    """The text that `escaped` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
