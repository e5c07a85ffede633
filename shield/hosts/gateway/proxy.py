"""The proxying endpoint: what stands behind `ShieldMiddleware` in the gateway.

It judges nothing. It is given the canonical bytes of a request that has passed, asks the upstreams,
and hands their answer back to the middleware, which judges it.
"""

import re

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shield.hosts.gateway import answers, asked
from shield.hosts.gateway.accounts import Accounts
from shield.hosts.gateway.answers import Problem, answer
from shield.hosts.gateway.asked import Asked
from shield.hosts.gateway.attempts import Request as Outgoing
from shield.hosts.gateway.attempts import begin
from shield.hosts.gateway.body import whole
from shield.hosts.gateway.relay import Relay, unless_gone
from shield.hosts.gateway.routing import Leg
from shield.hosts.gateway.table import Table, Tables
from shield.hosts.gateway.upstreams import Connections, Service
from shield.hosts.gateway.usage import Meter, Usage, of_document
from shield.types import Caller

CALLER, JUDGED = "shield.caller", "shield.judged"
_CHOSEN = "x-shield-upstream"
# No name leads out of the list of models: behind `..` lies all that the upstream's key opens.
_MODEL = re.compile(r"(?!\.{1,2}(?:/|\Z))[\w.:@-]+(?:/(?!\.{1,2}(?:/|\Z))[\w.:@-]+)*", re.ASCII)


class Parts(Struct, frozen=True):
    """What the proxy works with. `most` bounds the bytes of an answer that is not streamed."""

    tables: Tables
    connections: Connections
    accounts: Accounts
    most: int
    token_ids: bool = False


class Proxy:
    """The endpoints over the configured upstreams."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def generate(self, request: Request) -> Response:
        """Pass a request with a model name to the upstream that serves it."""
        request.scope[JUDGED].leave()
        path, table = request.url.path, self._parts.tables.now
        read = asked.read(await request.body(), path, token_ids=self._parts.token_ids)
        if isinstance(read, Problem):
            return answer(read, path)
        caller: Caller = request.scope[CALLER]
        named = request.headers.get(_CHOSEN, "")
        legs = table.routing.legs(read.model, _family(path), named, caller)
        if isinstance(legs, Problem):
            return answer(legs, path)
        return await self._unless_gone(request, table, read, legs)

    async def models(self, request: Request) -> Response:
        """The aliases; without any, what the default upstream of the caller's dialect lists."""
        family = "anthropic" if "anthropic-version" in request.headers else "openai"
        table = self._parts.tables.now
        names = table.routing.models(family)
        wanted = request.path_params.get("model")
        if wanted is not None and not _MODEL.fullmatch(wanted):
            return answer(answers.NO_MODEL, "/v1/messages" if family == "anthropic" else "")
        if not names:
            return await self._listed(request, table, table.routing.default(family))
        if wanted is None:
            return JSONResponse(_listing(names, family))
        if wanted in names:
            return JSONResponse(_entry(wanted, family))
        return answer(answers.NO_MODEL, "/v1/messages" if family == "anthropic" else "")

    async def _listed(self, request: Request, table: Table, legs: tuple[Leg, ...]) -> Response:
        if not legs:
            return JSONResponse(_listing((), "openai"))
        nothing = Asked("", streams=False, body=b"")
        return await self._unless_gone(request, table, nothing, legs)

    async def _unless_gone(
        self, request: Request, table: Table, read: Asked, legs: tuple[Leg, ...]
    ) -> Response:
        found = await unless_gone(
            request.receive, lambda: self._answered(request, table, read, legs)
        )
        return found or Response(status_code=499)  # nobody is left to read it

    async def _answered(
        self, request: Request, table: Table, read: Asked, legs: tuple[Leg, ...]
    ) -> Response:
        """The upstream's answer: whole, or begun when it is a stream."""
        path = request.url.path
        outgoing = Outgoing(
            request.method, path, request.headers, lambda leg, at: _body(read, path, leg, at)
        )
        parts = self._parts
        begun = await begin(parts.connections, table.services, legs, outgoing)
        if isinstance(begun, Problem):
            return answer(begun, path)
        caller = request.scope[CALLER]

        def book(usage: Usage, pieces: int) -> None:
            if read.model:
                # A piece of a stream is about a token; so are four bytes of a request.
                roughly = pieces + len(read.body) // 4
                parts.accounts.book(caller, begun.leg, read.model, usage, roughly)

        if begun.kind == "text/event-stream" and begun.response.status == 200:
            return Relay(begun, Meter(asked_here=_asks(read, path, begun.service)), book)
        try:
            document = await whole(begun, parts.most)
        finally:
            begun.response.close()
        if isinstance(document, Problem):
            return answer(document, path)
        if begun.response.status == 200:
            book(of_document(msgspec.json.decode(document)), len(document) // 4)
        return Response(document, begun.response.status, begun.headers())


def _family(path: str) -> str:
    return "anthropic" if answers.is_anthropic(path) else "openai"


def _asks(read: Asked, path: str, service: Service) -> bool:
    """Whether the gateway asks for the token counts of this stream, because the caller did not."""
    is_chat = path.endswith("/chat/completions")
    return is_chat and read.streams and service.settings.stream_usage and not read.wants_usage


def _body(read: Asked, path: str, leg: Leg, service: Service) -> bytes:
    if not read.body:
        return b""
    return asked.rewritten(read, leg.model, ask_usage=_asks(read, path, service))


def _listing(names: tuple[str, ...], family: str) -> dict[str, object]:
    data = [_entry(name, family) for name in names]
    if family == "openai":
        return {"object": "list", "data": data}
    ends = {"first_id": names[0], "last_id": names[-1]} if names else {}
    return {"data": data, "has_more": False, "first_id": None, "last_id": None, **ends}


def _entry(name: str, family: str) -> dict[str, object]:
    if family == "openai":
        return {"id": name, "object": "model", "created": 0, "owned_by": "shield"}
    return {"id": name, "type": "model", "display_name": name, "created_at": "1970-01-01T00:00:00Z"}
