"""How long it takes to find out what is left to do of 100,000 parts, half of them done.

    python benchmarks/planning.py --work /tmp/daf-planning [--parts 100000]

`daf ingest` cuts a table into as many parts; half of the scores are published as the score job
does. Then a new process plans the rest, with the index that a run writes every five minutes, and
without it, when every part that is there has to be asked.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

from daf_core.schemas import QUARANTINE, SCORES
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from jobs.parts.encode_manifest import parts_of
from jobs.parts.resume import run_missing_parts
from jobs.settings import ScoreSettings

DAF = [sys.executable, "-c", "from jobs.cli import main; main()"]
IDENTITY = {"benchmark": "planning"}


class Planned(Exception):
    """Raised with the number of missing parts where the job would begin to work."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--parts", type=int, default=100_000)
    parser.add_argument("--plan", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.plan:
        plan(asked.work)
    manifest, output = asked.work / "manifest", scores_output(str(asked.work / "scores"))
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    table = asked.work / "table.csv"
    words = "so it goes on and on " * 3  # six seconds of them: a part
    rows = (f"r{number},{words}\n" for number in range(asked.parts))
    table.write_text("recording_id,text\n" + "".join(rows))
    began = time.monotonic()
    options = ["--part-minutes", "0.1"]
    subprocess.run([*DAF, "ingest", table, "--out", manifest, *options], check=True)
    print(f"ingest                  {time.monotonic() - began:7.1f} s")
    done = publish_half(manifest, output)
    part_index.write(output.index_uri, done, run_record.fingerprint(IDENTITY))
    again = [sys.executable, __file__, "--work", asked.work, "--plan"]
    print("plan, with the index    ", end="", flush=True)
    subprocess.run(again, check=True)
    Path(output.index_uri).unlink()
    print("plan, from footers alone", end="", flush=True)
    subprocess.run(again, check=True)


def publish_half(manifest: Path, output: Output) -> list[PartFacts]:
    """Publish every other part of the scores, empty but for its footer."""
    source = manifest_output(str(manifest))
    parts = parts_of(source, run_record.read_complete(source))[::2]
    run_record.begin(output, IDENTITY, fresh=False)
    fingerprint = run_record.fingerprint(IDENTITY)

    def publish(part: PartFacts) -> None:
        publish_part(output, part, SCORES.empty_table(), QUARANTINE.empty_table(), fingerprint)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, parts))
    return parts


def plan(work: Path) -> NoReturn:
    """Go on with the run up to where it would work; print seconds and memory, then exit."""
    began = time.monotonic()
    source = manifest_output(str(work / "manifest"))
    settings = ScoreSettings(
        manifest=source.root, head=str(work / "head"), out=str(work / "scores")
    )

    def stop(missing: list[PartFacts]) -> Iterator[PartFacts]:
        raise Planned(len(missing))

    asked = parts_of(source, run_record.read_complete(source))
    try:
        run_missing_parts(
            "scored", asked, scores_output(settings.out), IDENTITY, {}, settings, stop
        )
    except Planned as planned:
        seconds, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{seconds:7.1f} s, {planned} of {len(asked)} to do, {peak / 1e3:.0f} MB at most")
    sys.exit()


if __name__ == "__main__":
    main()
