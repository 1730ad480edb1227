"""Files that a source names outside of where its data may come from, for the summary."""

import posixpath

from daf_core.decimals import number_of
from daf_core.storage.origins import folder_of
from daf_core.storage.uris import place_in, shown

SHOWN = 4  # roots in a line


class Outside:
    """Counts what was refused, and knows which roots would admit it."""

    def __init__(self, kind: str) -> None:
        self._kind, self._count = kind, 0
        self._buckets: set[str] = set()
        self._folders: dict[str, str] = {}  # first step of the path → folder common to all

    def add(self, uri: str) -> None:
        """A file was refused for where it lies."""
        self._count += 1
        folder = folder_of(uri)
        if place_in(folder)[0] != "file":
            self._buckets.add(folder)
            return
        first = "/".join(folder.split("/")[:2])
        self._folders[first] = posixpath.commonpath([self._folders.get(first, folder), folder])

    def hints(self) -> tuple[str, ...]:
        """A line that says how many were refused, and what would admit them; none if none was."""
        if not self._count:
            return ()
        roots = sorted([*self._buckets, *self._folders.values()])
        options = " ".join(f"`allow_root` {shown(root)}" for root in roots[:SHOWN])
        more = f" and {len(roots) - SHOWN} more" * (len(roots) > SHOWN)
        plural = self._count != 1
        count = number_of(self._count, f"{self._kind} names", f"{self._kind}s name")
        return (
            f"{count} a file outside of the source and {'are' if plural else 'is'} quarantined: "
            f"{options}{more} admits {'them' if plural else 'it'}",
        )
