"""ASGI middleware: `app.add_middleware(ShieldMiddleware, guard=Guard.load())`.

`ShieldMiddleware` holds configuration; a fresh `_Responder` holds one request. Every route and
method is guarded unless it is exempted by name; the application receives the canonical bytes of
what was scanned, and the client receives nothing that was not judged.
"""

from collections.abc import Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from anyio import CancelScope
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shield.exchange import Exchange
from shield.guard import Guarding
from shield.hosts import request
from shield.hosts.answer import Answer, Head, Leaving
from shield.hosts.dual import HANDLED, Plans, ReaderOf, behind
from shield.hosts.identity import Identify
from shield.hosts.mount import Mount, Refusals
from shield.hosts.websocket import converse
from shield.remote.port import ChatModel
from shield.stream import Mode
from shield.wire.refusal import Refusal

_T = TypeVar("_T")
_PAST = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
_GONE = {"type": "http.disconnect"}


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
        refusals: `error` answers a block with status 400; `refusal` with an answer of the dialect that
            declines, status 200; `annotate` as `error`, and a whole answer that passes says in its
            headers, and a streamed one in its last event but one, what was decided, which a policy
            that only observes makes the one sign of it.
        gate: how streamed answers leave. `hold` as far as they have been judged, `buffer` when all of
            one has, `async` at once: what is found then is taken back by events that clients must
            heed. That is weaker, and logged at start-up.
        reader: the quarantined model, or what gives that of a caller, for `[dual] mode = "handles"`.
        controller: what plans and runs exchanges with tools, for `[dual] mode = "plan"`.

    Raises:
        PolicyError: the policy's `[dual] mode` and what was given do not fit.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        guard: Guarding,
        exempt: Iterable[str] = (),
        trust_system: bool = False,
        identify: Identify | None = None,
        show_rules: bool = False,
        refusals: Refusals = "error",
        gate: Mode = "hold",
        reader: ChatModel | ReaderOf | None = None,
        controller: Plans | None = None,
    ) -> None:
        self.mount = Mount(
            guard,
            exempt=exempt,
            trust_system=trust_system,
            identify=identify,
            show_rules=show_rules,
            refusals=refusals,
            gate=gate,
        )
        self.app = behind(app, guard, self.mount.caller, reader, controller)
        self.limiter = anyio.CapacityLimiter(self.mount.limits.concurrency)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        kind = scope["type"]
        if kind == "lifespan" or self.mount.exempts(scope["path"]):
            await self.app(scope, receive, send)
        elif kind == "http":
            with self.mount.exchange(scope) as exchange:
                await _Responder(self, exchange, scope, receive, send).respond()
        else:
            mount, limiter = self.mount, self.limiter
            await converse(self.app, scope, receive, send, mount=mount, limiter=limiter)


