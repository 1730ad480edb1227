"""Choose the utterances of an archive whose labels would help most.

The choice is a random sample with known probabilities, so that what is measured on it holds for the
archive: half of the chance is the same for every utterance (what is typical is drawn as often as it
occurs), the other half goes to utterances whose sentiment is uncertain, the same to each polarity.
`stands_for`, one over the probability, is at most twice its mean. Utterances are drawn
systematically along an order by recording and sentiment (Madow 1949, Annals of Mathematical
Statistics 20), which spreads them over both.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import rankdata

from daf_core.arrays import FloatArray
from daf_core.damage.draws import rank
from daf_core.schemas import POLARITIES, UNHEARD, polarity_number
from daf_core.storage.output import Output

CANDIDATES_AT_MOST = 200_000  # of a larger archive a random part is looked at
NOT_LABELLED = UNHEARD | {"tone", "music", "silent"}  # flags of rows that nobody labels by ear
COLUMNS = (
    *("utterance_id", "recording_id", "channel", "speaker", "start_s", "end_s", "sentiment"),
    *("interval_low", "interval_high", "polarity_probability", "disagreement", "flags"),
)


class Candidates(NamedTuple):
    """Rows to choose from. table: with the columns COLUMNS and "part"; eligible: how many rows can
    be labelled, of which the table holds all, or a random part.
    """

    table: pa.Table
    eligible: int


def candidates(scores: Output, rows: int, seed: int) -> Candidates:
    """Scored rows that can be labelled, in the order of their parts.

    Args:
        rows: how many rows the scores hold; of more than CANDIDATES_AT_MOST a random part is taken.
    """
    share = CANDIDATES_AT_MOST / max(rows, 1)
    found = [_candidates(scores, name, share, seed) for name in scores.part_names()]
    return Candidates(
        pa.concat_tables([one.table for one in found]), sum(one.eligible for one in found)
    )


def _candidates(scores: Output, part: str, share: float, seed: int) -> Candidates:
    table = scores.read(part, COLUMNS)
    flags = table["flags"].to_pylist()
    wanted = np.array([NOT_LABELLED.isdisjoint(one) for one in flags], bool)
    eligible = int(wanted.sum())
    if share < 1:
        last = f"{int(share * 16**8):08x}"
        ids = table["utterance_id"].to_pylist()
        wanted &= np.array([rank(seed, one, "candidate")[:8] < last for one in ids], bool)
    chosen = table.filter(pa.array(wanted))
    parts = pa.array([part] * len(chosen), pa.string())
    return Candidates(chosen.append_column("part", parts), eligible)


def choose(table: pa.Table, number: int, seed: int) -> pa.Table:
    """Choose so many rows of `candidates`: in their order, with the column stands_for, how many of
    the candidates each of them stands for. The same candidates and seed give the same rows.
    """
    if len(table) <= number:
        return table.append_column("stands_for", pa.array(np.ones(len(table))))
    probability = _probabilities(table, number)
    order = _spread(table)
    ends = np.cumsum(probability[order])
    start = np.random.default_rng(seed).uniform()
    points = (start + np.arange(number)) * ends[-1] / number
    chosen = np.sort(order[np.searchsorted(ends, points, side="right").clip(max=len(order) - 1)])
    stands_for = pa.array(1 / probability[chosen])
    return table.take(pa.array(chosen)).append_column("stands_for", stands_for)


def uncertainty(table: pa.Table) -> FloatArray:
    """How uncertain scored rows are, (rows,) in (0, 1]: the mean rank among the rows of interval
    width, of the chance of another polarity, and of the distance between words and tone. What a row
    lacks counts as the middle.
    """
    low, high = _numbers(table, "interval_low"), _numbers(table, "interval_high")
    signs = [
        high - low,
        1 - _numbers(table, "polarity_probability"),
        _numbers(table, "disagreement"),
    ]
    ranks = [rankdata(one, nan_policy="omit") / len(table) for one in signs]
    mean: FloatArray = np.mean([np.nan_to_num(one, nan=0.5) for one in ranks], axis=0)
    return mean


def _probabilities(table: pa.Table, number: int) -> FloatArray:
    """The chance of each row to be chosen; at most 1, summing to `number`."""
    unsure, polarity = uncertainty(table), polarity_number(_numbers(table, "sentiment"))
    for one in range(len(POLARITIES)):
        own = polarity == one
        unsure[own] /= max(unsure[own].sum(), 1e-12)
    size = 0.5 / len(table) + 0.5 * unsure / unsure.sum()
    certain = np.zeros(len(table), bool)
    while True:  # rows whose chance would be above 1 are taken, the others share the rest
        left = number - certain.sum()
        chance = np.where(certain, 1.0, left * size / size[~certain].sum())
        if not (more := (chance > 1) & ~certain).any():
            return chance
        certain |= more


def _spread(table: pa.Table) -> npt.NDArray[np.intp]:
    """An order of the rows: recordings by their mean sentiment, the rows of each by sentiment, up
    in one recording and down in the next.
    """
    recordings = np.array(table["recording_id"].to_pylist(), object)
    names, recording = np.unique(recordings, return_inverse=True)
    sentiment = _numbers(table, "sentiment")
    mean = np.bincount(recording, sentiment) / np.bincount(recording)
    place = np.empty(len(names), int)
    place[np.lexsort((np.arange(len(names)), mean))] = np.arange(len(names))
    own = place[recording]
    return np.lexsort((np.where(own % 2, -sentiment, sentiment), own))


def _numbers(table: pa.Table, column: str) -> FloatArray:
    """A column as float64, NaN where null."""
    found: FloatArray = table[column].to_numpy().astype(np.float64)
    return found
