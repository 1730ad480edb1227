"""Connections to `daf browse`. Anybody on the machine may open them, and only the owner of the
token may keep them: who opens many and says nothing would take all that a process can have.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol

SILENT_AT_ONCE = 256  # far more than a browser opens


class Connection(H11Protocol):
    """A connection. Of those that have asked for nothing yet, only the newest stay open; who asks
    without the token is refused, and its connection closed (`daf_core.browse.access`).
    """

    opened_s = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and end the oldest silent one if there are too many."""
        super().connection_made(transport)
        self.opened_s = self.loop.time()
        silent = [
            one
            for one in cast("set[Connection]", self.connections)
            if one.cycle is None and not one.transport.is_closing()
        ]
        if len(silent) > SILENT_AT_ONCE:
            min(silent, key=lambda one: one.opened_s).transport.abort()
