"""Web sockets, message by message: text and JSON both ways, each judged before it is passed on.

A socket is one conversation: without a session of its own its messages make up one. A message
that is refused, or cannot be judged, closes the socket with 1008 and reaches nobody.
"""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import anyio
from msgspec.structs import replace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shield.actions.pins import offers
from shield.errors import WireError
from shield.exchange import Exchange
from shield.hosts.mount import Mount
from shield.types import Outcome
from shield.wire import body as bodies
from shield.wire import form
from shield.wire.strict import Shape

_T = TypeVar("_T")
_POLICY, _REFUSED, _UNREAD = 1008, "content_filter", "not screened"
_PAST = frozenset({"websocket.http.response"})


class _BlockedError(Exception):
    """The socket is to be closed, for a reason that says nothing of the text."""


class _Answered(Exception):  # noqa: N818 — carries an answer, is not an error
    """The policy answers in place of the application."""


async def converse(
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    mount: Mount,
    limiter: anyio.CapacityLimiter,
) -> None:
    """Run one socket of an application."""
    await _Socket(mount, limiter, receive, send).run(app, scope)


class _Socket:
    def __init__(
        self, mount: Mount, limiter: anyio.CapacityLimiter, receive: Receive, send: Send
    ) -> None:
        self.mount, self.limiter = mount, limiter
        self.receive, self.send = receive, send
        self.turn = anyio.Lock()  # an exchange is for one thread at a time
        self.closed = False
        self.exchange: Exchange

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Judge the handshake, then what is said."""
        caller = self.mount.caller(scope)
        self.caller = caller if caller.session else replace(caller, session=uuid.uuid4().hex)
        try:
            query = await self._judged(lambda: self._asked(scope.get("query_string", b"")))
        except _BlockedError as blocked:
            await self.receive()
            await self._close(str(blocked))
            return
        known = scope.get("extensions") or {}
        extensions = {k: v for k, v in known.items() if k not in _PAST}
        try:
            await app(
                {**scope, "query_string": query, "extensions": extensions}, self._heard, self._said
            )
        except OSError:
            if not self.closed:
                raise

    async def _heard(self) -> Message:
        """What the application receives."""
        while not self.closed:
            message = await self.receive()
            if message["type"] != "websocket.receive":
                return message
            try:
                return await self._judged(lambda: self._in(message))  # noqa: B023 — awaited here
            except _Answered as answered:
                await self.send({"type": "websocket.send", "text": str(answered)})
            except _BlockedError as blocked:
                await self._close(str(blocked))
        return {"type": "websocket.disconnect", "code": _POLICY, "reason": ""}

    async def _said(self, message: Message) -> None:
        """What the application sends."""
        if self.closed:
            raise OSError("the socket was closed")
        kind = message["type"]
        try:
            if kind == "websocket.send":
                await self.send(await self._judged(lambda: self._out(message)))
            elif kind == "websocket.close":
                self.closed = True
                await self.send(await self._judged(lambda: self._farewell(message)))
            elif kind == "websocket.accept":
                await self.send(message)
            else:
                await self._close(_UNREAD)
        except _BlockedError as blocked:
            await self._close(str(blocked))

    async def _judged(self, judge: Callable[[], _T]) -> _T:
        async with self.turn:
            return await anyio.to_thread.run_sync(judge, limiter=self.limiter)

    async def _close(self, reason: str) -> None:
        self.closed = True
        await self.send({"type": "websocket.close", "code": _POLICY, "reason": reason})

    def _asked(self, line: bytes) -> bytes:
        """The query string for the application."""
        self.exchange = self.mount.guard.exchange(self.caller)
        try:
            segments = form.segments(form.pairs(line, self.mount.shape.nodes), form.QUERY)
        except WireError:
            raise _BlockedError(_UNREAD) from None
        if not segments:
            return line
        outcome = self.exchange.input(segments)
        if not outcome.passes:
            raise _BlockedError(_REFUSED)
        is_same = line.isascii() and outcome.segments == segments
        return line if is_same else form.encoded(outcome.segments)

    def _in(self, message: Message) -> Message:
        """A client's message for the application."""
        raw = _bytes(message, self.mount.limits.body_bytes)
        self.exchange = self.mount.guard.exchange(self.caller)
        if not raw:
            return message
        try:
            trust = self.mount.trust_system
            body = bodies.read_request(raw, "", self.mount.shape, trust_system=trust)
        except WireError:
            raise _BlockedError(_UNREAD) from None
        pinned = offers(body.document)
        outcome = self.exchange.input(body.segments, skipped=body.skipped, offers=pinned)
        if outcome.answer:
            raise _Answered(self.mount.refusal(outcome, None).body.decode())
        return self._written(message, body, outcome)

    def _out(self, message: Message) -> Message:
        """The application's message for the client."""
        raw = _bytes(message, self.mount.limits.response_bytes)
        if not raw:
            return message
        try:
            body = _read(raw, self.mount.shape)
        except WireError:
            raise _BlockedError(_UNREAD) from None
        for call in body.calls:
            if not self.exchange.action(call).passes:
                raise _BlockedError(_REFUSED)
        outcome = self.exchange.output(body.segments, skipped=body.skipped)
        if outcome.passes and outcome.segments == body.segments and not body.changed:
            return message
        return self._written(message, body, outcome)

    def _written(self, message: Message, body: bodies.Body, outcome: Outcome) -> Message:
        """The message without what was cut out, in the kind of frame that it came in."""
        if not outcome.passes:
            raise _BlockedError(_UNREAD if body.skipped else _REFUSED)
        try:
            clean = body.write(outcome.segments)
        except KeyError:
            raise _BlockedError(_REFUSED) from None
        frame: dict[str, Any] = {"type": message["type"]}
        is_text = message.get("text") is not None
        return frame | ({"text": clean.decode()} if is_text else {"bytes": clean})

    def _farewell(self, message: Message) -> Message:
        """A close, with its reason as it was judged; without one that does not pass."""
        reason = message.get("reason") or ""
        if not reason:
            return message
        outcome = self.exchange.output(reason)
        shown = outcome.segments[0].text if outcome.passes else ""
        return {**message, "reason": shown if len(shown.encode()) <= 123 else ""}


def _bytes(message: Message, most: int) -> bytes:
    """What a frame says, in at most `most` bytes."""
    text = message.get("text")
    raw: bytes = message.get("bytes") or b""
    raw = raw if text is None else text.encode("utf-8", "surrogatepass")
    if len(raw) > most:
        raise _BlockedError(_UNREAD)
    return raw


def _read(raw: bytes, shape: Shape) -> bodies.Body:
    """A message of the application: JSON where it is that, else text.

    Raises:
        WireError: it is neither, or JSON that can be read in two ways.
    """
    if raw.lstrip()[:1] in {b"{", b"[", b'"'}:
        try:
            return bodies.read_response(raw, "application/json", shape)
        except WireError as error:
            if error.code != "not_json":
                raise
    return bodies.read_response(raw, "text/plain; charset=utf-8", shape)
