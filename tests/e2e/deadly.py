"""Storage whose files kill the process that opens them: what a decoder's crash does to a worker.

memory://FILE kills always; memory://FILE?2 the first two times, which FILE.kills counts. It stands
in for the one protocol that daf opens and that reaches nothing. fsspec finds it as it finds any
package's file system, by the entry point in plugin/.
"""

import os
import signal
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem


class DeadlyFileSystem(AbstractFileSystem):
    """Opening kills."""

    protocol = "memory"

    def open(self, path: str, *arguments: Any, **options: Any) -> Any:
        """Kill this process, or open the file."""
        path, _, most = path.removeprefix("memory://").partition("?")
        kills = Path(f"{path}.kills")
        before = kills.stat().st_size if kills.exists() else 0
        if not most or before < int(most):
            kills.write_text("x" * (before + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return Path(path).open("rb")

    def isdir(self, path: str) -> bool:
        """Whether a path is a folder: all are."""
        return True

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path
