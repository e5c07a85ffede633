"""Models behind an OpenAI-compatible chat endpoint, with structured output where there is any."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shield.remote.client import Client
from shield.remote.port import Completion, Message, RemoteError

# What servers answer to a `response_format` that they do not know.
_UNKNOWN_FORMAT = frozenset({400, 404, 415, 422, 501})


class OpenAIChat:
    """A `ChatModel` over HTTP.

    Asks for structured output by JSON Schema; a server that refuses that is asked in JSON mode
    with the schema in words, from then on.

    Args:
        client: the service, its key in the headers.
        model: the name that the service knows.
    """

    def __init__(self, client: Client, model: str) -> None:
        self._client, self._model = client, model
        self._structured = True

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 4096,
        seconds: float = 60.0,
    ) -> Completion:
        """See `ChatModel`."""
        if schema is None or self._structured:
            try:
                return await self._once(messages, _strict(schema), max_tokens, seconds)
            except RemoteError as error:
                if schema is None or error.http not in _UNKNOWN_FORMAT:
                    raise
        worded = _worded(messages, schema or {})
        made = await self._once(worded, {"type": "json_object"}, max_tokens, seconds)
        self._structured = False
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
