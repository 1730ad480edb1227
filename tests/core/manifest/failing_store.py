"""A store in memory that fails after so many changes, empty before each test."""

from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem


class FailingFileSystem(MemoryFileSystem):
    """Fails for good after so many changes, as if the process or its connection were gone."""

    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    changes_left: ClassVar[float] = float("inf")

    def _change(self):
        if FailingFileSystem.changes_left <= 0:
            raise OSError("gone")
        FailingFileSystem.changes_left -= 1

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        self._change()
        super().pipe_file(path, value, mode, **kwargs)

    def rm_file(self, path):
        self._change()
        super().rm_file(path)


@pytest.fixture(autouse=True)
def empty_store():
    fsspec.register_implementation("memory", FailingFileSystem, clobber=True)
    FailingFileSystem.store.clear()
    FailingFileSystem.changes_left = float("inf")
    yield
    fsspec.register_implementation("memory", MemoryFileSystem, clobber=True)


def stored_files() -> dict[str, bytes]:
    """All files of the manifest but its record, which says when and by whom."""
    store = FailingFileSystem.store.items()
    return {path: file.getvalue() for path, file in store if not path.endswith("run.json")}
