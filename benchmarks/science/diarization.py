"""How well are speakers told apart on one channel, and what do errors do to a speaker's mean?

    python -m benchmarks.science.diarization --data DIR --work DIR [--head HEAD]

Reads the demo corpus, and the AMI excerpts of DIR/longform: FLAC files with RTTM. Diarization error
(pyannote.metrics, the extra `bench`) without a collar and with 0.25 s on both sides of each
boundary. Missed is speech that voice activity does not find, and of several voices at once all but
one. Time is of one core.

With --head the excerpts are scored twice, with estimated speakers and with those of the RTTM. Each
of the two who speak longest by the RTTM is compared with the estimated speaker who has most of
their time.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

import jobs
from benchmarks.command_line import parser_for
from benchmarks.daf_command import daf
from daf_core.recordings.audio import open_recording
from daf_core.recordings.voice_activity import VoiceActivity
from daf_core.sources.transcripts import read_transcript
from daf_core.speakers.search import SpeakerSearch
from daf_core.storage.output import Output

DEMO = Path(jobs.__file__).parent / "demo_corpus"
COLLAR_S = 0.25
CLOSE = 0.2  # of two means of sentiment
COLUMNS = ("recording_id", "speaker", "start_s", "end_s", "sentiment")
PARTS = ("missed detection", "false alarm", "confusion")


class Spoken(NamedTuple):
    """A stretch of speech of one speaker."""

    start_s: float
    end_s: float
    speaker: str

    def shared_s(self, start_s: float, end_s: float) -> float:
        return max(0.0, min(self.end_s, end_s) - max(self.start_s, start_s))


ByRecording: TypeAlias = Mapping[Path, Sequence[Spoken]]


def main() -> None:
    parser = parser_for(__doc__, data=True, work="manifests and scores")
    parser.add_argument("--head", help="a trained head, as daf score takes it")
    asked = parser.parse_args()
    reference = read_reference(asked.data / "longform" / "ami_pyannote")
    for corpus, spoken in (("demo", read_demo()), ("AMI", reference)):
        for number in ("true", "estimated"):
            print(f"{corpus}, {number} number of speakers")
            found = search(spoken, estimate=number == "estimated")
            print_errors(spoken, found)
        print(f"{corpus}, one speaker for all")
        print_errors(spoken, {uri: one_speaker(turns) for uri, turns in found.items()})
    if asked.head:
        estimated = score(reference, asked.work / "estimated", asked.head, "--speakers", "auto")
        true = score(reference, asked.work / "true", asked.head)
        print_means(reference, true, estimated)


def read_reference(folder: Path) -> dict[Path, list[Spoken]]:
    """Recording → who speaks when, by the RTTM files of the folder."""
    found: dict[Path, list[Spoken]] = {}
    for file in sorted(folder.glob("*.rttm")):
        for line in file.read_text(encoding="utf-8").splitlines():
            _, name, _, start, duration, _, _, speaker, *_ = line.split()
            if (recording := folder / f"{name}.flac").is_file():
                start_s = float(start)
                spoken = Spoken(start_s, start_s + float(duration), speaker)
                found.setdefault(recording, []).append(spoken)
    return found


def read_demo() -> dict[Path, list[Spoken]]:
    """The same for the demo corpus, by its transcripts: synthetic voices."""
    found: dict[Path, list[Spoken]] = {}
    for transcript in sorted([*DEMO.glob("*.vtt"), *DEMO.glob("*.srt")]):
        recording = next(one for one in DEMO.glob(f"{transcript.stem}.*") if one != transcript)
        found[recording] = [
            Spoken(cue.start_s, cue.end_s, cue.speaker)
            for cue in read_transcript(str(transcript)).cues
            if cue.start_s is not None and cue.end_s is not None and cue.speaker
        ]
    return {uri: spoken for uri, spoken in found.items() if spoken}


def one_speaker(spoken: Sequence[Spoken]) -> list[Spoken]:
    """The same speech, all of one speaker: what telling nobody apart would give."""
    return [one._replace(speaker="all") for one in spoken]


def search(reference: ByRecording, estimate: bool) -> dict[Path, list[Spoken]]:
    """Recording → who speaks when, told apart by voice."""
    found: dict[Path, list[Spoken]] = {}
    activity, speech_s, work_s = VoiceActivity(), 0.0, 0.0
    for uri, spoken in reference.items():
        count = len({one.speaker for one in spoken})
        speakers = SpeakerSearch.with_count(None if estimate else count)
        with open_recording(str(uri)) as recording:
            speech = activity.segments(recording, None)
            began = time.process_time()
            turns = speakers.turns(recording, speech)
            work_s += time.process_time() - began
        speech_s += sum(end_s - start_s for start_s, end_s in speech)
        found[uri] = [Spoken(turn.start_s, turn.end_s, str(turn.voice)) for turn in turns]
    print(f"  {len(found)} recordings, {speech_s / work_s:.0f} s of speech in 1 s of one core")
    return found


def print_errors(reference: ByRecording, found: ByRecording) -> None:
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    for collar_s in (0.0, COLLAR_S):
        error = DiarizationErrorRate(collar=2 * collar_s)
        for uri, spoken in reference.items():
            with open_recording(str(uri)) as recording:
                whole = Timeline([Segment(0, recording.duration_s)])
            error(annotation(spoken), annotation(found[uri]), uem=whole)
        parts = ", ".join(f"{part} {error[part] / error['total']:.1%}" for part in PARTS)
        print(f"  collar {collar_s} s: error {abs(error):.1%} ({parts})")
    pairs = [(speakers(spoken), speakers(found[uri])) for uri, spoken in reference.items()]
    print("  speakers there/found:", *(f"{there}/{told}" for there, told in pairs))


def speakers(spoken: Sequence[Spoken]) -> int:
    return len({one.speaker for one in spoken})


def annotation(spoken: Sequence[Spoken]) -> Any:
    from pyannote.core import Annotation, Segment

    made = Annotation()
    for number, one in enumerate(spoken):
        made[Segment(one.start_s, one.end_s), number] = one.speaker
    return made


def score(reference: ByRecording, work: Path, head: str, *options: str) -> dict[str, list[Any]]:
    """Recording → scored rows; without options, with the speakers of the RTTM."""
    folder = work / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    for uri, spoken in reference.items():
        if not (folder / uri.name).exists():
            shutil.copy(uri, folder)
        if not options:
            lines = [
                f"SPEAKER {uri.stem} 1 {one.start_s} {one.end_s - one.start_s} <NA> <NA> "
                f"{one.speaker} <NA> <NA>\n"
                for one in spoken
            ]
            (folder / f"{uri.stem}.rttm").write_text("".join(lines), encoding="utf-8")
    daf("ingest", folder, "--out", work / "manifest", *options)
    scores = work / "scores"
    daf("score", "--manifest", work / "manifest", "--head", head, "--out", scores, "--local")
    rows: dict[str, list[Any]] = {}
    for table in Output(str(scores), "scores").read_all(COLUMNS):
        for row in table.to_pylist():
            rows.setdefault(row["recording_id"], []).append(row)
    return rows


def print_means(
    reference: ByRecording, true: Mapping[str, list[Any]], estimated: Mapping[str, list[Any]]
) -> None:
    """How far the mean sentiment of those who speak longest is from the one with true speakers.

    Once with the cuts of the RTTM, and once with the same cuts, where only the speakers differ.
    """
    apart: dict[str, list[float]] = {"cuts of the RTTM": [], "the same cuts": []}
    for uri, spoken in reference.items():
        rows, told = true.get(uri.stem, []), estimated.get(uri.stem, [])
        for speaker in longest(spoken):
            own = [one for one in spoken if one.speaker == speaker]
            shared = [
                sum(one.shared_s(row["start_s"], row["end_s"]) for one in own) for row in told
            ]
            names = sorted({row["speaker"] for row in told})
            if not sum(shared):
                continue
            fits = max(names, key=lambda name: sum(of_speaker(told, name, shared)))
            found = mean(told, of_speaker(told, fits))
            apart["cuts of the RTTM"].append(found - mean(rows, of_speaker(rows, speaker)))
            apart["the same cuts"].append(found - mean(told, shared))
    for name, differences in apart.items():
        distance = np.abs(differences)
        print(
            f"{len(distance)} who speak longest, {name}: mean sentiment {distance.mean():.2f} "
            f"apart (median {np.median(distance):.2f}), under {CLOSE} for "
            f"{np.mean(distance < CLOSE):.0%}"
        )


def of_speaker(
    rows: Sequence[Any], speaker: str, seconds: Sequence[float] | None = None
) -> list[float]:
    """The seconds of each row, by default its duration, where the speaker has it; else 0."""
    lengths = seconds or [row["end_s"] - row["start_s"] for row in rows]
    return [length * (row["speaker"] == speaker) for row, length in zip(rows, lengths, strict=True)]


def mean(rows: Sequence[Any], seconds: Sequence[float]) -> float:
    """The mean sentiment of rows, weighted by seconds."""
    return float(np.average([row["sentiment"] for row in rows], weights=seconds))


def longest(spoken: Sequence[Spoken]) -> list[str]:
    seconds: dict[str, float] = {}
    for one in spoken:
        seconds[one.speaker] = seconds.get(one.speaker, 0.0) + one.end_s - one.start_s
    return sorted(seconds, key=lambda speaker: -seconds[speaker])[:2]


if __name__ == "__main__":
    main()
