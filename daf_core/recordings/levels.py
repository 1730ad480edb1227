"""Whether a cut holds anything to hear, its level, and what is remarked about it."""

import math

import numpy as np
import numpy.typing as npt

from daf_core.arrays import RATE_HZ, Samples

SILENT_BELOW = 10 ** (-60 / 20)  # peak, -60 dBFS
FULL_SCALE = 0.98  # the largest value that mu-law can represent
CLIPPED_SHARE = 0.001
SHORT_BELOW_S = 0.3

OFFSET_SHARE = 0.1  # a mean over a tenth of the sound's own level is an offset, not chance
SPAN_SAMPLES = RATE_HZ // 200  # sound is looked at in spans of 5 ms
QUANTUM = 3 / 32768  # peak to peak: dither and rounding of 16-bit sound move by up to this
CLICK_SPANS = 12  # 60 ms: no syllable is shorter, and no click longer, with what coding smears
LEAST_SPANS = 2  # 10 ms: the period of a low voice
LEAST_SWAY = 2.0  # 6 dB between loud and soft spans: speech has over 15, steady noise under 4
SWAY_SPANS = 4  # levels of quiet sound are taken over 20 ms


def holds_nothing(samples: Samples) -> bool:
    """Whether (samples,) at 16 kHz hold no sound that could be a voice.

    That is zeros, a constant, a few samples, an offset alone, dither, a click by itself.
    Sound with a peak under -60 dBFS counts if its level sways as that of speech does (syllables
    and pauses): a recording at -70 dBFS is heard, the even noise of an idle line is not. The rule
    looks at movement within spans of 5 ms, so that an offset plays no part.
    """
    spans = len(samples) // SPAN_SAMPLES
    if spans < LEAST_SPANS:
        return True
    if spans <= CLICK_SPANS:
        return bool(np.ptp(samples) <= QUANTUM)
    cut = samples[: spans * SPAN_SAMPLES].reshape(spans, SPAN_SAMPLES)
    if _is_plainly_heard(_swing(cut[::8])):  # an eighth is enough for most, and faster
        return False
    swing = _swing(cut)
    if _is_plainly_heard(swing):
        return False
    if np.count_nonzero(swing > QUANTUM) <= CLICK_SPANS:
        return True
    whole = spans // SWAY_SPANS * SWAY_SPANS
    level = swing[:whole].reshape(-1, SWAY_SPANS).mean(axis=1)
    soft, loud = np.quantile(level, [0.1, 0.9])
    return bool(loud < LEAST_SWAY * max(soft, QUANTUM / 3))


def _swing(spans: Samples) -> Samples:
    """Peak to peak of each of (spans, samples): (spans,)."""
    swing: Samples = spans.max(axis=1) - spans.min(axis=1)
    return swing


def _is_plainly_heard(swing: Samples) -> bool:
    """Whether spans move for longer than a click, and with a peak over -60 dBFS."""
    return bool(swing.max() >= 2 * SILENT_BELOW and np.count_nonzero(swing > QUANTUM) > CLICK_SPANS)


def even_out(samples: Samples, bounded: bool) -> Samples:
    """Remove an offset, and bring peaks beyond full scale back to it: (samples,) in [-1, 1].

    bounded: the recording's format cannot exceed full scale, so that what does is the overshoot of
    resampling, and is cut off. Otherwise (float samples, lossy codecs) all is scaled down: what is
    over is sound. Floats in the scale of 16-bit integers come out right the same way.
    """
    if not len(samples):
        return samples
    mean = float(samples.mean())
    power = float(np.dot(samples, samples)) / len(samples) - mean * mean
    if mean * mean > OFFSET_SHARE * OFFSET_SHARE * max(power, 0.0):
        samples = samples - np.float32(mean)
        if bounded:
            return samples.clip(-1, 1)
    if bounded:
        return samples
    peak = max(float(samples.max()), -float(samples.min()))
    return samples / np.float32(peak) if peak > 1 else samples


def level_db(pcm: npt.NDArray[np.int16]) -> float | None:
    """Root mean square of (samples,), 16-bit, in dB of full scale; None where all are 0.

    Sums of integers are exact, so that every machine finds the same.
    """
    wide = pcm.astype(np.int64)
    square = int(wide @ wide)
    return 10 * math.log10(square / len(pcm) / 32768**2) if square else None


def audio_flags(samples: Samples) -> list[str]:
    """Flags of (samples,) at 16 kHz: any of silent, clipped, short (`schemas.FLAGS`)."""
    flags = []
    level = np.abs(samples)
    if level.max(initial=0) < SILENT_BELOW:
        flags.append("silent")
    if len(samples) and np.mean(level >= FULL_SCALE) > CLIPPED_SHARE:
        flags.append("clipped")
    if len(samples) < SHORT_BELOW_S * RATE_HZ:
        flags.append("short")
    return flags
