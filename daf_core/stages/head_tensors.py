"""head.safetensors as anybody may have written it: the tensors that its record asks for, finite."""

import warnings
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, numpy

from daf_core.errors import SettingsError
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.tensor_ranges import problem

FAMILIARITY = "familiarity."  # of the tensors that are not the module's
PERCENTILES = 101  # `heads.familiarity`, which loads torch

Tensors: TypeAlias = dict[str, NDArray[Any]]


def check_tensors(weights: bytes, record: HeadRecord, uri: str) -> None:
    """Check the bytes of head.safetensors, read from `uri`, against the head's record.

    Takes no more memory than the bytes do, whatever sizes the record and the header declare.

    Raises:
        SettingsError: it is no safetensors file; a tensor is missing, left over, or of another type
            or shape; a number is not finite, or outside the range
            that its meaning has; or there is no such head.
    """
    try:
        found: Tensors = numpy.load(weights)
    except (SafetensorError, KeyError, ValueError) as err:  # KeyError: a type that numpy lacks
        raise _wrong(uri, f"expected a safetensors file: {err}") from err
    for name, values in found.items():
        if values.dtype not in (np.float32, np.int64):
            raise _wrong(uri, f"{name[:60]}: expected float32, found {values.dtype}")
        if not np.isfinite(values).all():
            raise _wrong(uri, f"{name[:60]}: expected finite numbers, found NaN or infinity")
    own = {name: value for name, value in found.items() if not name.startswith(FAMILIARITY)}
    _check_module(own, record, uri)
    _check_familiarity({name: found[name] for name in found.keys() - own.keys()}, record, uri)


def _check_module(found: Tensors, record: HeadRecord, uri: str) -> None:
    expected = _expected(record, uri)
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise _wrong(uri, f"expected a tensor {name}, found none")
        if name not in expected:
            raise _wrong(uri, f"expected no tensor {name} in a head of kind {record.kind}")
        if found[name].dtype.kind != "f" or found[name].shape != expected[name]:
            raise _wrong(uri, f"{name}: expected shape {expected[name]}, found {found[name].shape}")
        if what := problem(name, found[name]):
            raise _wrong(uri, f"{name}: {what}")


def _expected(record: HeadRecord, uri: str) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of a head with this record, made without memory for the weights."""
    import torch

    from daf_core.heads import build

    try:
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tensors without elements
            module = build(record.network, record.shapes, record.width, record.members)
    except SettingsError as err:
        raise SettingsError(f"{uri}: {err}") from err
    except Exception as err:  # whatever absurd sizes lead to
        raise _wrong(uri, f"no head of kind {record.kind} has such sizes: {err}") from err
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def _check_familiarity(found: Tensors, record: HeadRecord, uri: str) -> None:
    columns: dict[str, Tensors] = {}
    for name, value in found.items():
        column, _, tensor = name.removeprefix(FAMILIARITY).partition(".")
        columns.setdefault(column, {})[tensor] = value
    for column, tensors in columns.items():
        layers, features = record.shapes.get(column, (0, 0))
        needed = {"mean", "whitening", "distances", "layer"}
        if tensors.keys() - {"plane"} != needed or not features:
            raise _wrong(uri, f"{FAMILIARITY}{column}: expected the tensors of a column it reads")
        directions = tensors["whitening"].shape[-1:]
        shapes = {
            "mean": (features,),
            "whitening": (features, *directions),
            "distances": (PERCENTILES,),
            "layer": (1,),
            "plane": (features + 1,),
        }
        for name in tensors:
            shape = shapes[name]
            kind = "i" if name == "layer" else "f"
            if tensors[name].shape != shape or tensors[name].dtype.kind != kind:
                raise _wrong(uri, f"{FAMILIARITY}{column}.{name}: expected shape {shape}")
            if what := problem(name, tensors[name]):
                raise _wrong(uri, f"{FAMILIARITY}{column}.{name}: {what}")
        if not 0 <= int(tensors["layer"][0]) < layers:
            raise _wrong(uri, f"{FAMILIARITY}{column}.layer: expected one of {layers} layers")


def _wrong(uri: str, what: str) -> SettingsError:
    first = " ".join(what.split())[:300]
    return SettingsError(f"{uri}: {first}; train the head again or restore the file")
