"""Checks of one machine. Each node of a cluster runs them too."""

import os
import platform
import resource
import shutil
import sys
import tempfile
from importlib import metadata, resources
from pathlib import Path

import psutil
from packaging.requirements import Requirement

import daf_core
from daf_core.decimals import number_of
from jobs.doctor.finding import FAULT, GIB, OK, WARNING, Finding, State, found_by
from jobs.parts.process_executor import cores

DISTRIBUTION = "daf"
# What one process that encodes takes, with its share of the decoded audio (docs/results.md).
PROCESS_GIB = 1.3
SHARED_GIB = 0.25  # a container has 64 MB unless it is given more
TEMPORARY_GIB = 1.0
FILES = 1024
RECORDINGS = (".wav", ".flac", ".mp3", ".ogg", ".m4a")  # of the demo
DECODERS = (
    *("pcm_s16le", "pcm_mulaw", "pcm_alaw", "adpcm_ms", "adpcm_ima_wav", "gsm_ms", "flac", "alac"),
    *("mp3", "aac", "vorbis", "opus", "amrnb", "amrwb", "wmav2", "g722", "g729"),
)


def of_machine() -> list[Finding]:
    """What this machine is, and whether daf can work on it."""
    checks = {
        "python": _python,
        "packages": _packages,
        "processors": _processors,
        "memory": _memory,
        "shared memory": _shared_memory,
        "temporary": _temporary,
        "open files": _open_files,
        "decoders": _decoders,
        "recognition": _recognition,
    }
    return [found_by(name, check) for name, check in checks.items()]


def gpus() -> list[str]:
    """The GPUs that torch can use, as "NVIDIA H100, 80 GiB"."""
    import torch

    if not torch.cuda.is_available():
        return []
    properties = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return [f"{one.name}, {one.total_memory / GIB:.0f} GiB" for one in properties]


def _python() -> tuple[State, str]:
    return OK, f"{platform.python_version()}, daf {daf_core.__version__}, {platform.platform()}"


def _packages() -> tuple[State, str]:
    """Whether what the package requires is installed, in versions that it takes."""
    unmet, versions = [], {}
    for line in metadata.requires(DISTRIBUTION) or []:
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            versions[needed.name] = found = metadata.version(needed.name)
        except metadata.PackageNotFoundError:
            unmet.append(f"{needed.name}{needed.specifier}, found none")
            continue
        if not needed.specifier.contains(found, prereleases=True):
            unmet.append(f"{needed.name}{needed.specifier}, found {found}")
    if unmet:
        return FAULT, f"expected {'; '.join(unmet)}; pip install --upgrade daf"
    shown = ("ray", "torch", "transformers", "pyarrow", "av")
    told = ", ".join(f"{name} {versions[name]}" for name in shown if name in versions)
    return OK, f"{told} and {len(versions) - len(shown)} more fit"


def _processors() -> tuple[State, str]:
    import torch

    said = f"{cores()} CPU cores; " + ("; ".join(gpus()) or "no GPU that torch can use")
    if not gpus() and shutil.which("nvidia-smi"):
        build = torch.version.cuda or "no CUDA"
        return WARNING, (
            f"{said}, though there is nvidia-smi: torch {torch.__version__} is built for {build}; "
            f"install a torch that fits the driver"
        )
    return OK, said


def _memory() -> tuple[State, str]:
    """Memory that is free, within the container's limit too."""
    free = min(psutil.virtual_memory().available, _container_free()) / GIB
    said = f"{free:.1f} GiB free"
    if free < PROCESS_GIB:
        return FAULT, f"{said}; expected {PROCESS_GIB:g} GiB for each process that encodes"
    if free < PROCESS_GIB * cores() and not gpus():
        return (
            WARNING,
            f"{said}: room for {number_of(int(free / PROCESS_GIB), 'process', 'processes')}; set "
            f"--actors to it",
        )
    return OK, said


def _container_free() -> float:
    """What the container's limit leaves, in bytes; infinite without a limit."""
    folder = Path("/sys/fs/cgroup")
    try:
        most = (folder / "memory.max").read_text().strip()
        used = int((folder / "memory.current").read_text())
    except (OSError, ValueError):
        return float("inf")
    return float("inf") if most == "max" else int(most) - used


def _shared_memory() -> tuple[State, str]:
    folder = "/dev/shm"
    if not os.path.isdir(folder):
        return OK, f"no {folder}; Ray uses the temporary folder"
    size = shutil.disk_usage(folder).total / GIB
    if size < SHARED_GIB:
        return WARNING, (
            f"{folder} holds {size:.2f} GiB: Ray then writes its objects to disk; give the "
            f"container more, as docker run --shm-size 2g"
        )
    return OK, f"{folder} holds {size:.1f} GiB"


def _temporary() -> tuple[State, str]:
    try:
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"daf")
            folder = os.path.dirname(file.name)
    except OSError as err:
        return FAULT, f"no file can be written there: {err}; set TMPDIR to a folder that can be"
    free = shutil.disk_usage(folder).free / GIB
    said = f"{folder} has {free:.1f} GiB free"
    if free < TEMPORARY_GIB:
        return WARNING, f"{said}; Ray and unpacked weights may need more; set TMPDIR or RAY_TMPDIR"
    return OK, said


def _open_files() -> tuple[State, str]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        return WARNING, f"at most {soft}; Ray expects {FILES} and more: ulimit -n 65536"
    return OK, f"at most {soft}"


def _decoders() -> tuple[State, str]:
    """Whether recordings of the usual formats are decoded: the calls of the demo, really."""
    import av

    from daf_core.recordings.audio import open_recording

    there = resources.files("jobs") / "demo_corpus"
    names = sorted(file.name for file in there.iterdir() if Path(file.name).suffix in RECORDINGS)
    failed = []
    for name in names:
        try:
            with open_recording(str(there / name)) as recording:
                if not len(recording.read(0.0, 0.5)):
                    failed.append(f"{name}: no samples")
        except Exception as err:  # whatever a broken library raises
            failed.append(f"{name}: {err}")
    if failed:
        return FAULT, f"cannot decode {'; '.join(failed)}; pip install --force-reinstall av"
    missing = [name for name in DECODERS if name not in av.codecs_available]
    kinds = ", ".join(sorted({Path(name).suffix[1:] for name in names}))
    said = f"{kinds} decoded; PyAV {av.__version__}"
    if missing:
        return WARNING, f"{said} lacks {', '.join(missing)}: such recordings are quarantined"
    return OK, f"{said} has all {len(DECODERS)} that archives use"


def _recognition() -> tuple[State, str]:
    try:
        return OK, f"faster-whisper {metadata.version('faster-whisper')}, for daf transcribe"
    except metadata.PackageNotFoundError:
        return OK, "not installed; pip install 'daf[asr]' for daf transcribe"


def interpreter() -> str:
    """What must be the same on all nodes: the versions of Python and daf."""
    return f"Python {sys.version_info.major}.{sys.version_info.minor}, daf {daf_core.__version__}"
