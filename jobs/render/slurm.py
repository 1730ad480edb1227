"""A script for `sbatch`."""

from jobs.render.template import text_of
from jobs.settings import RenderSettings

_STRICT = "set -euo pipefail\n"


def slurm(settings: RenderSettings, command: str, said: str) -> str:
    """The script that runs `command` on all nodes of its allocation; `said` is the comment at its
    top.
    """
    text = text_of("slurm.sh")
    begin, end = text.index("# Run one daf command"), text.index("#SBATCH")
    comment = "".join(f"# {line}\n" for line in said.splitlines())
    text = text[:begin] + comment + text[end:]
    for option, value in (
        ("job-name", settings.title),
        ("nodes", settings.workers),
        ("time", None if settings.hours is None else _time(settings.hours)),
    ):
        if value is not None:
            text = _with(text, option, str(value))
    more = {"gpus-per-node": settings.gpus_per_node, "partition": settings.queue}
    lines = "".join(f"#SBATCH --{name}={one}\n" for name, one in more.items() if one is not None)
    text = text.replace("#SBATCH --exclusive\n", f"{lines}#SBATCH --exclusive\n", 1)
    return text.replace(_STRICT, f"{_STRICT}set -- {command}\n", 1)


def _with(text: str, option: str, value: str) -> str:
    """The script with another value of an option of sbatch."""
    before, name, rest = text.partition(f"#SBATCH --{option}=")
    return before + name + value + rest[rest.index("\n") :]


def _time(hours: float) -> str:
    """As Slurm reads it, HOURS:MINUTES:SECONDS."""
    minutes = max(1, round(60 * hours))
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"
