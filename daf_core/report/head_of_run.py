"""The head that made a table of scores, as far as its run record and the head itself say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daf_core import default_heads
from daf_core.embeddings.columns import MODALITIES
from daf_core.errors import NotDone, SettingsError
from daf_core.storage.files import join, read_json

LANGUAGES_AT_MOST = 10
_ADAPTED = ("calibrations", "adjustment")  # what `daf adapt` may change beside the weights


@dataclass(frozen=True)
class HeadOfRun:
    """A head, for people.

    name: of a head of the package, or its folder; None: not known. languages: of the words that it
    was trained on; reads: its modalities; trained_rows, mae, r: None where not known, the latter on
    test rows of the data it was trained on; licence: of that data, empty for own heads; labels: of
    `daf adapt`, None for heads that were not adapted.
    """

    name: str | None = None
    packaged: bool = False
    languages: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset(MODALITIES)
    trained_rows: int | None = None
    mae: float | None = None
    r: float | None = None
    licence: str = ""
    labels: int | None = None


def head_of_run(run: Mapping[str, Any]) -> HeadOfRun:
    """The head of a run record. What is missing, gone or of another form is left out: a report is
    made of the scores, wherever the head is.
    """
    identity = _within(run, "identity", "head")
    sha256 = identity.get("sha256")
    named = _packaged(identity)
    folder = str(default_heads.FOLDER / named) if named else run.get("head")
    record = _record(folder, sha256) if isinstance(folder, str) else {}
    test = _within(record, "metrics", "test") or _within(record, "metrics", "valid")
    columns = {str(name).split("_")[0] for name in _within(identity, "encoders")}
    return HeadOfRun(
        name=named or (_quiet(folder) if isinstance(folder, str) else None),
        packaged=named is not None,
        languages=_languages(identity.get("languages")),
        reads=frozenset(columns & {*MODALITIES} or MODALITIES),
        trained_rows=_count(_within(record, "data", "rows").get("train")),
        mae=_number(test.get("mae")),
        r=_number(test.get("r")),
        licence=_licence(named) if named else "",
        labels=_count(_within(record, "adaptation").get("rows")),
    )


def _packaged(identity: Mapping[str, Any]) -> str | None:
    """The head of the package with this identity. An adapted one may have the same weights."""
    for name in default_heads.default_heads():
        record = _record(str(default_heads.FOLDER / name), identity.get("sha256"))
        if record and all(record.get(one) == identity.get(one) for one in _ADAPTED):
            return name
    return None


def _record(folder: str, sha256: Any) -> Mapping[str, Any]:
    """The head record in a folder, if it can be read and is of the head with these weights."""
    try:
        found = read_json(join(folder, default_heads.RECORD)) or {}
    except (SettingsError, NotDone, OSError, ValueError):
        return {}
    return found if sha256 is not None and found.get("sha256") == sha256 else {}


def _languages(found: Any) -> tuple[str, ...]:
    listed = found if isinstance(found, list) else []
    return tuple(_quiet(str(language)) for language in listed[:LANGUAGES_AT_MOST])


def _quiet(text: str) -> str:
    """A text without backticks, which would make code of what follows in the page."""
    return text.replace("`", "'")


def _licence(name: str) -> str:
    try:
        return default_heads.read_card(name).licence
    except SettingsError:
        return ""


def _within(found: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The object under these keys; empty where there is none."""
    for name in names:
        inner = found.get(name)
        found = inner if isinstance(inner, Mapping) else {}
    return found


def _number(value: Any) -> float | None:
    """A finite number, else None."""
    usable = isinstance(value, int | float) and abs(value) < float("inf")
    return float(value) if usable else None


def _count(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)
