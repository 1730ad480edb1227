"""How long does a run that continues take to find out which of 100,000 parts are missing?

    python -m benchmarks.speed.planning --work DIR [--parts 100000]

`daf ingest` cuts a table into so many parts, and half of the scores are published, empty but for
their footers. Then a new process plans the rest: once with the part index, which a run writes every
five minutes, and once without it, so that the footer of every finished part is read.

Deletes what is in WORK.
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

from benchmarks.command_line import parser_for
from benchmarks.daf_command import daf
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from jobs.parts.encode_manifest import parts_to_make
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import ScoreSettings

IDENTITY = {"benchmark": "planning"}
FINGERPRINT = run_record.fingerprint(IDENTITY)
WORDS = "so it goes on and on " * 3  # six seconds of them: one part


class Planned(Exception):
    """Raised with the number of missing parts where the run would begin to work."""


def main() -> None:
    parser = parser_for(__doc__, work="table, manifest and scores")
    parser.add_argument("--parts", type=int, default=100_000)
    parser.add_argument("--plan", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    manifest = manifest_output(str(asked.work / "manifest"))
    output = scores_output(str(asked.work / "scores"))
    if asked.plan:
        print(plan(manifest, output))
        return
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    table = asked.work / "table.csv"
    rows = (f"r{number},{WORDS}\n" for number in range(asked.parts))
    table.write_text("recording_id,text\n" + "".join(rows))
    began = time.monotonic()
    daf("ingest", table, "--out", manifest.root, "--part-minutes", "0.1")
    print(f"ingest                  {time.monotonic() - began:7.1f} s")
    part_index.write(output.index_uri, publish_half(manifest, output), FINGERPRINT)
    print("plan, with the index    ", end="", flush=True)
    plan_in_new_process(asked.work)
    Path(output.index_uri).unlink()
    print("plan, from footers alone", end="", flush=True)
    plan_in_new_process(asked.work)


def publish_half(manifest: Output, output: Output) -> list[PartFacts]:
    """Publish every other part of the scores, without rows; returns the facts of these parts."""
    parts = parts_to_make(manifest, run_record.read_complete(manifest))[::2]
    run_record.begin(output, IDENTITY, fresh=False)

    def publish(part: PartFacts) -> None:
        publish_part(output, part, SCORES.empty_table(), QUARANTINE.empty_table(), FINGERPRINT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(publish, parts))
    return parts


def plan_in_new_process(work: Path) -> None:
    """Run `plan` where nothing is loaded or cached yet."""
    module = "benchmarks.speed.planning"
    subprocess.run([sys.executable, "-m", module, "--work", work, "--plan"], check=True)


def plan(manifest: Output, output: Output) -> str:
    """Continue the run up to where it would work; returns seconds, missing parts and memory."""
    began = time.monotonic()

    def stop(missing: list[PartFacts]) -> Iterator[PartFacts]:
        raise Planned(len(missing))

    parts = parts_to_make(manifest, run_record.read_complete(manifest))
    settings = ScoreSettings(manifest=manifest.root, head="", out=output.root)
    try:
        run_missing_parts(Run("scored", parts, output, IDENTITY, {}), settings, stop)
    except Planned as planned:
        seconds, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return f"{seconds:7.1f} s, {planned} of {len(parts)} to do, {peak / 1e3:.0f} MB at most"
    return "  nothing to do"


if __name__ == "__main__":
    main()
