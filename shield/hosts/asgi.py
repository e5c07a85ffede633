"""ASGI middleware: `app.add_middleware(ShieldMiddleware, guard=Guard.load())`.

`ShieldMiddleware` holds configuration; a fresh `_Responder` holds one request. Every route and
method is guarded unless it is exempted by name; the application receives the canonical bytes of
what was scanned, and the client receives nothing that was not judged.
"""

import logging
import re
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shield.errors import WireError
from shield.guard import Exchange, Guard
from shield.hosts.identity import Identify, caller_of
from shield.types import Outcome, Segment, SkipReason
from shield.wire import body as bodies
from shield.wire import form
from shield.wire.refusal import Refusal, refused, unreadable
from shield.wire.strict import Shape

_log = logging.getLogger("shield")
_CHARSET = re.compile(rb"\s*;\s*charset\s*=\s*(?:\"[^\"]*\"|[^;]*)", re.IGNORECASE)
_PAST = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
_BODILESS = frozenset({204, 304})


class ShieldMiddleware:
    """Guards an ASGI application.

    Args:
        app: the application.
        guard: the guard to ask.
        exempt: paths that are not screened, exact, or a prefix that ends with `*`. Logged at
            start-up.
        trust_system: True when the client is your own application, so that its system messages
            may be believed; by default they are screened like a user's.
        identify: the caller of a connection; by default the authenticated user, else a
            digest of the credential, with the session of `X-Shield-Session`.
        show_rules: name the rules in refusals; attackers learn from them.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        guard: Guard,
        exempt: Iterable[str] = (),
        trust_system: bool = False,
        identify: Identify | None = None,
        show_rules: bool = False,
    ) -> None:
        paths = tuple(exempt)
        limits = guard.policy.document.limits
        self.app, self.guard = app, guard
        self.exact = frozenset(p for p in paths if not p.endswith("*"))
        self.prefixes = tuple(p[:-1] for p in paths if p.endswith("*"))
        self.trust_system, self.show_rules = trust_system, show_rules
        self.identify = identify or caller_of(guard.key)
        self.limiter = anyio.CapacityLimiter(limits.concurrency)
        for path in paths:
            _log.warning("not screened, by configuration: %s", path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        kind = scope["type"]
        if kind == "lifespan" or self._exempts(scope["path"]):
            await self.app(scope, receive, send)
        elif kind == "http":
            await _Responder(self, scope, receive, send).respond()
        else:
            # A frame cannot be judged here, so that no socket is opened at all.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not screened"})

    def _exempts(self, path: str) -> bool:
        return path in self.exact or (bool(self.prefixes) and path.startswith(self.prefixes))


class _Refused(Exception):  # noqa: N818 — carries an answer, is not an error
    def __init__(self, answer: Refusal) -> None:
        self.answer = answer


class _Responder:
    """One request and its response."""

    def __init__(
        self, shield: ShieldMiddleware, scope: Scope, receive: Receive, send: Send
    ) -> None:
        limits = shield.guard.policy.document.limits
        self.shield, self.scope, self.receive, self.send = shield, scope, receive, send
        self.limits = limits
        self.shape = Shape(limits.depth, limits.nodes)
        self.exchange: Exchange = shield.guard.exchange(shield.identify(scope))
        self.start: Message | None = None
        self.held = bytearray()
        self.passing = False
        self.finished = False

    async def respond(self) -> None:
        """Screen the request, run the application, screen its response."""
        try:
            raw = await self._body()
            if raw is None:
                return
            scope, body = await self._screened(raw)
        except _Refused as refusal:
            await self._answer(refusal.answer)
            return
        except WireError as error:
            await self._answer(unreadable(error.status, error.code, str(error)))
            return
        await self.shield.app(scope, _Replay(body, self.receive), self._sent)

    async def _body(self) -> bytes | None:
        """The whole body; None when the client has gone."""
        encodings = Headers(scope=self.scope).getlist("content-encoding")
        if any(name.strip().lower() not in {"", "identity"} for name in encodings):
            raise WireError(415, "content_encoding", "send the body without a content encoding")
        body = bytearray()
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self.limits.body_bytes:
                raise WireError(
                    413, "too_large", f"the body exceeds {self.limits.body_bytes} bytes"
                )
            if not message.get("more_body", False):
                return bytes(body)

    async def _screened(self, raw: bytes) -> tuple[Scope, bytes]:
        """The scope and body for the application."""
        line = self.scope.get("query_string", b"")
        query = form.pairs(line, self.shape.nodes)
        asked = form.segments(query, form.QUERY)
        types = Headers(scope=self.scope).getlist("content-type")
        if len(types) > 1:
            raise WireError(415, "content_type", "send one content type")
        kind = types[0] if types else ""
        trust = self.shield.trust_system
        body = (
            bodies.read_request(raw, kind, self.shape, trust_system=trust) if raw else bodies.EMPTY
        )
        after = await self._passed((*asked, *body.segments), body)
        if not line.isascii() or after[: len(asked)] != asked:
            line = form.encoded(after[: len(asked)])
        try:
            sent = body.write(after[len(asked) :])
        except KeyError:
            raise _Refused(unreadable(400, "content_filter", "a name cannot be redacted")) from None
        return self._scope(line, sent, is_json=body.is_json), sent

    async def _passed(
        self, segments: tuple[Segment, ...], body: bodies.Body
    ) -> tuple[Segment, ...]:
        """The segments to send on."""
        if not segments and not body.skipped:
            return ()
        outcome = await self._guarded(self.exchange.input, segments, skipped=body.skipped)
        if not outcome.passes:
            raise _Refused(refused(outcome, show_rules=self.shield.show_rules))
        return outcome.segments

    def _scope(self, query: bytes, body: bytes, *, is_json: bool) -> Scope:
        """The scope that fits what was scanned; files may not be sent past the screen."""
        headers = []
        for name, value in self.scope["headers"]:
            kept = name.lower()
            if kept == b"content-type" and is_json:
                value = _CHARSET.sub(b"", value)
            if kept not in {b"transfer-encoding", b"content-length"}:
                headers.append((name, value))
        if body:
            headers.append((b"content-length", str(len(body)).encode()))
        extensions = {
            k: v for k, v in (self.scope.get("extensions") or {}).items() if k not in _PAST
        }
        changed = {"query_string": query, "headers": headers, "extensions": extensions}
        return {**self.scope, **changed, "shield": self.exchange}

    async def _guarded(self, judge: Callable[..., Outcome], *args: Any, **more: Any) -> Outcome:
        """The one way from the event loop into the guard: a worker thread."""
        return await anyio.to_thread.run_sync(
            lambda: judge(*args, **more), limiter=self.shield.limiter
        )

    async def _sent(self, message: Message) -> None:
        """Hold the application's response back until it has been judged."""
        if self.finished:
            return
        if self.passing or message["type"] not in {"http.response.start", "http.response.body"}:
            await self.send(message)
        elif message["type"] == "http.response.start":
            self.start = message
            self.passing = not self._judges(message)
            if self.passing:
                await self.send(message)
        else:
            await self._collected(message)

    def _judges(self, start: Message) -> bool:
        if self.scope["method"] == "HEAD" or start["status"] in _BODILESS:
            return False
        return bodies.judged_response(Headers(raw=start["headers"]).get("content-type", ""))

    async def _collected(self, message: Message) -> None:
        self.held += message.get("body", b"")
        if len(self.held) > self.limits.response_bytes:
            await self._finish(
                unreadable(502, "response_too_large", "the response cannot be judged")
            )
        elif not message.get("more_body", False):
            await self._release()

    async def _release(self) -> None:
        assert self.start is not None  # noqa: S101 — ASGI sends the start first
        raw = bytes(self.held)
        headers = Headers(raw=self.start["headers"])
        if not raw:
            await self._deliver(raw)
            return
        try:
            if headers.get("content-encoding", "identity") != "identity":
                body = bodies.skipped(raw, SkipReason.UNDECODABLE)
            else:
                body = bodies.read_response(raw, headers.get("content-type", ""), self.shape)
        except WireError:
            body = bodies.skipped(raw, SkipReason.UNDECODABLE)
        for call in body.calls:
            outcome = await self._guarded(self.exchange.action, call)
            if not outcome.passes:
                await self._finish(refused(outcome, show_rules=self.shield.show_rules))
                return
        outcome = await self._guarded(self.exchange.output, body.segments, skipped=body.skipped)
        try:
            clean = body.write(outcome.segments) if outcome.passes else None
        except KeyError:
            clean = None
        if clean is None:
            await self._finish(refused(outcome, show_rules=self.shield.show_rules))
        else:
            await self._deliver(clean if outcome.segments != body.segments else raw)

    async def _deliver(self, body: bytes) -> None:
        assert self.start is not None  # noqa: S101 — ASGI sends the start first
        raw: list[tuple[bytes, bytes]] = list(self.start["headers"])
        if body != bytes(self.held):
            drop = {b"content-length", b"etag", b"content-md5", b"digest"}
            raw = [(k, v) for k, v in raw if k.lower() not in drop]
            raw.append((b"content-length", str(len(body)).encode()))
        self.finished = True
        await self.send({**self.start, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    async def _finish(self, answer: Refusal) -> None:
        self.finished = True
        await self._answer(answer)

    async def _answer(self, answer: Refusal) -> None:
        await self.send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": list(answer.headers),
            }
        )
        await self.send({"type": "http.response.body", "body": answer.body})


class _Replay:
    """The screened body once, then whatever the server says next (a disconnect)."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: MutableMapping[str, Any] | None = {
            "type": "http.request",
            "body": body,
            "more_body": False,
        }
        self._receive = receive

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        return message if message is not None else await self._receive()
