"""Models behind an OpenAI-compatible chat endpoint, with structured output where there is any."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from shield.remote.port import Completion, Message, RemoteError

# What servers answer to a `response_format` that they do not know.
_UNKNOWN_FORMAT = frozenset({400, 404, 415, 422, 501})


class Posts(Protocol):
    """What asks the service; a `Client`, or a gateway's own way to its upstreams."""

    async def post(self, path: str, body: Mapping[str, Any], *, seconds: float) -> Any:
        """The JSON that the service answers.

        Raises:
            RemoteError: no answer in time, none at all, not 200, or no JSON within bounds.
        """


class Form(Struct):
    """Whether a service takes a JSON Schema: learnt once, and shared by who asks the same service."""

    structured: bool = True


class OpenAIChat:
    """A `ChatModel` over HTTP.

    Asks for structured output by JSON Schema; a server that refuses that is asked in JSON mode
    with the schema in words, from then on.

    Args:
        client: the service, its key in the headers.
        model: the name that the service knows.
        form: what is known of the service; each begins afresh when left out.
    """

    def __init__(self, client: Posts, model: str, form: Form | None = None) -> None:
        self._client, self._model = client, model
        self._form = form or Form()

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 4096,
        seconds: float = 60.0,
    ) -> Completion:
        """See `ChatModel`."""
        if schema is None or self._form.structured:
            try:
                return await self._once(messages, _strict(schema), max_tokens, seconds)
            except RemoteError as error:
                if schema is None or error.http not in _UNKNOWN_FORMAT:
                    raise
        worded = _worded(messages, schema or {})
        made = await self._once(worded, {"type": "json_object"}, max_tokens, seconds)
        self._form.structured = False
        return made

    async def _once(
        self, messages: Sequence[Message], form: Any, max_tokens: int, seconds: float
    ) -> Completion:
        body = {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.text} for m in messages],
            "max_tokens": max_tokens,
            "temperature": 0,
            **({"response_format": form} if form else {}),
        }
        return _completion(await self._client.post("chat/completions", body, seconds=seconds))


def _strict(schema: Mapping[str, Any] | None) -> Any:
    if schema is None:
        return None
    named = {"name": "answer", "schema": dict(schema), "strict": True}
    return {"type": "json_schema", "json_schema": named}


def _worded(messages: Sequence[Message], schema: Mapping[str, Any]) -> list[Message]:
    words = f"Answer with one JSON object that fits this JSON Schema:\n{json.dumps(schema)}"
    return [Message("system", words), *messages]


def _completion(answer: Any) -> Completion:
    try:
        text = answer["choices"][0]["message"]["content"]
    except (LookupError, TypeError):
        raise RemoteError("nonsense", 200) from None
    if not isinstance(text, str):
        raise RemoteError("nonsense", 200)
    usage = answer.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else 0
    counted = tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else 0
    return Completion(text, max(0, counted))
