"""Models for the controller: the port, and stand-ins made of code."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from shield.remote.port import ChatModel, Completion, Message, RemoteError

__all__ = ["Adversarial", "ChatModel", "Completion", "FromCallable", "Message", "Scripted"]


class FromCallable:
    """A model of any async function that is given the messages and the schema, and returns text."""

    def __init__(
        self, function: Callable[[Sequence[Message], Mapping[str, Any] | None], Awaitable[str]]
    ) -> None:
        self._function = function

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 4096,
        seconds: float = 60.0,
    ) -> Completion:
        """See `ChatModel`."""
        return Completion(await self._function(messages, schema))


class Scripted:
    """Answers with prepared texts in order, and remembers what it was asked.

    An answer may be JSON data, or an exception to raise.
    """

    def __init__(self, *answers: Any) -> None:
        self._left = list(answers)
        self.asked: list[tuple[Message, ...]] = []

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 4096,
        seconds: float = 60.0,
    ) -> Completion:
        """See `ChatModel`."""
        self.asked.append(tuple(messages))
        if not self._left:
            raise RemoteError("nonsense")
        answer = self._left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Completion(answer if isinstance(answer, str) else json.dumps(answer))


class Adversarial:
    """A quarantined model in the attacker's hands: every field is found, and is what they wish.

    Args:
        wish: given a field's name and the schema of its value, what the attacker wants there.
    """

    def __init__(self, wish: Callable[[str, Mapping[str, Any]], Any]) -> None:
        self._wish = wish

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 4096,
        seconds: float = 60.0,
    ) -> Completion:
        """See `ChatModel`."""
        fields = (schema or {}).get("properties", {})
        answer = {
            name: {"found": True, "value": self._wish(name, field["properties"]["value"])}
            for name, field in fields.items()
        }
        return Completion(json.dumps(answer))
