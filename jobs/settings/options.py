"""Options that several verbs have."""

from typing import Annotated

import typer

Manifest = Annotated[str, typer.Option(help="Folder that `daf ingest` made.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Delete an earlier run in --out and start over.")
]
Offline = Annotated[
    bool,
    typer.Option("--offline", envvar="HF_HUB_OFFLINE", help="Use only weights that are here."),
]
