"""An hour of a call with every turn known: what the tables of calls and speakers say of it.

    python -m benchmarks.science.hour_long_call --work DIR [--minutes 60]

Places the utterances of the demo's calls one after the other, agent and customer on two channels
of G.711 (µ-law, 8 kHz), with planned pauses, silences and interruptions; writes the transcript as
Amazon Transcribe does, word by word; runs `daf score`; and compares the tables with what was
planned, which is counted here hundredth by hundredth of a second.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.command_line import parser_for
from daf_core.arrays import RATE_HZ
from daf_core.decimals import decimals
from daf_core.recordings.audio import open_recording
from daf_core.sources.transcripts import read_transcript
from daf_core.sources.transcripts.utterances.speaker_labels import speakers_from_text
from daf_core.sources.transcripts.utterances.tidy import tidy
from daf_core.storage.output import calls_output, speakers_output
from jobs.settings import ScoreSettings
from jobs.verbs import score

DEMO = Path("jobs/demo_corpus")
RATE = 8000
GRID = 100  # a second
ROLES = ("agent", "customer")


@dataclass(frozen=True)
class Said:
    """An utterance of the plan. interrupts: whether it begins while the other still speaks."""

    channel: int
    start_s: float
    end_s: float
    words: list[str]
    samples: npt.NDArray[np.float32]
    interrupts: bool = False


def main() -> None:
    parser = parser_for(__doc__, work="the call and its scores")
    parser.add_argument("--minutes", type=float, default=60)
    asked = parser.parse_args()
    folder = asked.work / "call"
    folder.mkdir(parents=True, exist_ok=True)
    plan = planned(asked.minutes * 60)
    write_call(plan, folder)
    settings = ScoreSettings(
        str(folder), out=str(asked.work / "scores"), channels=dict(enumerate_roles()), fresh=True
    )
    print(score.run(settings))
    compare(plan, str(asked.work / "scores"))


def enumerate_roles() -> list[tuple[str, str]]:
    """Channel → role, as `--channels` takes them."""
    return [(str(number), role) for number, role in enumerate(ROLES)]


def planned(length_s: float) -> list[Said]:
    """Utterances of the demo until the time is full; drawn with a fixed seed."""
    draw = np.random.default_rng(0)
    pieces = _pieces()
    plan: list[Said] = []
    now_s, number = 2.0, 0
    while now_s < length_s:
        words, samples = pieces[number % len(pieces)]
        lasts_s = len(samples) / RATE
        last = plan[-1] if plan else None
        interrupts = bool(last and last.end_s - last.start_s > 2.5 and draw.random() < 0.1)
        if interrupts and last is not None:
            start_s = last.end_s - 1.0
        else:
            pause = (4, 8) if draw.random() < 0.1 else (0.8, 1.5)
            start_s = now_s + draw.uniform(*pause)
        start_s = round(start_s * GRID) / GRID
        plan.append(Said(number % 2, start_s, start_s + lasts_s, words, samples, interrupts))
        now_s, number = max(now_s, start_s + lasts_s), number + 1
    return plan


def _pieces() -> list[tuple[list[str], npt.NDArray[np.float32]]]:
    """Words and samples of cues of the demo of 1.2 s and more, at RATE."""
    found = []
    for transcript in sorted([*DEMO.glob("*.vtt"), *DEMO.glob("*.srt")]):
        (sound,) = (one for one in DEMO.glob(f"{transcript.stem}.*") if one != transcript)
        with open_recording(str(sound)) as recording:
            for cue in speakers_from_text(tidy(read_transcript(str(transcript)))):
                if cue.start_s is None or cue.end_s is None or not cue.text:
                    continue
                samples = recording.read(cue.start_s, cue.end_s)[:: RATE_HZ // RATE]
                length = len(samples) // (RATE // GRID) * (RATE // GRID)
                if length >= 1.2 * RATE:
                    found.append((cue.text.split(), samples[:length]))
    return found


def write_call(plan: list[Said], folder: Path) -> None:
    """The recording and its transcript."""
    frames = np.zeros((round((plan[-1].end_s + 2) * RATE), len(ROLES)), np.float32)
    items = []
    for said in plan:
        start = round(said.start_s * RATE)
        frames[start : start + len(said.samples), said.channel] += said.samples
        edges = np.linspace(said.start_s, said.end_s, len(said.words) + 1)
        for word, start_s, end_s in zip(said.words, edges[:-1], edges[1:], strict=True):
            items.append(
                {
                    "type": "pronunciation",
                    "start_time": f"{start_s:.3f}",
                    "end_time": f"{end_s:.3f}",
                    "channel_label": f"ch_{said.channel}",
                    "alternatives": [{"confidence": "0.99", "content": word}],
                }
            )
    soundfile.write(folder / "hour.wav", frames, RATE, subtype="ULAW")
    text = " ".join(word for said in plan for word in said.words)
    results = {"transcripts": [{"transcript": text}], "items": items, "language_code": "en-US"}
    job = {"jobName": "hour", "status": "COMPLETED", "results": results}
    (folder / "hour.json").write_text(json.dumps(job))


def compare(plan: list[Said], scores: str) -> None:
    """Print what was planned beside what the tables say."""
    (call,) = [row for part in calls_output(scores).read_all() for row in part.to_pylist()]
    speakers = [row for part in speakers_output(scores).read_all() for row in part.to_pylist()]
    speaks = np.zeros((len(ROLES), round(plan[-1].end_s * GRID)), bool)
    for said in plan:
        speaks[said.channel, round(said.start_s * GRID) : round(said.end_s * GRID)] = True
    nobody = speaks.sum(axis=0) == 0
    silent = nobody[round(plan[0].start_s * GRID) :]
    runs = np.diff(np.flatnonzero(np.diff(np.pad(silent, 1).astype(int))))[::2] / GRID
    facts = [
        ("talk, s", speaks.any(axis=0).sum() / GRID, call["talk_s"]),
        ("silence, s", silent.sum() / GRID, call["silence_s"]),
        ("longest silence, s", runs.max(), call["longest_silence_s"]),
        ("silences of 3 s", int((runs >= 3).sum()), len(call["silences"])),
        ("overlap, s", speaks.all(axis=0).sum() / GRID, call["overlap_s"]),
        ("interruptions", sum(said.interrupts for said in plan), call["interruptions"]),
        ("words", sum(len(said.words) for said in plan), call["words"]),
    ]
    for speaker in speakers:
        role, channel = speaker["role"], speaker["channel"]
        own = [said for said in plan if said.channel == channel]
        talk_s = speaks[channel].sum() / GRID
        words = sum(len(said.words) for said in own)
        interruptions = sum(said.interrupts for said in own)
        facts += [
            (f"talk of the {role}, s", talk_s, speaker["talk_s"]),
            (f"words a minute, {role}", 60 * words / talk_s, speaker["words_per_minute"]),
            (f"interruptions by the {role}", interruptions, speaker["interruptions"]),
        ]
    print(f"{'':32}{'planned':>12}{'daf':>12}{'apart':>10}")
    for name, expected, found in facts:
        shown = (decimals(one, 2) for one in (expected, found, found - expected))
        print("{:32}{:>12}{:>12}{:>10}".format(name, *shown))


if __name__ == "__main__":
    main()
