"""Names for the arrays that several packages pass to each other, and the one sample rate."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000  # of all decoded audio

Samples: TypeAlias = npt.NDArray[np.float32]  # (samples,) in [-1, 1], mono, at RATE_HZ
PcmSamples: TypeAlias = npt.NDArray[np.int16]  # (samples,) of 16 bits, mono, at RATE_HZ

IntArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.floating]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
AnyArray: TypeAlias = npt.NDArray[Any]
