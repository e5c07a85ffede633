"""The sidecar's application: access, health, the gateway, and what else is mounted, in one place."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from shield.errors import SetupError
from shield.guard import Guard, Guarding
from shield.hosts import compat, scan_api
from shield.hosts.access import Access
from shield.hosts.asgi import ShieldMiddleware
from shield.hosts.gateway import answers
from shield.hosts.gateway.accounts import Accounts
from shield.hosts.gateway.answers import answer
from shield.hosts.gateway.intake import Intake, Room
from shield.hosts.gateway.keeper import Keeper
from shield.hosts.gateway.limits import Allowances, Places
from shield.hosts.gateway.proxy import CALLER, Parts, Proxy
from shield.hosts.gateway.reader import Readers
from shield.hosts.gateway.table import Source, Tables
from shield.hosts.gateway.upstreams import Connections
from shield.hosts.health import Health
from shield.hosts.judging import Judging
from shield.hosts.mount import Refusals
from shield.hosts.settings import Settings, checked
from shield.ops.ledger import Ledger

# Their answers can decline; no other can say so in its own form.
_TALKS = ("/v1/chat/completions", "/v1/responses", "/v1/messages")
_GENERATING = (*_TALKS, "/v1/embeddings")
_LISTS = ("/v1/models", "/v1/models/{model:path}")


class Sidecar:
    """The assembled application. Who serves it sets `health.leaving` when it is told to end."""

    def __init__(self, app: ASGIApp, health: Health) -> None:
        self._app, self.health = app, health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        await self._app(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    source: Source | None = None,
    guard: Guarding | None = None,
    more: Iterable[Route] = (),
    control: Iterable[Route] = (),
    shed: Callable[[str], None] = lambda _: None,
    unwritten: Callable[[], None] = lambda: None,
) -> Sidecar:
    """The application of a settings file; the guard is loaded and warm when this returns.

    Args:
        settings: what `settings.load` gave.
        source: the file they came from, when upstreams, models, prices and budgets shall follow it.
        guard: the guard to use instead of that of the policy; who made it closes it.
        more: further routes for callers, which judge by themselves, under the same limits.
        control: further routes for those who run the process, under no limit.
        shed: told the code of every request that is refused unjudged for want of room or allowance.
        unwritten: told whenever the ledger could not be written; it is tried again each second.

    Raises:
        SetupError: the settings, a secret, the policy or a model is unusable.
    """
    checked(settings)
    connections, tables = Connections(), Tables(settings, source)
    ledger = _ledger(settings)
    own = guard is None
    guard = guard or Guard.load(settings.policy)
    accounts = Accounts(tables, ledger, Allowances(settings.limits))
    most = guard.policy.document.limits.response_bytes
    parts = Parts(tables, connections, accounts, most, token_ids=settings.gateway.token_ids)
    judging, trust = Judging(guard, lambda scope: scope[CALLER]), settings.gateway.trust_system
    asked = [
        *_guarded(parts, settings, guard),
        *scan_api.routes(guard, judging=judging, trust_system=trust),
        *compat.routes(guard, judging=judging, trust_system=trust),
        *more,
    ]
    room = Room(Places(settings.serve.in_flight), Places(settings.serve.unjudged))
    for route in asked:
        route.app = Intake(route.app, room, accounts, shed, seconds=settings.serve.receive_seconds)
    health, keeper = Health(guard), Keeper(tables, ledger, unwritten)
    inner = Starlette(
        routes=[*health.routes(), *control, *asked],
        exception_handlers={404: _unknown, 405: _unknown},
        lifespan=lambda _: _running(connections, keeper, guard if own else None),
    )
    inner.router.redirect_slashes = False
    return Sidecar(Access(inner, settings, guard.key), health)


def _guarded(parts: Parts, settings: Settings, guard: Guarding) -> list[Route]:
    """The gateway's routes, each behind the middleware.

    Raises:
        PolicyError: the policy's `[dual] mode` and the settings' `dual.reader` do not fit.
    """
    proxy, reader = Proxy(parts), settings.dual.reader
    inner = [Route(p, proxy.generate, methods=["POST"]) for p in _paths(settings)]
    inner += [Route(p, proxy.models, methods=["GET"]) for p in _LISTS]
    behind = Router(routes=inner, redirect_slashes=False)

    def shield(refusals: Refusals) -> ShieldMiddleware:
        return ShieldMiddleware(
            behind,
            guard=guard,
            trust_system=settings.gateway.trust_system,
            identify=lambda scope: scope[CALLER],
            refusals=refusals,
            gate=settings.gateway.gate,
            reader=Readers(parts, reader) if reader is not None else None,
        )

    asked = settings.gateway.refusals
    talks, others = shield(asked), shield("error" if asked == "refusal" else asked)
    others.limiter = talks.limiter
    return [Route(r.path, talks if r.path in _TALKS else others, methods=r.methods) for r in inner]


async def _unknown(request: Request, _: Exception) -> Response:
    return answer(answers.NO_PATH, request.url.path)


def _paths(settings: Settings) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*_GENERATING, *settings.gateway.paths)))


def _ledger(settings: Settings) -> Ledger:
    asked = settings.ledger
    try:
        return Ledger(asked.path, kept=asked.kept, days=asked.days)
    except sqlite3.Error:
        raise SetupError(
            "the ledger cannot be opened", where=asked.path or "", mend="name a writable file"
        ) from None


@contextlib.asynccontextmanager
async def _running(
    connections: Connections, keeper: Keeper, guard: Guarding | None
) -> AsyncIterator[None]:
    """What lives as long as the process serves; `guard` is the one to close at the end."""
    await connections.open()
    keeping = asyncio.create_task(keeper.run())
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping
        await connections.close()
        if guard is not None:
            guard.close()
        await keeper.close()
