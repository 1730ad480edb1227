"""head.json as anybody may have written it: every field has a type and a range."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from daf_core.embeddings.columns import Column
from daf_core.errors import SettingsError
from daf_core.measures import calibration_range
from daf_core.measures.adjustment_values import GroupColumn
from daf_core.measures.calibration_values import SHAPE_FEATURES, TEMPERATURES
from daf_core.stages.head_record import BEFORE_WHOLE, VERSION, HeadRecord
from daf_core.storage.run_record import Json
from daf_core.weights.known import LONGEST_WINDOW_S

_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Sentiment = Annotated[float, Field(ge=-3, le=3)]
_Rows = Annotated[int, Field(ge=0, le=10**15)]
_Size = Annotated[int, Field(ge=1, le=1 << 20)]
_Shift = Annotated[float, Field(ge=-1000, le=1000)]  # shift and stretch are about a far centre


class _Own(BaseModel):
    """What an object of our own in head.json has in common: nothing else in it, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class _Calibration(_Own):
    mass: float = Field(ge=-1e6, le=1e6)
    temperature: float = Field(ge=TEMPERATURES[0], le=TEMPERATURES[1])
    rows: int = Field(ge=1, le=10**15)
    slopes: list[Annotated[float, Field(ge=-1e6, le=1e6)]] = Field(max_length=SHAPE_FEATURES)


class _Encoder(_Own):
    name: str = Field(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f\x7f]+$")
    # Part of a path in the hub's cache.
    revision: str | None = Field(max_length=255, pattern=r"^\w[\w/.-]*$")
    sha256: str = Field(max_length=128, pattern=r"^[\w.-]+$")
    context: int = Field(default=0, ge=0, le=1000)
    window_s: int = Field(default=LONGEST_WINDOW_S, ge=1, le=LONGEST_WINDOW_S)


class _Affine(_Own):
    scale: float = Field(ge=1e-3, le=1e3)
    shift: _Shift
    rows: _Rows


class _Adjustment(_Own):
    sets: dict[_Name, _Affine] = Field(max_length=3)
    group: GroupColumn | None
    shifts: dict[str, _Shift]


class _HeadJson(BaseModel):
    """The fields that decide scores. Any others are facts, which decide none."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    version: int
    kind: _Name
    width: _Size
    members: int = Field(ge=1, le=100)
    streams: dict[_Name, Annotated[list[_Size], Field(min_length=2, max_length=2)]] = Field(
        min_length=1, max_length=64
    )
    encoders: dict[_Name, _Encoder] = Field(min_length=1, max_length=64)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    calibrations: dict[_Name, _Calibration] = Field(max_length=3)
    languages: list[_Name] = Field(max_length=1000)
    label_interval: Annotated[list[_Sentiment], Field(min_length=2, max_length=2)] | None
    error_correlation: Annotated[float, Field(ge=-1, le=1)] | None = None
    adjustment: _Adjustment | None = None


def checked_record(found: Json, uri: str) -> HeadRecord:
    """The head record in `found`, the JSON at `uri`.

    Raises:
        SettingsError: it is of another version, or a field is missing, of another type or outside
            its range.
    """
    if found.get("version") not in (VERSION, BEFORE_WHOLE):
        raise SettingsError(
            f"{uri}: expected a head of version {VERSION}, found version "
            f"{found.get('version')!r:.60}; train it again"
        )
    try:
        checked = _HeadJson.model_validate(found)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _wrong(uri, where, first["msg"][:1].lower() + first["msg"][1:]) from err
    _check_columns(checked, uri)
    for name, one in checked.calibrations.items():
        if len(one.slopes) not in (0, SHAPE_FEATURES):
            raise _wrong(uri, f"calibrations.{name}.slopes", f"expected {SHAPE_FEATURES} or 0")
        if (why := calibration_range.problem(one.mass, one.slopes)) is not None:
            raise _wrong(uri, f"calibrations.{name}", why)
    if checked.label_interval and checked.label_interval[0] > checked.label_interval[1]:
        raise _wrong(uri, "label_interval", "expected the lower end first")
    return HeadRecord.from_dict(found)


def _check_columns(checked: _HeadJson, uri: str) -> None:
    """Every column must have a known name and an encoder, and every encoder a column."""
    for place, names in (("streams", checked.streams), ("encoders", checked.encoders)):
        try:
            read = {Column.from_name(name).stored.name for name in names}
        except SettingsError as err:
            raise _wrong(uri, place, str(err)) from err
        if read != checked.encoders.keys():
            raise _wrong(
                uri,
                "encoders",
                f"expected those of {', '.join(sorted(read))}, the columns it reads",
            )
    for name, encoder in checked.encoders.items():
        if ".." in (encoder.revision or ""):
            raise _wrong(uri, f"encoders.{name}.revision", "expected no '..'")
    sets = {"text and audio", "text", "audio"}
    adjusted = set() if checked.adjustment is None else set(checked.adjustment.sets)
    if unknown := sorted((set(checked.calibrations) | adjusted) - sets):
        raise _wrong(uri, unknown[0], "expected sets of modalities: text and audio, text, audio")


def _wrong(uri: str, where: str, what: str) -> SettingsError:
    return SettingsError(
        f"{uri}: {where[:120]}: {what[:200]}; the file is damaged: train the head again or "
        f"restore it"
    )
