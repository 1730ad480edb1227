"""Try one damaged input: ingest, decode, and account for every row."""

import os
import re
import resource
import tempfile
import time
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.reliability.fuzzing import folder_trials, outside, readers
from benchmarks.reliability.fuzzing.accounts import Row, unaccounted
from benchmarks.reliability.fuzzing.inputs import Input
from benchmarks.reliability.fuzzing.originals import SECRET
from benchmarks.reliability.fuzzing.pickle_damage import RAN
from benchmarks.reliability.fuzzing.results import Result
from daf_core.errors import FILE_REASONS, REASONS, SettingsError, TooManyBad
from daf_core.schemas import FLAGS
from daf_core.stages.decode import decode_part
from daf_core.storage import files, parquet
from jobs.settings import EmbedSettings, IngestSettings
from jobs.verbs import embed, ingest

MOST_MEMORY = 4 << 30  # of address space beyond the start: no input may take the machine down


def prepare() -> None:
    """Load what every input needs, so that no input is charged for it; then limit the memory."""
    from daf_core.sources.folders.by_voice import voice_activity

    voice_activity()
    outside.prepare()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MOST_MEMORY, size + MOST_MEMORY))


def attempt(given: Input) -> Result:
    """Ingest and decode in this process. Every exception but SettingsError is a fault of daf."""
    result = Result()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _memory_mb("VmRSS")
    started = time.monotonic()
    try:
        if given.route in folder_trials.ROUTES:
            folder_trials.take(given, result)
        elif given.route == "reader":
            readers.take(given.source, result)
        else:
            (_take_features if given.route == "features" else _take)(given, result)
    except Exception as err:
        where = traceback.extract_tb(err.__traceback__)[-1]
        line = f"{type(err).__name__}: {err}".partition("\n")[0][:200]
        result.faults.append(f"raised {line} ({os.path.basename(where.filename)}:{where.lineno})")
    if os.path.exists(RAN):
        os.unlink(RAN)
        result.faults.append("something of the input was run")
    result.seconds = time.monotonic() - started
    result.grown_mb = _memory_mb("VmHWM") - before
    return result


def _take(given: Input, result: Result) -> None:
    out = str(given.folder / "manifest")
    labels = None if given.labels is None else str(given.labels)
    try:
        with suppress(TooManyBad):  # all rows are bad, and are accounted for all the same
            ingest.run(IngestSettings(source=str(given.source), out=out, labels=labels))
    except SettingsError as err:
        _judge_stop(given, err, result)
        return
    rows, quarantined = _all(f"{out}/manifest", "manifest"), _all(f"{out}/quarantine", "quarantine")
    result.unaccounted += unaccounted(given, rows, quarantined)
    if given.damaged and given.sound:
        given.damaged.replace(given.sound)
    for row in quarantined:
        _judge_quarantined(row, result, "ingest")
    for name in parquet.list_parts(f"{out}/manifest"):
        part = parquet.read(files.join(out, "manifest", name), "manifest")[0]
        decoded = decode_part(part)
        result.unaccounted += abs(len(part) - len(decoded))
        for row in decoded.to_pylist():
            _judge_decoded(row, result)


def _take_features(given: Input, result: Result) -> None:
    """Embed an undamaged corpus with damaged features of it."""
    assert given.sound is not None
    manifest, out = _manifest_of(given.sound), str(given.folder / "embeddings")
    try:
        with suppress(TooManyBad):
            embed.run(EmbedSettings(manifest=manifest, out=out, features=str(given.source)))
    except SettingsError as err:
        _judge_stop(given, err, result)
        return
    rows, quarantined = (
        _all(f"{out}/embeddings", "embeddings"),
        _all(f"{out}/quarantine", "quarantine"),
    )
    result.unaccounted += abs(
        len(_all(f"{manifest}/manifest", "manifest")) - len(rows) - len(quarantined)
    )
    result.outcomes["embedded"] += len(rows)
    for row in quarantined:
        _judge_quarantined(row, result, "embed")
    for row in rows:
        numbers = [*(row["text"] or [0]), *(row["audio"] or [0])]
        if not np.isfinite(np.array(numbers, np.float64)).all():
            result.faults.append("embeddings that are no numbers")


@cache
def _manifest_of(corpus: Path) -> str:
    out = tempfile.mkdtemp(prefix="manifest-", dir=corpus.parent)
    ingest.run(IngestSettings(source=str(corpus), out=out))
    return out


def _judge_stop(given: Input, err: SettingsError, result: Result) -> None:
    result.outcomes["refused: not such a file"] += 1
    source = str(given.source) if given.source.is_dir() else f"{given.source}: "
    begins = str(err).startswith(f"`labels` {given.labels}: " if given.labels else source)
    if given.route not in ("table", "labels", "corpus", "features") or not begins:
        result.faults.append(f"the job stopped: {err}"[:200])
    if "\n" in str(err) or SECRET in str(err):
        result.faults.append("an error with words of the input, or several lines")


def _judge_decoded(row: Row, result: Result) -> None:
    if row["reason"] is not None:
        _judge_quarantined(row, result, "score")
    elif row["samples"]:
        result.outcomes["decoded"] += 1
    elif row["text"] is not None and "no_audio" in row["flags"]:
        result.outcomes["text alone: " + (", ".join(row["flags"][1:]) or "no audio given")] += 1
    else:
        result.unaccounted += 1
    if not set(row["flags"]) <= FLAGS.keys():
        result.faults.append(f"a flag that is none: {row['flags']}")


def _judge_quarantined(row: Row, result: Result, stage: str) -> None:
    result.outcomes[f"quarantined by {stage}: {row['reason']}"] += 1
    if row["reason"] in ("too_slow", "poison"):  # its reader was ended, in a process of its own
        result.faults.append("crash" if row["reason"] == "poison" else "hang")
    if row["reason"] not in REASONS.keys() | FILE_REASONS.keys():
        result.faults.append(f"a reason that is none: {row['reason']}")
    said = row["message"].replace(row["audio_uri"] or "", "")  # words may have become a path
    if SECRET in said or "\n" in row["message"]:
        result.faults.append("a message with words of a transcript, or several lines")


def _all(folder: str, kind: str) -> list[Row]:
    names = parquet.list_parts(folder)
    return [row for n in names for row in parquet.read(files.join(folder, n), kind)[0].to_pylist()]


def _memory_mb(name: str) -> float:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024
