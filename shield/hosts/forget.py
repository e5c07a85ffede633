"""Erasure over HTTP: `app.mount("/shield/forget", Forget(guard))` and `shield forget` at its URL.

Sessions and placeholders' values live in the serving process; only it can erase them. An order is
signed with the guard's key, so that nobody else can make one, and is good for five minutes.
Each process erases its own memory: ask every worker, or let them share a store. Where
`ShieldMiddleware` stands in front, exempt the path: an order is no message.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from msgspec import Meta, Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from shield.errors import StoreError
from shield.guard import Guarding

_WINDOW = 300.0
_MOST = 8_192


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to forget. `at` is seconds since 1970, `signature` an HMAC under the guard's key."""

    principal: str
    tenant: str
    at: Annotated[int, Meta(ge=0, le=2**53)]  # later than that is no time
    signature: str


class Forget:
    """An ASGI application that erases what a guard holds of a principal.

    Args:
        guard: whose stores to erase in. Build it with a key of your own, which the command
            reads from `SHIELD_KEY`.
        clock: seconds since 1970.
    """

    def __init__(self, guard: Guarding, *, clock: Callable[[], float] = time.time) -> None:
        self._guard, self._clock = guard, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; 200 when the principal is forgotten."""
        if scope["type"] == "http":
            await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _answer(self, request: Request) -> JSONResponse:
        if request.method != "POST":
            return _refusal(405, "method_not_allowed")
        body = b""
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > _MOST:
                    return _refusal(413, "too_large")
            order = msgspec.json.decode(body, type=Order)
        except (msgspec.DecodeError, UnicodeDecodeError, ClientDisconnect):
            return _refusal(400, "unreadable")
        if not self._genuine(order):
            return _refusal(403, "forbidden")
        try:
            await to_thread.run_sync(self._guard.forget, order.principal, order.tenant)
        except StoreError:
            return _refusal(503, "store_unavailable")
        return JSONResponse({"forgotten": True})

    def _genuine(self, order: Order) -> bool:
        expected = signed(self._guard.key, order.principal, order.tenant, order.at).signature
        fresh = abs(self._clock() - order.at) <= _WINDOW
        given = order.signature.encode("utf-8", "replace")
        return hmac.compare_digest(given, expected.encode()) and fresh


def signed(key: bytes, principal: str, tenant: str, at: int) -> Order:
    """The order to forget a principal, signed over its length-prefixed parts."""
    made = hmac.new(key, b"shield forget", hashlib.sha256)
    for part in (principal, tenant, str(at)):
        raw = part.encode("utf-8", "surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return Order(principal, tenant, at, made.hexdigest())


def as_json(order: Order) -> dict[str, Any]:
    """The order as it is sent."""
    return msgspec.structs.asdict(order)


def _refusal(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code}}, status)
