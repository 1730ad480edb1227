"""What does `daf` open, and whom does it ask, of sources that name other files and addresses?

    python -m benchmarks.reliability.opened --work DIR [--only NAME …]       (Linux, with strace)

`daf ingest` and `daf score`, in processes and on Ray, read sources whose rows, links, playlists,
transcripts, tables and HDF5 files name what lies outside of them: files of the system, of a
neighbouring folder, pipes, web addresses. strace sees every file that any of their processes opens,
by where it really lies, and every address that they connect to. What is not of Python, packages,
daf, the system's libraries, encoders, temporary folders, the source or the output is printed, and
so is what lies in the neighbouring folder. No address may be asked but a Ray's own on loopback.
DIR must not be a temporary folder; it is deleted first.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tabulate import tabulate

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF
from benchmarks.reliability.hostile_sources import hostile_sources

STRACE = ["strace", "-f", "--seccomp-bpf", "-y", "-s", "300", "-e", "trace=open,openat,connect"]
OPENED = re.compile(r"open(?:at)?\(.* = \d+<(.*)>$")
FAMILY = re.compile(r"connect\(.*sa_family=(\w+)(.*)\)")
LOOPBACK = re.compile(r"127\.0\.0\.1|\"::1\"|::ffff:127\.0\.0\.1")
# What programs and libraries ask the machine about itself, and where they lie.
MACHINE = ("/proc/", "/sys/", "/dev/null", "/dev/urandom", "/dev/shm/", "/dev/tty", "/usr/", "/lib",
           "/bin/", "/etc/ld.so", "/etc/localtime", "/etc/mime.types", "/etc/ssl/", "/etc/timezone",
           "/etc/locale.alias", "/etc/host.conf", "/etc/hosts", "/etc/nsswitch.conf",
           "/etc/resolv.conf",
           "/etc/lsb-release", "/etc/debian_version")  # fmt: skip
LISTED = ("/dev",)  # folders whose names are read
WAYS = {
    "ingest": ["ingest"],
    "score --local": ["score", "--offline", "--local"],
    "score --ray": ["score", "--offline", "--ray"],
}


@dataclass
class Seen:
    """What the processes of a command did."""

    opened: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)  # addresses beyond this machine's files

    def read(self, log: Path) -> None:
        """Take in what strace wrote."""
        for line in log.read_text(errors="replace").splitlines():
            if found := OPENED.search(line):
                self.opened[found[1].removesuffix(" (deleted)")] += 1
            elif (found := FAMILY.search(line)) and found[1] not in ("AF_UNIX", "AF_NETLINK"):
                self.asked["loopback" if LOOPBACK.search(found[2]) else found[0]] += 1


def main() -> None:
    parser = parser_for(__doc__, work="sources and outputs")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="such as folder")
    asked = parser.parse_args()
    if shutil.which("strace") is None:
        sys.exit("expected the program strace, found none")
    work = asked.work.resolve()
    shutil.rmtree(work, ignore_errors=True)
    (work / "tmp").mkdir(parents=True)
    os.environ.pop("RAY_ADDRESS", None)
    rows, faults = [], []
    for name, source in hostile_sources(work / "sources").items():
        if asked.only and name not in asked.only:
            continue
        for way, arguments in WAYS.items():
            seen, said = traced([*DAF, *arguments, str(source)], work)
            beyond = outside(seen, source, work)
            faults += beyond
            rows.append({
                "source": name, "command": way, "what it said": said, "opened": len(seen.opened),
                "of them outside": len(beyond), "connections to loopback": seen.asked["loopback"],
                "elsewhere": seen.asked.total() - seen.asked["loopback"],
            })  # fmt: skip
            print(rows[-1], *beyond, sep="\n  ", flush=True)
    print(tabulate(rows, headers="keys", tablefmt="github"))
    sys.exit(1 if faults else 0)


def traced(command: list[str], work: Path) -> tuple[Seen, str]:
    """Run a command under strace; returns what it did, and its line that counts rows."""
    log, out = work / "strace.log", work / "out"
    shutil.rmtree(out, ignore_errors=True)
    ended = subprocess.run(
        [*STRACE, "-o", str(log), *command, "--out", str(out)],
        env=os.environ | {"TMPDIR": str(work / "tmp")},
        capture_output=True,
        text=True,
    )
    seen = Seen()
    seen.read(log)
    lines = [line for line in ended.stdout.splitlines() if "rows in, " in line]
    said = (lines or [ended.stderr.strip().splitlines()[-1]])[-1][:60]
    return seen, f"status {ended.returncode}: {said}"


def outside(seen: Seen, source: Path, work: Path) -> list[str]:
    """What was opened or asked that has nothing to do with the command, a line for each."""
    home, project = Path.home(), Path(__file__).parents[2]
    roots = [source if source.is_dir() else source.parent, work / "out", work / "tmp", project]
    own = [str(one) for one in (*roots, sys.prefix, sys.base_prefix, home / ".cache/huggingface")]
    allowed = tuple(f"{one}/" for one in own)
    fine = (*allowed, *MACHINE, "/tmp/daf-")  # the last: of a Ray, whose paths must be short
    files = [one for one in seen.opened if not f"{one}/".startswith(fine) and one not in LISTED]
    return [*sorted(files), *sorted(one for one in seen.asked if one != "loopback")]


if __name__ == "__main__":
    main()
