"""How near does `daf plan` come to the run that follows?

    python -m benchmarks.speed.foretold --work DIR [--sources FOLDER …]

`daf ingest` reads each folder of recordings, `daf plan` scores a sample, and `daf score` scores all
in processes of this machine. Prints what was foretold beside what the run took by its own clock,
which begins when the manifest has been read. Without --sources: the demo corpus, once and three
times. All that DIR holds is deleted first.
"""

import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path

from tabulate import tabulate

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF
from daf_core.storage.run_record import Json

WITHIN = 0.25  # of what the run takes


def main() -> None:
    parser = parser_for(__doc__, work="manifests and scores")
    parser.add_argument("--sources", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--part-minutes", default="0.2")
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    sources = asked.sources or demo_copies(asked.work, (1, 3))
    rows = []
    for number, source in enumerate(sources):
        rows.append(compared(source, asked.work / f"archive-{number}", asked.part_minutes))
        print(rows[-1], flush=True)
    print(tabulate(rows, headers="keys", tablefmt="github"))


def demo_copies(work: Path, times: tuple[int, ...]) -> list[Path]:
    """Folders that hold the recordings and transcripts of the demo corpus so many times."""
    made = []
    for copies in times:
        made.append(work / f"demo-{copies}")
        for number in range(copies):
            with resources.as_file(resources.files("jobs.demo_corpus")) as corpus:
                shutil.copytree(corpus, made[-1] / str(number))
    return made


def compared(source: Path, work: Path, part_minutes: str) -> dict[str, object]:
    """A row of the table: one archive, foretold and scored."""
    manifest, scores = str(work / "manifest"), str(work / "scores")
    told("ingest", source, "--out", manifest, "--part-minutes", part_minutes)
    planned = told("plan", "--manifest", manifest, "--local")["planned"]
    scored = told("score", "--manifest", manifest, "--out", scores, "--local")["scored"]
    foretold, took = planned["seconds"], scored["seconds"]
    off = foretold / took - 1
    return {
        "archive": source.name,
        "parts": planned["parts"],
        "sample": planned["sample"]["parts"],
        "hours of speech": round(planned["audio_hours"], 2),
        "foretold": f"{foretold:.1f} s",
        "took": f"{took:.1f} s",
        "off by": f"{100 * off:+.0f} %" + ("" if abs(off) <= WITHIN else ": too far"),
    }


def told(*arguments: object) -> Json:
    """What the steps of a command report.

    Raises:
        CalledProcessError: its exit status is not 0.
    """
    done = subprocess.run(
        [*DAF, *map(str, arguments), "--json"], check=True, stdout=subprocess.PIPE, text=True
    )
    steps: Json = json.loads(done.stdout)["steps"]
    return steps


if __name__ == "__main__":
    main()
