"""For those who run the process: metrics, how it stands, and orders, over HTTP.

    GET  /metrics            Prometheus' text format
    GET  /shield/status      what serves, the mode, the rollout, the versions
    POST /shield/mode        {"mode": "enforce" | "shadow" | "off", "reason": "..."}
    POST /shield/rollback    {"reason": "..."}; {"undo": true} takes it back
    POST /shield/rollout/stop

An order holds for every worker that reads the same state folder. `ROLES` says who may use what; whoever
mounts the routes keeps everybody else out.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from shield.errors import SetupError
from shield.ops import orders
from shield.ops.live import LiveGuard
from shield.ops.metrics import CONTENT_TYPE, Metrics
from shield.ops.state import Mode
from shield.ops.versions import Versions

_MOST = 8_192
READERS, OPERATORS = frozenset({"auditor", "operator"}), frozenset({"operator"})
ROLES: dict[tuple[str, str], frozenset[str]] = {
    ("GET", "/metrics"): READERS,
    ("GET", "/shield/status"): READERS,
    ("POST", "/shield/mode"): OPERATORS,
    ("POST", "/shield/rollback"): OPERATORS,
    ("POST", "/shield/rollout/stop"): OPERATORS,
}


class _Mode(Struct, frozen=True, forbid_unknown_fields=True):
    mode: Mode
    reason: str = ""


class _Rollback(Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = ""
    undo: bool = False


class _Stop(Struct, frozen=True, forbid_unknown_fields=True):
    pass


def routes(live: LiveGuard, metrics: Metrics) -> list[Route]:
    """The routes, without anything that keeps people out.

    Args:
        live: the guard whose state folder orders are written to.
        metrics: what `/metrics` shows.
    """
    control = _Control(live, metrics)
    found: dict[tuple[str, str], Callable[..., Any]] = {
        ("GET", "/metrics"): control.measured,
        ("GET", "/shield/status"): control.status,
        ("POST", "/shield/mode"): partial(control.ordered, _Mode, control.switched),
        ("POST", "/shield/rollback"): partial(control.ordered, _Rollback, control.rolled_back),
        ("POST", "/shield/rollout/stop"): partial(control.ordered, _Stop, control.stopped),
    }
    return [Route(path, found[method, path], methods=[method]) for method, path in ROLES]


class _Control:
    def __init__(self, live: LiveGuard, metrics: Metrics) -> None:
        self._live, self._metrics, self._folder = live, metrics, live.folder

    async def measured(self, _: Request) -> Response:
        return Response(self._metrics.text(), headers={"content-type": CONTENT_TYPE})

    async def status(self, _: Request) -> Response:
        try:
            return _json(await to_thread.run_sync(self._shown))
        except SetupError as error:
            return _refusal(500, "state_unreadable", error.what)

    async def ordered(
        self, kind: type[Struct], obey: Callable[[Any], None], request: Request
    ) -> Response:
        """Carry an order out and show how things stand then."""
        try:
            order = msgspec.json.decode(await _body(request) or b"{}", type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, ClientDisconnect, ValueError):
            return _refusal(400, "unreadable", "the order cannot be read")
        try:
            await to_thread.run_sync(obey, order)
            return _json(await to_thread.run_sync(self._shown))
        except SetupError as error:
            return _refusal(409, "refused", error.what)
        except OSError:
            return _refusal(507, "not_written", "the state folder cannot be written")

    def switched(self, order: _Mode) -> None:
        orders.switch(self._folder, order.mode, order.reason)

    def rolled_back(self, order: _Rollback) -> None:
        if order.undo:
            orders.release(self._folder)
        else:
            orders.rollback(self._folder, order.reason)

    def stopped(self, _: _Stop) -> None:
        orders.stop(self._folder)

    def _shown(self) -> dict[str, Any]:
        return {
            "standing": self._live.standing(),
            "order": orders.order_of(self._folder),
            "rollout": orders.plan_of(self._folder),
            "versions": Versions(self._folder).all(),
        }


async def _body(request: Request) -> bytes:
    """The body of an order.

    Raises:
        ValueError: it is longer than an order can be.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST:
            raise ValueError("too large")
    return body


def _json(shown: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(shown), media_type="application/json")


def _refusal(status: int, code: str, message: str) -> Response:
    shown = {"error": {"code": code, "message": message}}
    return Response(msgspec.json.encode(shown), status, media_type="application/json")
