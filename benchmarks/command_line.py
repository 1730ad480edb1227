"""What the command lines of the benchmarks share."""

import argparse
from pathlib import Path

LAYOUT = "folder of the corpora; benchmarks/data/README.md describes its layout"


def parser_for(doc: str | None, *, data: bool = False, work: str = "") -> argparse.ArgumentParser:
    """A parser whose help is the docstring of the script.

    data: the script reads corpora, and has a required option --data DIR; work: what the required
    folder --work DIR is for, "" for a script without one.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if data:
        parser.add_argument("--data", type=Path, required=True, metavar="DIR", help=LAYOUT)
    if work:
        parser.add_argument(
            "--work", type=Path, required=True, metavar="DIR", help=f"folder for {work}"
        )
    return parser
