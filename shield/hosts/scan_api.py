"""The scan API: `POST /v1/scan/{input,action,output}` and `GET /openapi.json`.

`routes` for an application that mounts them beside others, `create` for one that serves nothing
else: `app.mount("/shield", create(Guard.load()))`.
"""

from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from shield.errors import WireError
from shield.hosts.identity import Identify
from shield.hosts.judging import Guards, Judging, http
from shield.types import Checkpoint
from shield.wire import scan
from shield.wire.asked import Reply
from shield.wire.scan import Item
from shield.wire.scan_openapi import document


def routes(
    guard: Guards,
    *,
    judging: Judging | None = None,
    identify: Identify | None = None,
    trust_system: bool = True,
) -> list[Route]:
    """The routes of the scan API.

    Args:
        guard: the guard to ask.
        judging: shared with other endpoints of the process, so that one limit holds for all.
        identify: the caller of a connection, where `judging` is left out.
        trust_system: the client is the application, whose word about a system text is taken;
            False reads system texts as a user's.
    """
    api = _Api(judging or Judging(guard, identify), trust_system=trust_system)
    posts = [
        Route(f"/v1/scan/{checkpoint}", partial(api.scan, checkpoint), methods=["POST"])
        for checkpoint in Checkpoint
    ]
    return [*posts, Route("/openapi.json", api.openapi, methods=["GET"])]


def create(
    guard: Guards, *, identify: Identify | None = None, trust_system: bool = True
) -> Starlette:
    """An application that serves the scan API only."""
    return Starlette(routes=routes(guard, identify=identify, trust_system=trust_system))


class _Api:
    def __init__(self, judging: Judging, *, trust_system: bool) -> None:
        self._judging, self._trusted = judging, trust_system
        self._document = msgspec.json.encode(document())

    async def openapi(self, _: Request) -> Response:
        return Response(self._document, media_type="application/json")

    async def scan(self, checkpoint: Checkpoint, request: Request) -> Response:
        try:
            raw = await self._judging.body(request)
            with self._judging.admitted():
                return http(Reply(await self._results(checkpoint, raw, request)))
        except WireError as error:
            return http(Reply(msgspec.json.encode(scan.failed(error)), error.status))
        except ClientDisconnect:
            return Response(status_code=400)

    async def _results(self, checkpoint: Checkpoint, raw: bytes, request: Request) -> bytes:
        """The results, JSON; each item takes its turn under the limit."""
        reading = await self._judging.off_loop(
            lambda: scan.read(checkpoint, raw, self._judging.shape, trust_system=self._trusted)
        )
        results: list[bytes] = []
        for item in reading.items:
            if results and await request.is_disconnected():
                raise ClientDisconnect
            results.append(await self._judging.off_loop(partial(self._result, item, request)))
        return scan.batch(results) if reading.is_batch else results[0]

    def _result(self, item: Item | WireError, request: Request) -> bytes:
        if isinstance(item, WireError):
            return msgspec.json.encode(scan.failed(item))
        outcomes = self._judging.judged(request.scope, item.asked)
        return msgspec.json.encode(scan.answer(item, outcomes))
