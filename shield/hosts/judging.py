"""How the APIs judge: a whole body, a place under the concurrency limit, a worker thread.

What is asked in one process shares one `Judging`, so that its limit holds for all endpoints
together: as many requests as the policy's `limits.concurrency` are judged at a time, as many
again wait, and the rest are told at once to come back.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import anyio
import anyio.to_thread
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from shield.actions.pins import offers
from shield.errors import WireError
from shield.exchange import Exchange
from shield.hosts.identity import Identify, caller_of
from shield.policy.load import Policy
from shield.policy.schema import Limits
from shield.types import Caller, Outcome
from shield.wire.asked import Asked, Reply
from shield.wire.strict import Shape

T = TypeVar("T")
_AGAIN = "1"  # seconds; a judgement takes milliseconds


class Guards(Protocol):
    """A guard, or what stands for one while its policy changes."""

    @property
    def policy(self) -> Policy:
        """The policy that holds now."""

    @property
    def key(self) -> bytes:
        """The secret under which callers are kept apart."""

    def exchange(self, caller: Caller | None = None) -> Exchange:
        """Begin one request of `caller`."""


class Judging:
    """A guard behind HTTP endpoints.

    Args:
        guard: the guard to ask.
        identify: the caller of a connection; by default the authenticated user, else a
            digest of the credential.
    """

    def __init__(self, guard: Guards, identify: Identify | None = None) -> None:
        self.guard = guard
        self.identify = identify or caller_of(guard.key)
        most = self.limits.concurrency
        self._limiter = anyio.CapacityLimiter(most)
        self._most, self._inside = 2 * most, 0

    @property
    def limits(self) -> Limits:
        """The limits of the policy that holds now."""
        return self.guard.policy.document.limits

    @property
    def shape(self) -> Shape:
        """How deep and large a document may be."""
        return Shape(self.limits.depth, self.limits.nodes)

    async def body(self, request: Request, *, is_json: bool = True) -> bytes:
        """The whole body.

        Raises:
            WireError: 413 over the policy's `limits.body_bytes`; 415 when it is compressed or,
                where JSON is due, called something else.
            ClientDisconnect: the client has gone.
        """
        encodings = request.headers.getlist("content-encoding")
        if any(name.strip().lower() not in {"", "identity"} for name in encodings):
            raise WireError(415, "content_encoding", "the body has a content encoding")
        if is_json and not _says_json(request):
            raise WireError(415, "content_type", "the body does not call itself JSON")
        limit, found = self.limits.body_bytes, bytearray()
        async for piece in request.stream():
            found += piece
            if len(found) > limit:
                raise WireError(413, "too_large", f"the body exceeds {limit} bytes")
        return bytes(found)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """A place for one request, to be taken on the event loop.

        Raises:
            WireError: 503 when all places are taken.
        """
        if self._inside >= self._most:
            raise WireError(503, "overloaded", "too many requests are being judged")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def off_loop(self, work: Callable[[], T]) -> T:
        """The one way from the event loop to work on texts: a thread under the limit."""
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    def judged(self, scope: Scope, asked: Asked) -> tuple[Outcome, ...]:
        """The outcomes of one exchange, in order; to be called off the event loop."""
        with self.guard.exchange(self.caller(scope, asked)) as exchange:
            return tuple(_outcomes(exchange, asked))

    def caller(self, scope: Scope, asked: Asked) -> Caller:
        """Who the exchange acts for. What a body says divides the connection's principal, as a
        digest, and never becomes another's.
        """
        caller = self.identify(scope)
        principal = caller.principal
        if asked.behalf:
            named = f"{len(principal)}:{principal}/{asked.behalf}".encode("utf-8", "surrogatepass")
            principal = hmac.new(self.guard.key, named, hashlib.sha256).hexdigest()
        return replace(caller, principal=principal, session=asked.session or caller.session)


def http(reply: Reply) -> Response:
    """An answer of `wire` as Starlette sends it: JSON unless it says otherwise."""
    answer = Response(reply.body, reply.status, media_type="application/json")
    answer.headers["cache-control"] = "no-store"
    for name, value in reply.headers:
        answer.headers[name] = value
    if reply.status == 503:
        answer.headers["retry-after"] = _AGAIN
    return answer


def _outcomes(exchange: Exchange, asked: Asked) -> Iterator[Outcome]:
    exchange.note(asked.noted)
    left = asked.skipped
    if asked.input is not None:
        tools = offers({"tools": asked.tools})
        yield exchange.input(asked.input, skipped=left, offers=tools)
        left = ()
    for call in asked.calls:
        yield exchange.action(call)
    if asked.output is not None:
        outcome = exchange.output(asked.output, skipped=left)
        yield _restored(exchange, outcome) if asked.restore else outcome


def _restored(exchange: Exchange, outcome: Outcome) -> Outcome:
    texts = (replace(s, text=exchange.restore(s.text)) for s in outcome.segments)
    return replace(outcome, segments=tuple(texts))


def _says_json(request: Request) -> bool:
    kinds = request.headers.getlist("content-type")
    kind = kinds[0].partition(";")[0].strip().lower() if len(kinds) == 1 else ""
    return kind == "application/json" or kind.endswith("+json")
