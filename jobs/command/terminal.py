"""The one way to the terminal and to logs: nothing that daf writes there is raw.

Ids, file names, words and messages of libraries may hold control characters, escape sequences that
move the cursor, marks that turn the text after them, line breaks that forge a line of ours, and
secrets. What cannot be printed becomes U+FFFD, a secret becomes [secret].
"""

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable
from types import TracebackType

from daf_core.report.printable import printable
from daf_core.storage.uris import without_secrets

SECRET = "[secret]"
_LEAST_SECRET = 8  # letters of a value of the environment that is taken for a secret
# Marks of direction that are part of some languages' texts, so that pages keep them, and letters
# that nobody sees, but for the joiners that scripts and emoji need.
_UNSEEN = re.compile(
    "[\u061c\u200b\u200e\u200f\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_NAMED_SECRET = re.compile(
    r"(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|API_?KEY|ACCESS_KEY(?:_ID)?|ACCOUNT_KEY"
    r"|STORAGE_KEY|SAS|CONNECTION_STRING)(?:_|$)"
)
_SECRETS = (
    (
        re.compile(
            r"(?i)\b(sig|signature|x-amz-[\w-]+|x-goog-[\w-]+|awsaccesskeyid|accountkey"
            r"|sharedaccesskey|sharedaccesssignature|aws_[\w]*key[\w]*|aws_session_token|secret\w*"
            r"|access_?token|auth_?token|token|password|passwd|api_?key)"
            r"([\"']?\s*[=:]\s*[\"']?)(?!expected\b)[^&\s;,\"']+"  # `/etc/passwd: expected …`
        ),
        rf"\1\2{SECRET}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), SECRET),
    (re.compile(r"\bhf_[A-Za-z0-9]{20,}\b"), SECRET),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{16,}"), rf"\1 {SECRET}"),
)


_said_to: list[str] = ["stdout"]  # the stream of sys that is looked up anew each time


def say_to_standard_error(wanted: bool) -> None:
    """Whether what is said goes to standard error, as standard output is kept for one object."""
    _said_to[0] = "stderr" if wanted else "stdout"


def say(text: object) -> None:
    """Print to standard output, at once."""
    _print(clean(text))


def say_rows(text: str) -> None:
    """Print rows that were asked for to standard output: what looks like a secret in them stays."""
    _print(_seen(text))


def say_link(text: str) -> None:
    """Print a link of our own to standard output, with the token in it."""
    _print(_seen(text))


def say_object(value: dict[str, object]) -> None:
    """Print a JSON object to standard output, on one line of ASCII letters."""
    print(json.dumps(value, allow_nan=False), flush=True)


def _print(text: str) -> None:
    print(text, file=getattr(sys, _said_to[0]), flush=True)


def complain(text: object) -> None:
    """Print to standard error."""
    print(clean(text), file=sys.stderr, flush=True)


def clean(text: object) -> str:
    """A text that can be printed: line breaks and tabs stay, secrets do not."""
    return _without_secrets(_seen(str(text)))


def one_line(text: object) -> str:
    """A text that can be printed, on one line: a name in it cannot begin a line of its own."""
    return " ".join(clean(text).split())


def _seen(text: str) -> str:
    return _UNSEEN.sub("\ufffd", printable(text))


def _without_secrets(text: str) -> str:
    for value in _secrets_of_environment():
        text = text.replace(value, SECRET)
    text = without_secrets(text, SECRET)
    for pattern, put in _SECRETS:
        text = pattern.sub(put, text)
    return text


def _secrets_of_environment() -> list[str]:
    """Values of variables that are named like secrets, the longest first; a path is none."""
    found = {
        value
        for name, value in os.environ.items()
        if len(value) >= _LEAST_SECRET and _NAMED_SECRET.search(name) and not value.startswith("/")
    }
    return sorted(found, key=lambda value: (-len(value), value))


class _Clean(logging.Formatter):
    """Formats records as clean lines: one, which is reworded, or more with a traceback."""

    def __init__(self, reword: Callable[[str], str]) -> None:
        super().__init__("%(message)s")
        self._reword = reword

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if record.exc_info or record.stack_info:
            return clean(text)
        return self._reword(one_line(text))


def configure(reword: Callable[[str], str] = str) -> None:
    """Send log lines of daf, warnings of libraries and uncaught exceptions to standard error.

    reword: a line → the line as people are told it.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Clean(reword))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    for name in ("jobs", "daf_core"):
        logging.getLogger(name).setLevel(logging.INFO)
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    complain("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))
