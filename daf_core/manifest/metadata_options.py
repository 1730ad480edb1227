"""Which options tell what is known of recordings. They may come later, and change: recordings of
which something else is known are read anew, as if their files had changed. They are never dropped
unasked.

A manifest that an older daf made with them has them in its identity, where they stay as they were.
"""

from collections.abc import Mapping
from dataclasses import replace

from daf_core.errors import SettingsError
from daf_core.storage import run_record
from daf_core.storage.output import Output
from daf_core.storage.run_record import Json

NAMES = ("meta", "meta_regex")
FACT = "metadata"  # of the run record: option → its value


def of_identity(output: Output, fresh: bool) -> Json:
    """The entries of the identity of the manifest in `output`: null where a new daf began it."""
    record = None if fresh else run_record.read(output)
    return {name: record.identity.get(name) if record else None for name in NAMES}


def keep(output: Output, given: Mapping[str, str | None]) -> None:
    """Record the options that are given, before the manifest in `output`, which has begun, holds
    what they say.

    Raises:
        SettingsError: the manifest was made with one that is not given now.
    """
    record = run_record.read(output)
    if record is None:
        return
    held = {name: record.identity.get(name) for name in NAMES} | record.facts.get(FACT, {})
    for name in NAMES:
        if held[name] and not given[name]:
            raise SettingsError(
                f"{output.root}: expected `{name}`, as the manifest holds what `{name}` "
                f"{held[name]} says of its recordings, found none; give it again, or another one "
                f"to replace it; `fresh` or another folder does without"
            )
    if held != dict(given):
        write = replace(record, facts={**record.facts, FACT: dict(given)})
        run_record.write(output, write)
