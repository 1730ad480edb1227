"""daf plan: a few parts are scored, and what that took is laid out for all."""

import math
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psutil

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.stages import trained_head
from daf_core.storage import files, run_record
from daf_core.storage.origins import checked_roots, of_manifest
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import RunRecord
from daf_core.weights.precision import fastest_precision
from daf_core.weights.specs import locate
from jobs.command.terminal import say
from jobs.command.told import tell
from jobs.parts.encode import EncodePlan
from jobs.parts.encode_manifest import parts_to_make
from jobs.parts.executor import open_executor
from jobs.parts.measured import Finished, Speed, measured, of_whole, spread, work
from jobs.parts.read_and_publish import PublishPart, ReadPart
from jobs.progress import counted, rate, working_on
from jobs.ray_address import ray_runs
from jobs.settings import PlanSettings

# Of the sample, for each process: at least so much work, as seconds of speech, and so many parts;
# at most so many parts.
LEAST_S, LEAST_PARTS, MOST_PARTS = 600.0, 5, 40


@dataclass(frozen=True)
class Sample:
    """What scoring a few parts took. bytes: of the output; memory: of processes of this machine."""

    speed: Speed
    bytes: int
    memory: int
    device: str


def run(settings: PlanSettings) -> str:
    """Print what a run needs, a line each; returns what it takes in one line.

    Raises:
        SettingsError: the manifest is not finished, weights are missing, or `out` on a Ray.
    """
    if settings.out is None and ray_runs():
        raise SettingsError("expected `out`, a folder that all nodes of the Ray reach, found none")
    manifest = manifest_output(settings.manifest)
    record = run_record.read_complete(manifest)
    parts = parts_to_make(manifest, record)
    if not parts:
        return "nothing to do: the manifest has no rows"
    say(_archive(parts))
    plan = _plan(settings)
    with working_on("scoring a sample"):
        sample = _score_sample(settings, manifest, record, parts, plan)
    for line in _needs(settings, parts, sample):
        say(line)
    seconds = sample.speed.run_s(parts)
    price = settings.price_per_hour
    whole = None if price is None else price * seconds / 3600
    tell("planned", seconds=seconds, cost=whole)
    cost = "" if whole is None else f", {whole:.4g} at {price:g} per hour"
    return f"scoring takes about {_duration(seconds)}, beside the start and the report{cost}"


def _plan(settings: PlanSettings) -> EncodePlan:
    """What is done to parts; weights are looked for."""
    head = trained_head.load(settings.head)
    for spec in head.encoders.values():
        locate(spec, settings.offline)
    return EncodePlan(head.encoders, settings.offline, head)


def _score_sample(
    settings: PlanSettings,
    manifest: Output,
    record: RunRecord,
    parts: list[PartFacts],
    plan: EncodePlan,
) -> Sample:
    with _folder(settings.out) as folder, open_executor(settings, parts) as executor:
        chosen = spread(parts, _sample_size(parts, executor.workers, settings.share))
        workers = min(executor.workers, len(chosen))
        precision = settings.precision or fastest_precision(executor.device)
        plan = replace(plan, device=executor.device, precision=precision)
        origins = of_manifest(record, checked_roots(settings.allow_root))
        read = ReadPart(manifest, plan.reads_audio, context=plan.context, origins=origins)
        output = scores_output(folder)
        publish = PublishPart(output, run_record.fingerprint(plan.identity))
        started, memory = time.monotonic(), 0
        finished: list[Finished] = []
        for part in executor.encode(chosen, read, plan, publish):
            finished.append(Finished(part, time.monotonic() - started))
            memory = max(memory, _memory())
        size = sum(len(files.read_bytes(output.part_uri(one.part.name))) for one in finished)
        whole = len(chosen) == len(parts)
        speed = of_whole(finished) if whole else measured(finished, workers)
        return Sample(speed, size, memory, executor.device)


def _sample_size(parts: list[PartFacts], workers: int, share: float) -> int:
    """How many parts to score."""
    usual = sum(map(work, parts)) / len(parts)
    least = max(LEAST_PARTS, math.ceil(LEAST_S / usual)) * workers
    return min(max(least, math.ceil(share * len(parts))), MOST_PARTS * workers)


@contextmanager
def _folder(out: str | None) -> Iterator[str]:
    """A folder for the result of the sample, which is deleted."""
    if out is None:
        with tempfile.TemporaryDirectory(prefix="daf-plan-") as folder:
            yield folder
        return
    folder = files.join(out, f"daf-plan-{secrets.token_hex(4)}")
    try:
        yield folder
    finally:
        files.delete_folder(folder)


def _memory() -> int:
    """What this process and those that it started hold, in bytes."""
    own = psutil.Process()
    found = 0
    for process in (own, *own.children(recursive=True)):
        try:
            found += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return found


def _archive(parts: list[PartFacts]) -> str:
    rows, speech_s = sum(part.rows_in for part in parts), sum(part.audio_s for part in parts)
    largest = max(map(work, parts)) / (sum(map(work, parts)) / len(parts))
    uneven = f"; the largest part is {largest:.1f} times the mean" if largest > 2 else ""
    told = {"parts": len(parts), "rows": rows, "audio_hours": speech_s / 3600}
    tell("planned", **told, largest_part=largest)
    return (
        f"archive    {number_of(len(parts), 'part')}, {number_of(rows, 'row')}, "
        f"{speech_s / 3600:.2f} hours of speech{uneven}"
    )


def _needs(settings: PlanSettings, parts: list[PartFacts], sample: Sample) -> Iterator[str]:
    """What the sample took, and what a run would need."""
    speed = sample.speed
    rows = sum(part.rows_in for part in parts)
    times = sum(map(work, parts)) / sum(map(work, speed.parts))
    real_time = speed.speech_s / speed.seconds if speed.speech_s else None
    megabytes = max(1, round(times * sample.bytes / 1e6))
    tell(
        "planned",
        sample={
            "parts": len(speed.parts),
            "seconds": speed.seconds,
            "start_seconds": speed.start_s,
            "device": sample.device,
            "times_real_time": real_time,
            "reasons": speed.reasons,
        },
        disk_mb=megabytes,
        memory_gib=sample.memory / 2**30,
        requests=3 * len(parts),
    )
    fast = "" if real_time is None else f", {rate(real_time)} × real time"
    yield (
        f"sample     {number_of(len(speed.parts), 'part')} in {speed.seconds:.0f} s on "
        f"{sample.device}, of which the start {speed.start_s:.0f} s{fast}"
    )
    if speed.reasons:
        yield f"not used   {counted(speed.reasons)} of the sample would be quarantined"
    yield f"disk       {megabytes:,} MB for {number_of(rows, 'row')}"
    yield f"memory     {sample.memory / 2**30:.1f} GiB on this machine"
    yield f"requests   {3 * len(parts):,} for parts, and those for recordings"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