class _Responder:
    """One request and its response."""

    def __init__(
        self,
        shield: ShieldMiddleware,
        exchange: Exchange,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self.shield, self.mount, self.exchange = shield, shield.mount, exchange
        self.scope, self.receive, self.send = scope, receive, send
        self.inbox: _Inbox | None = None
        self.answer: Answer | None = None
        self.answered = False
        self.inner: Scope = {}

    async def respond(self) -> None:
        """Screen the request, run the application, screen its response."""
        try:
            raw = await self._body()
            if raw is None:
                return
            line = self.scope.get("query_string", b"")
            sent = request.Message(line, list(self.scope["headers"]), raw)
            passed = await self._judged(lambda: request.screened(self.mount, self.exchange, sent))
        except request.RefusedError as refusal:
            await self._refuse(refusal.answer)
            return
        self.inbox = _Inbox(passed.body, self.receive)
        self.answer = Answer(self.mount, self.exchange, passed.document, self.scope["method"])
        self.inner = self._scope(passed)
        await self._run(self.inner, self.answer)

    async def _body(self) -> bytes | None:
        """The whole body; None when the client has gone."""
        body, most = bytearray(), self.mount.limits.body_bytes
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > most:
                raise request.too_large(most)
            if not message.get("more_body", False):
                return bytes(body)

    def _scope(self, passed: request.Message) -> Scope:
        """The scope that fits what was scanned; files may not be sent past the screen."""
        known = self.scope.get("extensions") or {}
        extensions = {k: v for k, v in known.items() if k not in _PAST}
        changed = {
            "query_string": passed.query,
            "headers": passed.headers,
            "extensions": extensions,
        }
        return {**self.scope, **changed, "shield": self.exchange}

    async def _run(self, scope: Scope, answer: Answer) -> None:
        """Run the application, in this task, until it is done or nobody waits for it any more."""
        raised: Exception | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._watch, group.cancel_scope)
            try:
                await self.shield.app(scope, self.inbox or self.receive, self._sent)
            except Exception as error:  # noqa: BLE001 — a task group would wrap it
                raised = error
            group.cancel_scope.cancel()
        if raised is not None:
            with suppress(OSError):  # the client may be gone
                await self._deliver(await self._judged(answer.fail))
            raise raised
        if not answer.over:
            with CancelScope(shield=True):
                await self._judged(answer.abandon)

    async def _watch(self, scope: CancelScope) -> None:
        """Once the client has gone, or its answer was cut, an application that does not listen for
        that is cancelled. One that has answered may go on: background tasks run there.
        """
        assert self.inbox is not None  # noqa: S101 — there is an application only after a body
        await self.inbox.gone()
        if not (self.inbox.told or self._done):
            scope.cancel()

    @property
    def _done(self) -> bool:
        """True when the client has all of the answer that it will get, or the application gave it."""
        over = self.answer is not None and self.answer.over and not self.answer.stopped
        return self.answered or over

    async def _judged(self, judge: Callable[[], _T]) -> _T:
        """The one way from the event loop into the guard: a worker thread."""
        return await anyio.to_thread.run_sync(judge, limiter=self.shield.limiter)

    async def _sent(self, message: Message) -> None:
        """Hold the application's response back until it has been judged."""
        answer = self.answer
        assert answer is not None  # noqa: S101 — there is an application only after a body
        if message["type"] == "http.response.start":
            answer.calls_judged = self.inner.get(HANDLED) is True
            head = Head(message["status"], list(message["headers"]))
            await self._deliver(await self._judged(lambda: answer.start(head)))
        elif message["type"] == "http.response.body":
            last = not message.get("more_body", False)
            self.answered = self.answered or last
            await self._piece(answer, message.get("body", b""), last=last)
        elif answer.passing:
            await self.send(message)

    async def _piece(self, answer: Answer, piece: bytes, *, last: bool) -> None:
        def step() -> list[Leaving]:
            return [answer.feed(piece), *([answer.end()] if last else [])]

        if answer.over:
            await anyio.lowlevel.checkpoint()  # where one that is to stop is stopped
            return
        cheap = answer.passing or (answer.waits and not last)
        for leaving in step() if cheap else await self._judged(step):
            await self._deliver(leaving)
        if answer.ahead:
            await self._deliver(await self._judged(answer.catch_up))
        if answer.stopped and self.inbox is not None:
            self.inbox.close()

    async def _deliver(self, leaving: Leaving) -> None:
        if leaving.head is not None:
            start = {"type": "http.response.start", "status": leaving.head.status}
            await self.send({**start, "headers": leaving.head.headers})
        if leaving.body or leaving.over:
            body = {"type": "http.response.body", "body": leaving.body}
            await self.send(body if leaving.over else {**body, "more_body": True})

    async def _refuse(self, answer: Refusal) -> None:
        head = Head(answer.status, list(answer.headers))
        await self._deliver(Leaving(head, answer.body, over=True))


class _Inbox:
    """What the application receives: the screened body once, then that the client has gone.

    `told` is True when the application was listening as that happened, so that it knows.
    """

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: MutableMapping[str, Any] | None = {
            "type": "http.request",
            "body": body,
            "more_body": False,
        }
        self._receive = receive
        self._closed = anyio.Event()
        self._listeners = 0
        self.told = False

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        if message is not None:
            return message
        if not self._closed.is_set():  # waiting would be a checkpoint: who only peeks is cancelled
            self._listeners += 1
            try:
                await self._closed.wait()
            finally:
                self._listeners -= 1
        return dict(_GONE)

    async def gone(self) -> None:
        """Return when the client has gone, or `close` was called."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._listen)
            await self._closed.wait()
            group.cancel_scope.cancel()

    def close(self) -> None:
        """Say that nobody waits for an answer any more."""
        self.told = self._listeners > 0
        self._closed.set()

    async def _listen(self) -> None:
        # A server that says anything else than that the client has gone breaks its protocol.
        if (await self._receive())["type"] == "http.disconnect":
            self.close()
