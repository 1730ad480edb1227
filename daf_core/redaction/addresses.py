"""Mail addresses as they are written."""

from collections.abc import Iterator

from daf_core.redaction.found import Span

_LOCAL_AT_MOST, _DOMAIN_AT_MOST = 64, 255  # characters, RFC 5321
_LOCAL = frozenset("._%+-'")


def mails(text: str) -> Iterator[Span]:
    """Addresses such as jane.doe@example.com, around each @."""
    at = text.find("@")
    while at >= 0:
        start = at
        while start > 0 and at - start < _LOCAL_AT_MOST and _is_local(text[start - 1]):
            start -= 1
        end = _domain_end(text, at + 1)
        if start < at and end:
            yield Span(start, end, "[MAIL]")
        at = text.find("@", max(at + 1, end))


def _is_local(sign: str) -> bool:
    return sign.isalnum() or sign in _LOCAL


def _domain_end(text: str, start: int) -> int:
    """Where the domain ends that starts here, 0 if there is none."""
    end = start
    while end < len(text) and end - start < _DOMAIN_AT_MOST and _is_domain(text[end]):
        end += 1
    domain = text[start:end].rstrip(".-")
    labels = domain.split(".")
    valid = len(labels) > 1 and all(label and len(label) < 64 for label in labels)
    return start + len(domain) if valid and labels[-1].isalpha() else 0


def _is_domain(sign: str) -> bool:
    return sign.isalnum() or sign in ".-"
