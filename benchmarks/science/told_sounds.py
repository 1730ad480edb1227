"""How often are crosstalk, copied channels, tones and hold music told, and speech taken for them?

    python -m benchmarks.science.told_sounds [--speech DIR …] [--music DIR …]

Channels: the two stereo calls of the demo corpus, mixed with each other at known levels, delays and
lines; utterances are those that voice activity finds before (truth) and after mixing. Recall is the
share of the speakers' time that is kept on their channel; precision, the share of the kept time
that is theirs (within 0.3 s).

Sounds: tones and tunes of tests/made_sounds.py and cuts of the demo corpus, on three lines. More
recordings of speech or music are read from --speech and --music.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

import jobs
from benchmarks.command_line import parser_for
from daf_core.arrays import RATE_HZ, BoolArray, Samples
from daf_core.damage.telephone import telephone
from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from daf_core.recordings.channels import alike, own_speech
from daf_core.recordings.spans import Span
from daf_core.recordings.tones import sound_kind
from daf_core.recordings.voice_activity import VoiceActivity
from tests import made_sounds

DEMO = Path(jobs.__file__).parent / "demo_corpus"
CALLS = ["billing-dispute.wav", "delivery-late.ogg"]
LEVELS_DB = [-10, -20, -30, -40]
DELAYS_S = [0.01, 0.3]
GAINS = [1.0, -1.0, 0.5, -0.4, 2.0]
CUT_S = 6.0
STEP = RATE_HZ // 100


def plain(sound: Samples) -> Samples:
    return sound


def telephoned(sound: Samples) -> Samples:
    return telephone(sound.astype(np.float64)).astype(np.float32)


LINES = (plain, telephoned)


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--speech", nargs="*", default=[], help="folders of recordings of speech")
    parser.add_argument("--music", nargs="*", default=[], help="folders of recordings of music")
    asked = parser.parse_args()
    activity = VoiceActivity()
    for name in CALLS:
        with open_recording(str(DEMO / name)) as recording:
            pair = [recording.read(0, recording.duration_s, channel) for channel in (0, 1)]
        print_channels(name, pair, activity)
    draw = np.random.default_rng(0)
    for line, pass_through in made_sounds.lines(draw).items():
        for kind, made in (("tones", made_sounds.tones), ("music", made_sounds.music)):
            print_kinds(f"made {kind}, {line}", (pass_through(sound) for _, sound in made(draw)))
        print_kinds(f"demo speech, {line}", (pass_through(cut) for cut in cuts(DEMO)))
    for folder in (*asked.speech, *asked.music):
        print_kinds(folder, cuts(Path(folder)))


def print_channels(name: str, pair: list[Samples], activity: VoiceActivity) -> None:
    """Rates of the channel decisions on mixtures of two speakers."""
    truth = spans_of(pair, activity)
    for level_db in LEVELS_DB:
        rates = []
        for delay_s in DELAYS_S:
            for line in LINES:
                gain = 10 ** (level_db / 20)
                mixed = [
                    line(own + gain * later(other, delay_s) + noise(own, level_db))
                    for own, other in (pair, pair[::-1])
                ]
                rates.append(kept_rates(mixed, truth, activity))
        recall, precision, before, copies = np.mean(rates, axis=0)
        print(
            f"{name}, bleed {level_db} dB: recall {recall:.3f}, precision {precision:.3f} "
            f"(before {before:.3f}), taken for copies {copies:.2f}"
        )
    both = 0.4 * (pair[0] + pair[1])
    found = []
    for gain in GAINS:
        for delay_s in (0.0, 0.003, 0.02):
            for line in LINES:
                found.append(is_copy([both, line(gain * later(both, delay_s))]))
    print(f"{name}, the same sound twice: told as alike {np.mean(found):.2f} of {len(found)}")


def kept_rates(
    mixed: list[Samples], truth: Mapping[int, Sequence[Span]], activity: VoiceActivity
) -> tuple[float, float, float, bool]:
    """Recall, precision, precision without `own_speech`, and whether `alike` finds copies."""
    spans = spans_of(mixed, activity)
    with tempfile.TemporaryDirectory() as folder:
        path = write(mixed, folder)
        with open_recording(path) as recording:
            own = own_speech(recording, spans).spans
            copies = alike(recording)
    size = len(mixed[0]) // STEP
    real = on_and_off(truth, size)
    near = on_and_off(
        {c: [(start - 0.3, end + 0.3) for start, end in truth[c]] for c in truth}, size
    )
    kept = on_and_off({c: [(one.start_s, one.end_s) for one in own[c]] for c in own}, size)
    given = on_and_off(spans, size)
    recall = float(np.sum(kept & real) / np.sum(real))
    precision = float(np.sum(kept & near) / np.sum(kept))
    return recall, precision, float(np.sum(given & near) / np.sum(given)), bool(copies)


def is_copy(channels: list[Samples]) -> bool:
    """Whether `alike` tells two channels as one."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(channels, folder)
        with open_recording(path) as recording:
            return bool(alike(recording))


def spans_of(channels: list[Samples], activity: VoiceActivity) -> dict[int, list[Span]]:
    """Utterances of each channel, as voice activity finds them."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(channels, folder)
        with open_recording(path) as recording:
            return {c: activity.segments(recording, c) for c in range(len(channels))}


def write(channels: list[Samples], folder: str) -> str:
    """Write channels as a 16-bit recording; returns its path."""
    path = f"{folder}/call.wav"
    soundfile.write(path, np.clip(np.stack(channels, axis=1), -1, 1), RATE_HZ, subtype="PCM_16")
    return path


def on_and_off(spans: Mapping[int, Sequence[Span]], size: int) -> BoolArray:
    """(channels, size): whether each hundredth of a second lies in a span."""
    inside = np.zeros((len(spans), size), np.bool_)
    for row, channel in enumerate(sorted(spans)):
        for start_s, end_s in spans[channel]:
            inside[row, max(0, round(start_s * 100)) : round(end_s * 100)] = True
    return inside


def later(sound: Samples, delay_s: float) -> Samples:
    return np.pad(sound, (round(delay_s * RATE_HZ), 0))[: len(sound)]


def noise(like: Samples, level_db: float) -> Samples:
    """Noise that leaves the bleed about 20 dB of room (speech is near -25 dBFS)."""
    level = 10 ** ((level_db - 45) / 20)
    drawn = np.random.default_rng(len(like)).normal(0, level, len(like))
    return drawn.astype(np.float32)


def cuts(folder: Path) -> Iterator[Samples]:
    """Cuts of 6 s of every recording below a folder, those with sound."""
    for path in sorted(folder.rglob("*")):
        try:
            with open_recording(str(path)) as recording:
                for number in range(int(recording.duration_s / CUT_S) + 1):
                    cut = recording.read(number * CUT_S, (number + 1) * CUT_S, 0)
                    if np.abs(cut).max(initial=0) > 0.01:
                        yield cut
        except BadInput:
            continue


def print_kinds(name: str, sounds: Iterable[Samples]) -> None:
    """How many of the sounds are told as what."""
    found = Counter(sound_kind(sound) or "neither" for sound in sounds)
    print(f"{name}: {dict(found)}")


if __name__ == "__main__":
    main()
