"""When a run is warned about: the thresholds, and what is compared with them."""

from daf_core.report.correlation import Correlation
from daf_core.report.evidence import Intervals
from daf_core.schemas import LABEL_RANGE

UNFAMILIAR_SHARE = 0.1  # of rows like the training rows 3 to 6 % are unfamiliar
OTHER_LANGUAGE_SHARE = 0.05  # language detection errs too
UNHEARD_SHARE = 0.1
UNCALIBRATED_SHARE = 0.1
ONE_CHANNEL_SHARE = 0.2  # of recordings; now and then nobody answers
WIDE = 0.5 * (LABEL_RANGE[1] - LABEL_RANGE[0])  # mean width of intervals
UNDECIDED_SHARE = 0.5
SET_SHARE = 0.1  # rows with a set of modalities that is rarer are not looked at by themselves
LEAST_ROWS = 30  # for correlations and weights
CORRELATED = 0.3
ONE_SIDED = 0.95  # mean weight of one modality
STEADY = 0.02  # deviation of weights


def is_more(count: int, rows: int, share: float) -> bool:
    """Whether `count` of `rows` is more than a share, by more than chance (two deviations)."""
    return count > rows * share + 2 * float((rows * share * (1 - share)) ** 0.5)


def follows(correlation: Correlation) -> bool:
    """Whether |r| is over CORRELATED on LEAST_ROWS or more, and its interval leaves out 0."""
    if correlation.rows < LEAST_ROWS or correlation.r is None or correlation.interval is None:
        return False
    low, high = correlation.interval
    return abs(correlation.r) > CORRELATED and (low > 0 or high < 0)


def is_wide(intervals: Intervals) -> bool:
    """Whether intervals tell little: wide on average, or most of them undecided."""
    undecided = is_more(intervals.undecided, intervals.rows, UNDECIDED_SHARE)
    return intervals.mean_width > WIDE or undecided


def is_one_sided(audio_weight: Correlation) -> bool:
    """Whether one modality has nearly all the weight on rows that have both."""
    mean = audio_weight.mean_x
    return audio_weight.rows >= LEAST_ROWS and max(mean, 1 - mean) > ONE_SIDED


def is_steady(audio_weight: Correlation) -> bool:
    """Whether the weights are nearly the same in all rows that have both modalities."""
    return audio_weight.rows >= LEAST_ROWS and audio_weight.deviation_x < STEADY
