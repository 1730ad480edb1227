"""Settings for S3 requests, and the meaning of S3 errors that fsspec does not tell apart."""

from typing import Any

PREFIXES = ("s3://", "s3a://")
# A stalled connection is given up after 20 s instead of 60. Eight attempts with growing pauses take
# a minute, enough for a store to recover. s3fs itself retries reads that break off within a body.
OPTIONS: dict[str, Any] = {
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 20,
        "retries": {"mode": "standard", "total_max_attempts": 8},
    }
}
ACCESS_DENIED = "AccessDenied"  # to an object or action; the credentials are valid


def is_precondition_failed(err: OSError) -> bool:
    """Whether the store answered 412, so that a file is there. Error codes vary between stores."""
    return bool(_answer(err).get("ResponseMetadata", {}).get("HTTPStatusCode") == 412)


def refuses_credentials(err: OSError) -> bool:
    """Whether the store rejected the credentials: an unknown key, a wrong secret, a wrong clock.

    Answers to GET and to listings say so; answers to HEAD do not.
    """
    code = _answer(err).get("Error", {}).get("Code", ACCESS_DENIED)
    return isinstance(err, PermissionError) and code != ACCESS_DENIED


def _answer(err: OSError) -> dict[str, Any]:
    """The store's answer behind `err`; empty if there is none."""
    answer: dict[str, Any] = getattr(err.__cause__, "response", {})
    return answer
