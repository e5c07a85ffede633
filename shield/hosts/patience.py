"""An HTTP connection that is closed when a request's head does not come in time.

The server has a limit for connections that are idle between requests, and none for one that begins a head and never
ends it: a few thousand of them would take all descriptors of the process.
"""

import asyncio
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Impatient(HttpToolsProtocol):
    """Closes after `seconds` without a whole head, from the connection or from the head's first byte."""

    def __init__(self, *args: Any, seconds: float, **more: Any) -> None:
        super().__init__(*args, **more)
        self._seconds, self._timer = seconds, cast("asyncio.TimerHandle | None", None)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._come()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of a further head."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """The head has come."""
        self._come()
        super().on_headers_complete()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self._seconds, self._late)

    def _come(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        self.transport.close()


def impatient(seconds: float) -> type[asyncio.Protocol]:
    """The protocol for a server whose requests' heads must be there in so many seconds."""
    return cast("type[asyncio.Protocol]", partial(Impatient, seconds=seconds))
