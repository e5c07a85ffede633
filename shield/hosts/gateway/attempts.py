"""Trying upstreams in order until one begins to answer; after its first byte nothing is tried again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import aiohttp
from msgspec import Struct
from msgspec.structs import replace

from shield.hosts.gateway import answers
from shield.hosts.gateway.answers import Problem
from shield.hosts.gateway.routing import Leg
from shield.hosts.gateway.upstreams import Connections, Service

_PAUSE = 0.1  # seconds before the same upstream is asked again, doubled each time
_LONGEST_WAIT = 3_600  # seconds that an upstream may tell a caller to wait
# Another try at the same place may help here; elsewhere only another place can.
_AGAIN = frozenset({answers.DOWN.code, answers.BROKEN.code, answers.FAULT.code, answers.FULL.code})
# The upstream is there, it only does not serve this.
_WELL = frozenset({answers.LOCKED.code, answers.STINGY.code})


class Request(Struct, frozen=True):
    """What goes to an upstream; `body` makes the bytes for one of them."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Callable[[Leg, Service], bytes]


class Begun(Struct, frozen=True):
    """An answer of which the head and the first bytes are there. Close it."""

    leg: Leg
    service: Service
    response: aiohttp.ClientResponse
    first: bytes

    @property
    def kind(self) -> str:
        """Its media type."""
        return self.response.headers.get("content-type", "").partition(";")[0].strip().lower()

    def headers(self) -> dict[str, str]:
        """What of its headers goes down."""
        return self.service.down(self.response.headers)


async def begin(
    connections: Connections,
    services: Mapping[str, Service],
    legs: Sequence[Leg],
    request: Request,
) -> Begun | Problem:
    """The first answer that is no fault of its upstream, else the last fault."""
    last: Begun | Problem = answers.RESTING
    for leg in legs:
        service = services[leg.upstream]
        for turn in range(service.settings.retries + 1):
            if turn:
                await asyncio.sleep(_PAUSE * 2 ** (turn - 1))
            if not service.breaker.admits():
                break
            last = await _once(connections, service, leg, request)
            if isinstance(last, Begun):
                return last
            if last.code not in _AGAIN:
                break
    return last


async def _once(
    connections: Connections, service: Service, leg: Leg, request: Request
) -> Begun | Problem:
    """One try, reported to the breaker however it ends."""
    settled = service.breaker.dropped
    try:
        found = await _asked(connections, service, leg, request)
        well = isinstance(found, Begun) or found.code in _WELL
        settled = service.breaker.succeeded if well else service.breaker.failed
        return found
    finally:
        settled()


async def _asked(
    connections: Connections, service: Service, leg: Leg, request: Request
) -> Begun | Problem:
    try:
        response = await connections.request(
            service, request.method, request.path, request.headers, request.body(leg, service)
        )
        problem = _problem(response)
        found = problem or Begun(leg, service, response, await _first(response))
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
        return answers.DOWN
    except TimeoutError:
        return answers.SLOW
    except (aiohttp.ClientError, OSError, ValueError):
        # aiohttp raises ValueError for heads that break the protocol in some ways.
        return answers.BROKEN
    if problem:
        response.close()
    return found


async def _first(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of a body; the connection is let go when they do not come."""
    try:
        return await response.content.readany()
    except BaseException:
        response.close()
        raise


def _problem(response: aiohttp.ClientResponse) -> Problem | None:
    """What a status means for the caller; None for an answer to pass on."""
    status = response.status
    if status in {401, 403}:
        return answers.LOCKED
    if status == 429:
        return replace(answers.STINGY, wait=_wait(response))
    if status in {503, 529}:
        return replace(answers.FULL, wait=_wait(response))
    if status >= 500:
        return answers.FAULT
    encoded = response.headers.get("content-encoding", "identity").lower() != "identity"
    return answers.STRANGE if encoded or not (status == 200 or status >= 400) else None


def _wait(response: aiohttp.ClientResponse) -> int:
    said = response.headers.get("retry-after", "")
    return min(max(int(said), 1), _LONGEST_WAIT) if said.isascii() and said.isdigit() else 1
