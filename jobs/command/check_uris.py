"""Check before any work, and before any message names them, that settings hold no URI that may not
be opened.
"""

from dataclasses import fields
from typing import Any

from daf_core.errors import SettingsError
from daf_core.storage.uris import problem, shown


def check_uris(settings: Any) -> None:
    """Check the URIs among a verb's settings.

    Raises:
        SettingsError: one holds credentials, or names no path or object store.
    """
    for field in fields(settings):
        given = getattr(settings, field.name)
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, str) and "://" in value and (why := problem(value)) is not None:
                raise SettingsError(f"`{field.name}` {shown(value)}: {why}")
