"""What is said where a run was expected and none is, or where a finished one lacks parts."""

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.storage import files, parquet
from daf_core.storage.output import OLDER_RECORD, RECORD, Output

_SHOWN = 3  # names of parts that are missing
_AGAIN = {  # what makes parts that are missing
    "manifest": "run the `daf ingest` or `daf transcribe` again that made them",
    "embeddings": "run `daf embed` again",
    "scores": "run `daf score` again",
    "calls": "run `daf calls` again",
    "speakers": "run `daf calls` again",
}


def check_parts(output: Output, parts: object) -> None:
    """Check that no part of a finished run was deleted. Takes a listing.

    parts: how many its record says that it has; anything but a number is not checked.

    Raises:
        SettingsError: there are fewer.
    """
    if isinstance(parts, int) and len(there := output.part_names()) < parts:
        raise parts_missing(output, parts, there)


def check_all_parts(output: Output) -> None:
    """Check that no part is missing of the run in `output`, if there is one and it is finished.

    Raises:
        SettingsError: a part is missing, or the record is no JSON object.
    """
    record = files.read_json(output.record_uri) or {}
    if record.get("complete") is True:
        check_parts(output, record.get("parts"))


def check_indexed(output: Output) -> list[str]:
    """Names of the parts, which are those of the index where there is one. Takes a listing.

    Raises:
        SettingsError: a part of the index is missing, or there is one beside.
    """
    there, indexed = output.part_names(), _indexed(output)
    if indexed and {*there} != {*indexed}:
        raise parts_missing(output, len(indexed), there)
    return there


def parts_missing(output: Output, parts: int, there: list[str]) -> SettingsError:
    """What is said where of so many parts of a finished run only these are there, or others."""
    indexed = {*_indexed(output)}
    gone = _named(sorted(indexed - {*there}), "missing")
    further = _named(sorted({*there} - indexed), "not of this run") if indexed else ""
    found = "; ".join(one for one in (gone, further) if one)
    return SettingsError(
        f"{output.parts_uri}: expected {number_of(parts, 'part')}, found {len(there):,}"
        f"{': ' * bool(found)}{found}; {_AGAIN.get(output.kind, 'make the output again')}"
    )


def _indexed(output: Output) -> list[str]:
    """Names of the parts of the index, whatever run it is of; none where it is lost."""
    found = parquet.read_if_there(output.index_uri, "index", ["part"])
    names: list[str] = [] if found is None else found[0]["part"].to_pylist()
    return names


def _named(names: list[str], what: str) -> str:
    shown = ", ".join(name.removesuffix(".parquet") for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{shown}{more} {'is' if len(names) == 1 else 'are'} {what}" if names else ""


def instead_of(output: Output) -> str:
    """What there is where a run was expected, and what may have been meant."""
    if files.exists(files.join(output.root, OLDER_RECORD)):
        return "one of an older daf; make it again with this daf"
    if not files.exists(output.root):
        return "no such folder"
    if (found := inside(output)) or output.kind != "manifest":
        return f"no {RECORD}{found}"
    return f"no {RECORD}; `daf ingest` makes one"


def inside(output: Output) -> str:
    """Where a folder of the run may be that was meant, as the end of a sentence."""
    folder = files.join(output.root, output.kind)
    return f"; {folder} holds one" if files.exists(files.join(folder, RECORD)) else ""
