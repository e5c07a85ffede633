"""A streamed answer on its way down: chunk by chunk, metered, well ended whatever happens."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import aiohttp
import anyio
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from shield.hosts.gateway import answers
from shield.hosts.gateway.attempts import Begun
from shield.hosts.gateway.usage import Meter, Usage

T = TypeVar("T")


class Relay(Response):
    """The event stream of an upstream as an ASGI response. When the client goes, the upstream's
    connection is closed; when the upstream goes, the client gets the dialect's error event.

    Args:
        begun: the answer.
        meter: reads its usage.
        done: told the usage and the number of events once, when the stream is over.
    """

    def __init__(self, begun: Begun, meter: Meter, done: Callable[[Usage, int], None]) -> None:
        super().__init__(None, begun.response.status, begun.headers())
        del self.headers["content-length"]
        self._begun, self._meter, self._done = begun, meter, done
        self._over = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, unless the client goes away before."""
        try:
            await unless_gone(receive, lambda: self._sent(scope["path"], send))
        finally:
            self._end()

    async def _sent(self, path: str, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        async for piece in self._pieces(path):
            if piece:
                await send(_body(piece, more=True))
        # Booked before the client can know that it is over and ask again.
        self._end()
        await send(_body(b"", more=False))

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self._begun.response.close()
            self._done(self._meter.usage, self._meter.events)

    async def _pieces(self, path: str) -> AsyncIterator[bytes]:
        try:
            yield self._meter.feed(self._begun.first)
            async for chunk in self._begun.response.content.iter_any():
                yield self._meter.feed(chunk)
            yield self._meter.end()
        except TimeoutError:
            yield b"\n\n" + answers.event(answers.SLOW, path)
        except (aiohttp.ClientError, OSError):
            yield b"\n\n" + answers.event(answers.BROKEN, path)


async def unless_gone(receive: Receive, work: Callable[[], Awaitable[T]]) -> T | None:
    """What `work` gives, or None when the client went away before: then it has been cancelled."""
    found: T | None = None
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        found = await work()
        group.cancel_scope.cancel()
    return found


def _body(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
