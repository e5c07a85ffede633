"""A chat model as this project sees it: one async method. No vendor's package is needed."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from msgspec import Struct

from shield.errors import ShieldError


class Message(Struct, frozen=True):
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    text: str


class Completion(Struct, frozen=True):
    """A model's answer; `tokens` counts both ways, 0 when the model does not say."""

    text: str
    tokens: int = 0


class ChatModel(Protocol):
    """A model that answers a conversation."""

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 4096,
        seconds: float = 60.0,
    ) -> Completion:
        """The answer to `messages`, JSON that fits `schema` when one is given.

        The caller validates; a model that cannot be held to a schema may ignore it.

        Raises:
            RemoteError: the model cannot be reached, refuses, or answers nonsense.
        """


class RemoteError(ShieldError):
    """A remote model did not answer. `code` is `timeout`, `unreachable`, `status` or `nonsense`;
    `http` is the status of the answer, 0 when there was none.
    """

    def __init__(self, code: str, http: int = 0) -> None:
        super().__init__(f"the model did not answer: {code}{f' {http}' if http else ''}")
        self.code, self.http = code, http
