"""The quarantined model behind the gateway's own upstreams: routed, broken off and booked like any other.

It is asked by the process, not by a caller, so that what goes to it passes no checkpoint: it has no tools, and what
it says comes back as fields that the handles are made of.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from shield.hosts.gateway import answers
from shield.hosts.gateway.answers import Problem
from shield.hosts.gateway.asked import Asked, rewritten
from shield.hosts.gateway.attempts import Begun, Request, begin
from shield.hosts.gateway.body import whole
from shield.hosts.gateway.proxy import Parts
from shield.hosts.gateway.usage import of_document
from shield.remote.chat import Form, OpenAIChat
from shield.remote.port import ChatModel, RemoteError
from shield.types import Caller
from shield.wire import strict

T = TypeVar("T")
_CHAT = "/v1/chat/completions"
_HEADERS = {"accept": "application/json", "content-type": "application/json"}
_LATE = frozenset({answers.SLOW.code})
_STRANGE = frozenset({answers.STRANGE.code, answers.HUGE.code})


class Readers:
    """Gives each caller the reader, so that its use is booked on who caused it.

    Args:
        parts: what the gateway works with.
        model: the name that the settings give the reader.
    """

    def __init__(self, parts: Parts, model: str) -> None:
        self._parts, self._model, self._form = parts, model, Form()

    def __call__(self, caller: Caller) -> ChatModel:
        """The reader, for one exchange of `caller`."""
        return OpenAIChat(_Posts(self._parts, caller), self._model, self._form)


class _Posts:
    """The upstreams as a model client sees them."""

    def __init__(self, parts: Parts, caller: Caller) -> None:
        self._parts, self._caller = parts, caller

    async def post(self, path: str, body: Mapping[str, Any], *, seconds: float) -> Any:
        """The upstream's answer as a document; see `Posts`."""
        asked = Asked(str(body["model"]), streams=False, body=strict.encode(dict(body)))
        try:
            async with asyncio.timeout(seconds):
                begun, raw = await self._answered(asked)
        except TimeoutError:
            raise RemoteError("timeout") from None
        if begun.response.status != 200:
            raise RemoteError("status", begun.response.status)
        document = msgspec.json.decode(raw)
        roughly = (len(asked.body) + len(raw)) // 4
        usage = of_document(document)
        self._parts.accounts.book(self._caller, begun.leg, asked.model, usage, roughly)
        return document

    async def _answered(self, asked: Asked) -> tuple[Begun, bytes]:
        table = self._parts.tables.now
        legs = _or_error(table.routing.legs(asked.model, "openai", "", self._caller))
        outgoing = Request(
            "POST", _CHAT, _HEADERS, lambda leg, _: rewritten(asked, leg.model, ask_usage=False)
        )
        begun = _or_error(await begin(self._parts.connections, table.services, legs, outgoing))
        try:
            return begun, _or_error(await whole(begun, self._parts.most))
        finally:
            begun.response.close()


def _or_error(found: T | Problem) -> T:
    if not isinstance(found, Problem):
        return found
    if found.code in _LATE:
        raise RemoteError("timeout")
    raise RemoteError("nonsense" if found.code in _STRANGE else "unreachable")
