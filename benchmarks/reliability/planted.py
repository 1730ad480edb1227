"""Does a run without a network work, and is anything found afterwards that must not be?

    python -m benchmarks.reliability.planted --work DIR      (as root, with iproute2 and util-linux)

Everything runs where there is no network but loopback, with keys and tokens in the environment.
`daf demo` runs in processes. On a Ray with a token, `daf score --drop-text` scores calls in whose
transcript a sentence stands, and then a table that also has rows with credentials in their URIs;
`daf report`, `calls`, `export` and `label` follow, and a wrong option that holds a secret.

Then the keys, tokens, credentials and the sentence are looked for: in what was printed, in each
output (cells and footers of tables, records, logs of attempts, pages), in temporary files, in the
logs of Ray, and in the metrics that Prometheus would read. All that DIR holds is deleted first.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from tabulate import tabulate

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF
from tests.jobs.stored_text import stored_text

RAY = str(Path(sys.executable).with_name("ray"))
SENTENCE = "the heron stood in the reeds by the old mill"
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIAHERON7REEDS7MILL",
    "AWS_SECRET_ACCESS_KEY": "wJalrHeronReedsMill/K7MDENGbPxRfiCY",
    "AWS_SESSION_TOKEN": "FwoGZXheronReedsMillSessionTokenzEXAMPLE",
    "HF_TOKEN": "hf_heronReedsMillHeronReedsMillHero",
    "RAY_AUTH_TOKEN": "5ec2e7" * 10 + "abcd",
}
SALT = "saltOfHeronReedsAndMill"
CREDENTIAL = "hunter2hunter2hunter2"
URIS = (
    f"s3://AKIAOTHER7REEDS7MILL:{CREDENTIAL}@bucket/a.wav",
    f"https://me:{CREDENTIAL}@example.com/a.wav",
    f"https://x.blob.core.windows.net/c/a.wav?sv=1&sig={CREDENTIAL}",
    f"s3://bucket/a.wav?X-Amz-Signature={CREDENTIAL}",
)
INSIDE = "DAF_PLANTED_INSIDE"
TRIES = 5
PORTS = {"port": 6395, "metrics-export-port": 8097}


def main() -> None:
    parser = parser_for(__doc__, work="sources, outputs and Ray's files")
    work = parser.parse_args().work.resolve()
    if INSIDE not in os.environ:  # again, in a network namespace of its own
        shutil.rmtree(work, ignore_errors=True)
        again = ["unshare", "--net", sys.executable, "-m", "benchmarks.reliability.planted"]
        environment = os.environ | {INSIDE: "yes"}
        sys.exit(subprocess.run([*again, *sys.argv[1:]], env=environment).returncode)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    links = subprocess.run(["ip", "-o", "addr"], capture_output=True, text=True, check=True).stdout
    print("addresses:", " ".join(line.split()[3] for line in links.splitlines()))
    for name in ("printed", "tmp", "ray"):
        (work / name).mkdir(parents=True)
    os.environ |= {**SECRETS, "TMPDIR": str(work / "tmp"), "RAY_AUTH_MODE": "token"}
    os.environ.pop("RAY_ADDRESS", None)
    calls, table = sources(work / "sources")
    with own_cluster(work):
        named = ["--offline", "--ray", "--drop-text"]
        salt = ["--hash-ids", f"@{work}/sources/salt"]
        daf(work, "score", calls, "--out", work / "calls", *named, *salt, "--json")
        daf(work, "score", table, "--out", work / "table", *named)
        after(work)
        (work / "printed/metrics").write_text(scraped())
    os.environ.pop("RAY_ADDRESS")
    daf(work, "demo", "--out", work / "demo")
    sys.exit(0 if shown(work) else 1)


def sources(folder: Path) -> tuple[Path, Path]:
    """Write the demo corpus with the sentence in each transcript, and a table of its recordings
    with rows that hold credentials.
    """
    calls = folder / "calls"
    shutil.copytree(str(resources.files("jobs") / "demo_corpus"), calls)
    for path in [*calls.glob("*.vtt"), *calls.glob("*.srt")]:
        path.write_text(path.read_text().replace(".\n", f", {SENTENCE}.\n", 3))
    (folder / "salt").write_text(SALT)
    table = folder / "table"
    table.mkdir()
    sound = [shutil.copy(path, table) for path in sorted(calls.glob("*.wav"))]
    rows = [(str(path), n, n + 1, f"{SENTENCE} {n}") for path in sound for n in range(5)]
    rows += [(uri, 0, 1, SENTENCE) for uri in URIS]
    with (table / "calls.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("audio_path", "start_s", "end_s", "text"), *rows])
    return calls, table / "calls.csv"


@contextmanager
def own_cluster(work: Path) -> Iterator[None]:
    """A Ray of one node with metrics, its files in `work`, which the commands join."""
    where = [f"--{name}={port}" for name, port in PORTS.items()]
    where += [f"--temp-dir={work}/ray", "--node-ip-address=127.0.0.1", "--num-cpus=2"]
    start = [RAY, "start", "--head", "--include-dashboard=false", "--disable-usage-stats", *where]
    with (work / "printed/ray start").open("w+") as said:
        for _ in range(TRIES):  # on a busy machine Ray gives up after half a minute
            # In this process's session, so that all of it ends with the namespace.
            ray = subprocess.Popen([*start, "--block"], stdout=said, stderr=said)
            while not (started := "Ray runtime started" in Path(said.name).read_text()):
                if ray.poll() is not None:
                    break
                time.sleep(1)
            if started:
                break
        os.environ["RAY_ADDRESS"] = f"127.0.0.1:{PORTS['port']}"
        try:
            yield
        finally:
            ray.terminate()
            ray.wait()


def daf(work: Path, verb: str, *arguments: object, status: int = 0) -> None:
    """Run a command, and keep what it prints."""
    number = len(list((work / "printed").iterdir()))
    command = [*DAF, verb, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True)
    (work / f"printed/{number:02} {verb}").write_text(ended.stdout + ended.stderr)
    said = (ended.stdout or ended.stderr).strip().splitlines()
    counted = [line for line in said if "rows in, " in line or ended.returncode]
    print(f"daf {verb}: status {ended.returncode}; {(counted or said)[-1][:120]}", flush=True)
    if ended.returncode != status:
        sys.exit(ended.stderr)


def after(work: Path) -> None:
    """What people do with scores, and an option that holds a secret."""
    for name in ("calls", "table"):
        scores = work / name
        daf(work, "report", scores, "--out", work / f"pages/{name}.html")
        daf(work, "calls", scores)
        daf(work, "export", scores, "--to", "jsonl", "--out", work / f"pages/{name}-tables")
        daf(work, "label", scores, "--out", work / f"pages/{name}.csv")
    daf(work, "score", URIS[0], "--out", work / "refused", status=2)


def scraped() -> str:
    """What Prometheus would read, once it tells of scored rows."""
    until = time.monotonic() + 30
    while True:
        uri = f"http://127.0.0.1:{PORTS['metrics-export-port']}/metrics"
        with urllib.request.urlopen(uri, timeout=10) as answer:
            text: str = answer.read().decode()
        if "ray_daf_rows_total" in text or time.monotonic() > until:
            series = {line.split("{")[0] for line in text.splitlines() if "ray_daf_" in line[:8]}
            print(f"metrics: {len(text.splitlines())} lines, of daf {sorted(series)}")
            return text
        time.sleep(1)


def shown(work: Path) -> bool:
    """Print what was found where; returns whether nothing was found that must not be there."""
    secrets = [*SECRETS.values(), CREDENTIAL, SALT, "AKIAOTHER7REEDS7MILL"]
    rows, clean = [], True
    for folder in sorted(one for one in work.iterdir() if one.name != "sources"):
        said = stored_text(folder)
        paths = [path for path in folder.rglob("*") if path.is_file()]
        found = [one[:12] + "…" for one in secrets if one in said or json.dumps(one)[1:-1] in said]
        words = said.count("heron stood")
        rows.append({
            "where": folder.name, "files": len(paths),
            "kB": sum(path.stat().st_size for path in paths) // 1000,
            "secrets found": ", ".join(found) or "none", "sentences found": words or "none",
        })  # fmt: skip
        clean = clean and not found and not words
    print(tabulate(rows, headers="keys", tablefmt="github"))
    control = stored_text(work / "sources")  # the search finds what is there
    print(f"in the sources: {control.count('heron stood')} sentences")
    return clean


if __name__ == "__main__":
    main()
