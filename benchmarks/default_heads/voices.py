"""The voices that default heads are trained on: RAVDESS and nEMO, whole, cut and joined.

Acted clips all last three seconds, and their words are a few sentences without a mood. A head that
hears nothing else takes the length of a clip for its mood. So cuts of 0.3 s and more join the
clips, and several clips of one actor and mood one after the other.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from benchmarks.corpora import Row, corpus_table, read_rows

RATE_HZ = 16_000
LEVEL = 0.05  # RMS of every clip that is joined to others
SHORTEST_CUT_S, LONGEST_CUT = 0.3, 0.8  # the latter is a share of what is voiced
CUTS = {"ravdess": 2, "nemo": 1}  # of each clip
CLIPS_JOINED = (2, 6)  # at least, and fewer than
JOINED_OF_GROUP = 8  # at most, of one actor and mood
PAUSE_S = (0.05, 0.4)
FRAME_S = 0.02
VOICED = 0.1  # of a clip's loudest frames: a frame is voiced from this level on
NEMO_SPLITS = {
    "WR0": "valid",
    "SM0": "valid",
    "MK0": "test",
    "MP0": "test",
}  # actors; the others train


def voice_rows(data: Path, corpus: str, out: Path) -> list[Row]:
    """Rows of a corpus of acted clips, "ravdess" or "nemo": clips, cuts and joined clips.

    Joined clips are written to the folder `out`; the same corpus gives the same bytes. Rows have no
    words: those of the clips say nothing. The speaker stands with whole clips alone, so that a head
    learns voices with and without their speaker's mean.
    """
    clips = [
        {**row, "split": row.get("split") or NEMO_SPLITS.get(row["speaker"], "train")}
        for row in read_rows(corpus_table(data, corpus))
        if row["label"]
    ]
    rng = np.random.default_rng(1)
    rows = []
    for clip in clips:
        path = str((data / corpus / clip["audio_path"]).resolve())
        own = f"{corpus}-{clip['utterance_id']}"
        rows.append(_row(own, corpus, clip, path) | {"speaker": clip["speaker"]})
        voiced = _voiced_span(data / corpus / clip["audio_path"])
        for number in range(CUTS[corpus]):
            start_s, end_s = _cut(voiced, rng)
            times = {"start_s": f"{start_s:.3f}", "end_s": f"{end_s:.3f}"}
            rows.append(_row(f"{own}-cut-{number}", f"{corpus}-cut", clip, path) | times)
    return [*rows, *_joined_rows(data / corpus, corpus, clips, out, rng)]


def _row(name: str, corpus: str, clip: Row, path: str) -> Row:
    return {
        "utterance_id": name,
        "recording_id": name,
        "audio_path": path,
        "label": clip["label"],
        "split": clip["split"],
        "corpus": corpus,
    }


def _voiced_span(path: Path) -> tuple[float, float]:
    """From the first to the last voiced frame of a clip, in seconds."""
    samples, rate_hz = soundfile.read(path, dtype="float32")
    frame = round(rate_hz * FRAME_S)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    level = np.sqrt(np.mean(frames**2, axis=1))
    voiced = np.flatnonzero(level > VOICED * np.quantile(level, 0.95))
    return float(voiced[0] * FRAME_S), float((voiced[-1] + 1) * FRAME_S)


def _cut(voiced: tuple[float, float], rng: np.random.Generator) -> tuple[float, float]:
    """Start and end of a random cut of the voiced span, in seconds."""
    duration_s = voiced[1] - voiced[0]
    shortest = min(SHORTEST_CUT_S, duration_s)
    longest = max(shortest, duration_s * LONGEST_CUT)
    length_s = float(np.exp(rng.uniform(np.log(shortest), np.log(longest))))
    start_s = voiced[0] + rng.uniform(0, duration_s - length_s)
    return start_s, start_s + length_s


def _joined_rows(
    folder: Path, corpus: str, clips: list[Row], out: Path, rng: np.random.Generator
) -> Iterator[Row]:
    """Rows of clips of one actor and mood, one after the other, which are written to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    groups: dict[tuple[str, str], list[Row]] = {}
    for clip in clips:
        groups.setdefault((clip["speaker"], clip["label"]), []).append(clip)
    for (speaker, label), own in sorted(groups.items()):
        order = rng.permutation(len(own)).tolist()
        for number in range(JOINED_OF_GROUP):
            count = int(rng.integers(*CLIPS_JOINED))
            taken, order = order[:count], order[count:]
            if len(taken) < CLIPS_JOINED[0]:
                break
            name = f"{corpus}-{speaker}-{label}-joined-{number}"
            wave = _joined([folder / own[one]["audio_path"] for one in taken], rng)
            soundfile.write(out / f"{name}.flac", wave, RATE_HZ, subtype="PCM_16")
            yield _row(name, f"{corpus}-joined", own[0], str(out / f"{name}.flac"))


def _joined(paths: list[Path], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(samples,) of clips at one level, with pauses between them."""
    pieces = []
    for path in paths:
        samples, rate_hz = soundfile.read(path, dtype="float32")
        samples = soxr.resample(samples, rate_hz, RATE_HZ)
        pieces.append(samples * (LEVEL / (np.sqrt(np.mean(samples**2)) + 1e-9)))
        pieces.append(np.zeros(round(RATE_HZ * rng.uniform(*PAUSE_S)), np.float32))
    joined: npt.NDArray[np.float32] = np.clip(np.concatenate(pieces[:-1]), -1, 1)
    return joined
