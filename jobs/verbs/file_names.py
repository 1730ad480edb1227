"""Names of files for recordings, whatever their ids hold."""

from collections import Counter


class FileNames:
    """Paths below a folder, each given once. taken: names, without suffix, that are not given."""

    def __init__(self, suffix: str, taken: tuple[str, ...] = ()) -> None:
        self._suffix = suffix
        self._given = Counter(taken)

    def of(self, recording_id: str) -> str:
        """The path for a recording, or for a further one of the same name."""
        steps = [one for one in recording_id.replace("\\", "/").split("/") if one not in _UNSAFE]
        base = "/".join(steps).replace("\0", "_") or "recording"
        self._given[base.casefold()] += 1
        again = self._given[base.casefold()]
        return f"{base}.{self._suffix}" if again == 1 else f"{base}.{again}.{self._suffix}"


_UNSAFE = ("", ".", "..")
