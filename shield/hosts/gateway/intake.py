"""Before a caller's request is judged: is there room, has the caller any left, does it come in time?"""

import asyncio
from collections.abc import Callable

from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shield.hosts.gateway import answers
from shield.hosts.gateway.accounts import Accounts
from shield.hosts.gateway.answers import answer
from shield.hosts.gateway.limits import Places
from shield.hosts.gateway.proxy import CALLER, JUDGED


class Room(Struct, frozen=True):
    """What the process takes on: requests under way, and of them those that are not judged yet.

    A model answers for seconds while nothing is computed here; what waits to be judged computes,
    and each one more makes all the others wait longer.
    """

    under_way: Places
    unjudged: Places


class Intake:
    """Refuses at once what there is no room or no allowance for; judges and forwards nothing.

    Args:
        app: what is behind.
        room: shared by all endpoints.
        accounts: the allowances.
        shed: told the code of every refusal.
        seconds: that a body may take to come; it holds a place meanwhile.
    """

    def __init__(
        self,
        app: ASGIApp,
        room: Room,
        accounts: Accounts,
        shed: Callable[[str], None],
        *,
        seconds: float,
    ) -> None:
        self._app, self._room, self._accounts, self._shed = app, room, accounts, shed
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        with self._room.under_way.one() as given, self._room.unjudged.one() as passed:
            full = not (given and passed)
            refused = answers.BUSY if full else self._accounts.ask(scope[CALLER])
            if refused:
                self._shed(refused.code)
                await answer(refused, scope["path"])(scope, receive, send)
            else:
                # Whoever forwards the request says so, and its place is free for the next one.
                await self._timely({**scope, JUDGED: passed}, receive, send)

    async def _timely(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, _Timely(receive, self._seconds), send)
        except _LateError:
            self._shed(answers.LATE.code)
            late = answer(answers.LATE, scope["path"])
            late.headers["connection"] = "close"  # the rest of the body is nobody's
            await late(scope, receive, send)


class _LateError(Exception):
    """The body did not come in time."""


class _Timely:
    """What is received, with an end to waiting for the body; afterwards it may take as long as it does."""

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive, self._whole = receive, False
        self._until = asyncio.get_running_loop().time() + seconds

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise _LateError from None
        self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message
