"""How the recordings of a source and of its manifest compare."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Comparison:
    """Counts of the recordings of source and manifest; files that are not used are none.

    new: only in the source; changed: in the manifest in an older version; gone: only in the
    manifest, where their rows stay; kept: the same in both.
    """

    new: int
    changed: int
    gone: int
    kept: int

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Gone:
    """Recordings of the manifest that are gone from the source.

    pruned: how many of them are taken out; kept_first, pruned_first: the first few names of each,
    one more than are shown where there are more.
    """

    pruned: int = 0
    kept_first: tuple[str, ...] = ()
    pruned_first: tuple[str, ...] = ()
