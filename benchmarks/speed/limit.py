"""How near do the encoders come to what the processor can do, and what takes their time?

    python -m benchmarks.speed.limit [--precision bfloat16] [--times 4]

Encodes the bundled demo corpus with the default encoders and one thread. Prints, for text and for
speech: the arithmetic (counted by torch), the rate at which it is done, its share of the rate at
which linear layers of the encoders' sizes alone are computed (the peak), and the milliseconds of
each kind of operation (by torch's profiler), for a token or a second of audio.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, get_args

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.command_line import parser_for
from benchmarks.speed.workload import RATE_HZ, demo_table, manifest_of
from daf_core.arrays import PcmSamples
from daf_core.encoders.linear import TYPICAL_ROWS, Linear
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.stages.decode import decode_part
from daf_core.weights.precision import Precision, fastest_precision
from daf_core.weights.specs import resolve
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

DEMO_ROWS = 97
ROUNDS = 20
SIZES = ((384, 1152), (384, 384), (384, 1536), (1536, 384))  # inputs, outputs, of both encoders
KINDS = {  # kind of operation → how the names of its operators begin, without aten:: or mkldnn::
    "linear layers": ("_linear_pointwise", "addmm", "mm"),
    "attention": ("bmm", "baddbmm", "_softmax", "masked_fill"),
    "convolutions": ("mkldnn_convolution", "convolution", "_slow_conv", "thnn_conv"),
    "spectrograms": ("_fft", "log10", "hann"),
    "GELU": ("gelu",),
    "norms": ("native_layer_norm",),
    "copies": ("copy_", "cat", "stack", "index", "clone"),
}


class Work(NamedTuple):
    """What one of the encoders does again and again. size: seconds of audio, or tokens; exact: the
    same in float32, where torch counts all of its arithmetic.
    """

    encode: Callable[[], object]
    exact: Callable[[], object]
    size: float
    unit: str


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--precision", choices=get_args(Precision))
    parser.add_argument("--times", type=int, default=4, help="the corpus so often")
    asked = parser.parse_args()
    precision: Precision = asked.precision or fastest_precision("cpu")
    torch.set_num_threads(1)
    peak = peak_rate(precision)
    print(f"{precision}, one thread: linear layers alone {peak / 1e9:.0f} GFLOP/s")
    texts, waves = demo(asked.times)
    for name, work in (
        ("text", of_texts(texts, precision)),
        ("speech", of_waves(waves, precision)),
    ):
        show(name, work, peak)


def demo(times: int) -> tuple[list[str], list[PcmSamples]]:
    """The words and the sound of the demo corpus, so often."""
    with TemporaryDirectory() as folder:
        manifest = manifest_of(demo_table(Path(folder), DEMO_ROWS), Path(folder) / "manifest")
        rows = [row for part in manifest.read_all() for row in decode_part(part).to_pylist()]
    waves = [np.frombuffer(row["samples"], "<i2") for row in rows if row["samples"]]
    return [row["text"] for row in rows if row["text"]] * times, waves * times


def of_texts(texts: list[str], precision: Precision) -> Work:
    """The text encoder on texts."""
    encoder, exact = (
        load_text_encoder(resolve(TEXT_ENCODER), precision=one) for one in (precision, "float32")
    )
    tokens = sum(map(len, encoder.tokenizer.tokens(texts)))
    return Work(lambda: encoder.encode(texts), lambda: exact.encode(texts), tokens, "token")


def of_waves(waves: Sequence[PcmSamples], precision: Precision) -> Work:
    """The speech encoder on waves."""
    encoder, exact = (
        load_speech_encoder(resolve(AUDIO_ENCODER), precision=one) for one in (precision, "float32")
    )
    seconds = sum(map(len, waves)) / RATE_HZ
    return Work(lambda: encoder.encode(waves), lambda: exact.encode(waves), seconds, "s of audio")


def peak_rate(precision: Precision) -> float:
    """Operations a second of the linear layers alone, the mean over SIZES."""
    return float(np.mean([rate_of(inputs, outputs, precision) for inputs, outputs in SIZES]))


@torch.inference_mode()
def rate_of(inputs: int, outputs: int, precision: Precision) -> float:
    """Operations a second of a linear layer of this size: of some rounds the fastest."""
    dtype = getattr(torch, precision)
    layer = Linear(torch.randn(outputs, inputs, dtype=dtype), torch.zeros(outputs, dtype=dtype))
    rows = torch.randn(TYPICAL_ROWS, inputs, dtype=dtype)
    took = min(seconds_of(lambda: layer(rows)) for _ in range(ROUNDS))
    return 2 * TYPICAL_ROWS * inputs * outputs / took


def seconds_of(work: Callable[[], object]) -> float:
    """Processor seconds of doing it once."""
    began = time.process_time()
    work()
    return time.process_time() - began


def show(name: str, work: Work, peak: float) -> None:
    """Print how fast an encoder is, and what takes its time."""
    with FlopCounterMode(display=False) as counted:
        work.exact()
    work.encode()
    took = min(seconds_of(work.encode) for _ in range(3))
    rate = counted.get_total_flops() / took
    print(
        f"\n{name}: {counted.get_total_flops() / work.size / 1e6:.1f} MFLOP and "
        f"{took / work.size * 1e3:.3f} ms a {work.unit}; {rate / 1e9:.0f} GFLOP/s, "
        f"{rate / peak:.0%} of the peak"
    )
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        work.encode()
    spent = {one.key: one.self_cpu_time_total / 1e6 for one in profiled.key_averages()}
    total = sum(spent.values())
    kinds = dict.fromkeys([*KINDS, "all else"], 0.0)
    for operator, seconds in spent.items():
        kinds[kind_of(operator)] += seconds
    for kind, seconds in sorted(kinds.items(), key=lambda item: -item[1]):
        each = took / work.size * 1e3 * seconds / total
        print(f"  {kind:14} {seconds / total:4.0%}  {each:.3f} ms a {work.unit}")


def kind_of(operator: str) -> str:
    """The kind of an operator of torch."""
    own = operator.rpartition("::")[2]
    return next((kind for kind, names in KINDS.items() if own.startswith(names)), "all else")


if __name__ == "__main__":
    main()
