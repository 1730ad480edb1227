"""Which URIs name data at all: local paths and object stores, without credentials.

Nothing is opened here. What else fsspec would open (http, ftp, archives, caches, chains of file
systems) is refused by its name, so that no request is made that a table or a manifest asks for.
"""

import re

FAMILIES = {  # protocol → the kind of store; protocols of one kind reach the same data
    "file": "file",
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "abfs": "abfs",
    "abfss": "abfs",
    "az": "abfs",
    "memory": "memory",  # of this process: reaches nothing
}
ALLOWED = "a path, s3://, gs:// or abfs://"
LONGEST = 8192  # characters, above what any store takes
_SHOWN = 300  # letters of a URI in messages
_NO_PATH = re.compile(r"(?:data|file|https?|ftps?|sftp|blob|javascript):", re.IGNORECASE)
_PROTOCOL = re.compile(r"[A-Za-z0-9+.-]{1,40}")
_CHAIN = re.compile(r"([A-Za-z0-9+.-]{1,40})::")
_CHAINED = re.compile(r"::[A-Za-z0-9+.-]{1,40}://")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}(?:@[A-Za-z0-9][A-Za-z0-9._-]{0,254})?")
_ARN = re.compile(r"arn:aws[a-z-]{0,20}:s3[a-z-]{0,30}:[A-Za-z0-9:-]{1,200}")
_SECRET = (
    r"x-amz-[a-z-]{1,40}|x-goog-[a-z-]{1,40}|awsaccesskeyid|googleaccessid|sig|signature|"
    r"[a-z_-]{0,40}(?:token|secret|password|passwd|apikey|api_key|access_?key|account_?key)"
)
_SECRET_FIELD = re.compile(rf"[?&;#](?:{_SECRET})=", re.IGNORECASE)
# A user with a password, or alone but for stores that name an account so.
_IN_TEXT = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]{0,40}:/{2,4})(?:[^\s/@]{0,2000}:\S{0,2000}@|(?<!abfs://)"
    r"(?<!abfss://)(?<!\baz://)[^\s/@]{1,2000}@)"
)
# A user with a password before a URI, where neither belongs.
_BEFORE_URI = re.compile(r"(?<![^\s/@:])[^\s/@:]{0,200}:[^\s/@]{1,200}@(?=[^\s/@]{1,40}://)")
_FIELD_IN_TEXT = re.compile(rf"([?&;#](?:{_SECRET})=)[^\s&;]+", re.IGNORECASE)


def protocol_of(uri: str) -> str:
    """The protocol of a URI, "file" for a path: a name may hold "://" after its first slash."""
    protocol, separator, _ = uri.partition("://")
    return protocol if separator and "/" not in protocol else "file"


def place_in(uri: str) -> tuple[str, str, str]:
    """Kind of store, bucket (with the account) and path of an allowed URI; a local path has no
    bucket.
    """
    protocol = protocol_of(uri)
    if protocol == "file":
        return "file", "", uri.removeprefix("file://")
    bucket, _, path = uri.partition("://")[2].partition("/")
    return FAMILIES[protocol], bucket, path


def problem(uri: str) -> str | None:
    """Why a URI names no data that may be opened, as the end of a message; None if it may.

    The answer repeats nothing of a URI that holds credentials.
    """
    if uri.startswith("/") and len(uri) <= LONGEST and "\0" not in uri:
        return None  # most rows
    if _has_credentials(uri):
        return (
            "expected no credentials in a URI, found some; set them in the environment, and take "
            "these out of service"
        )
    if len(uri) > LONGEST:
        return f"expected a name of at most {LONGEST} characters, found {len(uri)}"
    if "\0" in uri:
        return "expected a name, found one with a zero byte"
    chain = _CHAIN.match(uri)
    if chain and _is_known(chain[1]):
        return f"expected {ALLOWED}, found a chain of file systems"
    protocol = protocol_of(uri)
    if protocol == "file":
        return _local_problem(uri)
    if protocol not in FAMILIES:
        return f"expected {ALLOWED}, found another protocol"
    return _remote_problem(uri)


def _is_known(protocol: str) -> bool:
    import fsspec  # a tenth of a second, which a command that only prints can do without

    return protocol in fsspec.available_protocols()


def _local_problem(uri: str) -> str | None:
    if uri.startswith("file://"):
        return None if uri.startswith("file:///") else f"expected {ALLOWED}, found a host"
    if _NO_PATH.match(uri):
        return f"expected {ALLOWED}, found another protocol"
    return None


def _remote_problem(uri: str) -> str | None:
    if not uri.isascii() and any("\ud800" <= letter <= "\udfff" for letter in uri):
        return "expected a name in UTF-8, found other bytes"
    if _CHAINED.search(uri):
        return f"expected {ALLOWED}, found a chain of file systems"
    kind, bucket, _ = place_in(uri)
    if kind == "memory" or _BUCKET.fullmatch(bucket) or _ARN.fullmatch(bucket):
        return None
    return "expected the name of a bucket, found none that a store can have"


def _has_credentials(uri: str) -> bool:
    """Whether a URI of any protocol holds a user, a password, a signature or a token."""
    protocol = protocol_of(uri)
    if protocol == "file" and not uri.startswith("file://"):
        match = _NO_PATH.match(uri)
        return match is not None and match[0].lower() != "data:" and "@" in uri
    rest = uri.partition("://")[2].lstrip("/")
    bucket = rest.partition("/")[0]
    if "@" in protocol or _SECRET_FIELD.search(uri):
        return True
    if ":" in bucket and "@" in rest and not _ARN.fullmatch(bucket):
        return True
    is_account = FAMILIES.get(protocol.rpartition("::")[2]) == "abfs" and bucket.count("@") == 1
    return "@" in bucket and not is_account


def shown(uri: str) -> str:
    """A URI for messages and tables, without credentials and of bounded length."""
    if _has_credentials(uri):
        name = re.split(r"[?#;&]", uri)[0].rpartition("/")[2]
        name = "" if "@" in name or ":" in name else name
        protocol = protocol_of(uri).rpartition(":")[2]
        protocol = protocol if _PROTOCOL.fullmatch(protocol) else "…"
        return f"{protocol}://…/{name[:_SHOWN]}"
    if uri[:5].lower() == "data:":
        return "data:…"
    return uri if len(uri) <= _SHOWN * 2 else f"{uri[:_SHOWN]}…"


def without_secrets(text: str, put: str = "…") -> str:
    """A text in which `put` stands for the credentials of URIs."""
    text = _IN_TEXT.sub(rf"\1{put}@", _BEFORE_URI.sub(f"{put}@", text))
    return _FIELD_IN_TEXT.sub(rf"\1{put}", text)
