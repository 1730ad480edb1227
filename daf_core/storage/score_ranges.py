"""The ranges that published scores keep, whatever head made them."""

import numpy as np
import pyarrow as pa

from daf_core.arrays import BoolArray, FloatArray
from daf_core.decimals import number_of
from daf_core.schemas import LABEL_RANGE, POLARITIES

TOLERANCE = 1e-3  # of float32 sums
_SHARE = (0.0, 1.0)
_SPAN = (0.0, LABEL_RANGE[1] - LABEL_RANGE[0])
RANGES = {
    **dict.fromkeys(
        ("sentiment", "interval_low", "interval_high", "text_sentiment", "audio_sentiment"),
        LABEL_RANGE,
    ),
    **dict.fromkeys(("text_weight", "audio_weight", "polarity_probability"), _SHARE),
    **dict.fromkeys((f"{name}_probability" for name in POLARITIES), _SHARE),
    **dict.fromkeys(("familiarity", "text_familiarity", "audio_familiarity"), _SHARE),
    "disagreement": _SPAN,
}
_SUMS = (("text_weight", "audio_weight"), tuple(f"{name}_probability" for name in POLARITIES))


def wrong_scores(rows: pa.Table) -> dict[str, BoolArray]:
    """Rule that is broken → which rows (rows,) break it; empty where all rows keep all rules.

    rows: of scores or predictions. Numbers are finite and in their ranges, weights and
    probabilities sum to 1, the low end of an interval is not above its high end. Null is allowed.
    """
    values = {name: _values(rows[name]) for name in RANGES if name in rows.column_names}
    found: dict[str, BoolArray] = {}
    for name, (value, known) in values.items():
        least, most = RANGES[name]
        within = (value >= least - TOLERANCE) & (value <= most + TOLERANCE)  # False of NaN
        found[f"{name} outside [{least:g}, {most:g}]"] = known & ~within
    for names in _SUMS:
        if all(name in values for name in names):
            known = np.logical_and.reduce([values[name][1] for name in names])
            total = np.sum([values[name][0] for name in names], axis=0)
            found[f"{' + '.join(names)} not 1"] = known & ~(np.abs(total - 1) <= TOLERANCE)
    if "interval_low" in values and "interval_high" in values:
        (low, _), (high, _) = values["interval_low"], values["interval_high"]
        found["interval_low above interval_high"] = low > high + TOLERANCE
    return {rule: wrong for rule, wrong in found.items() if wrong.any()}


def wrong_scores_named(rows: pa.Table, shown: int = 3) -> list[str]:
    """One line for each rule that rows break, with the ids of the first `shown` of them."""
    return [
        f"{number_of(int(wrong.sum()), 'row')} with {rule}: "
        + ", ".join(map(str, rows["utterance_id"].filter(pa.array(wrong)).to_pylist()[:shown]))
        for rule, wrong in wrong_scores(rows).items()
    ]


def _values(column: pa.ChunkedArray) -> tuple[FloatArray, BoolArray]:
    """The numbers (rows,) of a column, NaN where null, and which are not null."""
    known = np.asarray(column.is_valid().to_numpy(), bool)
    return column.to_numpy().astype(np.float32), known
