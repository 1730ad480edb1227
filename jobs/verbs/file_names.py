"""Names of files for recordings, whatever their ids hold."""

import hashlib
import re

LONGEST = 200  # bytes of a step of a path: file systems hold 255, and writing needs a suffix
DEEPEST = 16  # steps
_STEP = re.compile(r"[\\/]")
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")  # a terminal obeys them


class FileNames:
    """Paths below a folder, each given once. taken: names, without suffix, that are not given."""

    def __init__(self, suffix: str, taken: tuple[str, ...] = ()) -> None:
        self._suffix = suffix
        self._given = {one.casefold() for one in taken}

    def of(self, recording_id: str) -> str:
        """The path for a recording, or for a further one of the same name. A name that is too long
        for a file system ends with a fingerprint of the whole.
        """
        steps = [one for one in _STEP.split(recording_id) if one not in _UNSAFE]
        if len(steps) > DEEPEST:
            steps = ["_".join(steps)]
        *folders, name = [_short(_ODD.sub("_", one)) for one in steps] or ["recording"]
        # No folder has the name of a file.
        folders = [f"{one}_" if self._is_file(one) else one for one in folders]
        base = "/".join([*folders, name])
        again, found = 1, base
        while found.casefold() in self._given:
            again += 1
            found = f"{base}.{again}"
        self._given.add(found.casefold())
        return f"{found}.{self._suffix}"

    def _is_file(self, name: str) -> bool:
        return name.casefold().endswith(f".{self._suffix}")


def _short(step: str) -> str:
    data = step.encode(errors="replace")
    if len(data) <= LONGEST:
        return step
    kept = data[: LONGEST - 17].decode(errors="ignore")
    return f"{kept}-{hashlib.sha256(data).hexdigest()[:16]}"


_UNSAFE = ("", ".", "..")
