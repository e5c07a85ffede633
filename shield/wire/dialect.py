"""Which dialect a message is in, by its own shape, and who reads a stream of it.

A path or a header may lie, and an application need not answer in the dialect in which it was
asked: a stream is read by what its first event is, and by the question where that says nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Protocol

from shield.errors import WireError
from shield.types import Outcome, SkipReason, ToolCall
from shield.wire import sse
from shield.wire.block_events import MessagesStream
from shield.wire.deltas import ChatStream
from shield.wire.gate import Gate
from shield.wire.item_events import ResponsesStream
from shield.wire.messages import is_messages
from shield.wire.records import RecordStream
from shield.wire.responses import is_responses
from shield.wire.strict import Shape, decode

_MESSAGES_EVENTS = frozenset(
    ["message_start", "message_delta", "message_stop", "ping"]
    + [f"content_block_{part}" for part in ("start", "delta", "stop")]
)


class Dialect(StrEnum):
    """OpenAI Chat Completions, OpenAI Responses, Anthropic Messages, or none of them."""

    CHAT = "chat"
    RESPONSES = "responses"
    MESSAGES = "messages"
    GENERIC = "generic"


def dialect_of(document: object) -> Dialect:
    """The dialect of a request, a response or the data of one event.

    A request to Anthropic that uses nothing of its own cannot be told from one to OpenAI: it is
    read as that.
    """
    if not isinstance(document, dict):
        return Dialect.GENERIC
    kind = document.get("type")
    if isinstance(kind, str) and (kind in _MESSAGES_EVENTS or kind == "message"):
        return Dialect.MESSAGES
    if isinstance(kind, str) and kind.startswith("response."):
        return Dialect.RESPONSES
    if isinstance(document.get("messages"), list):
        return Dialect.MESSAGES if is_messages(document) else Dialect.CHAT
    if isinstance(document.get("choices"), list):
        return Dialect.CHAT
    if is_responses(document) or document.get("object") == "response":
        return Dialect.RESPONSES
    return Dialect.GENERIC


class Stream(Protocol):
    """Bytes of a streamed answer → the bytes that may be sent on."""

    @property
    def over(self) -> bool:
        """True when nothing more is sent."""

    @property
    def began(self) -> bool:
        """True when something that a client shows, or acts on, has left."""

    @property
    def outcome(self) -> Outcome | None:
        """What was decided, once it was."""

    @property
    def cut(self) -> bool:
        """True when nothing more of the answer leaves."""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes."""

    def catch_up(self) -> bytes:
        """Judge what has left ahead of its judgement; what is to be sent because of that."""

    def end(self) -> bytes:
        """Upstream is over."""


class MakeStream(Protocol):
    """Makes the stream of one dialect."""

    def __call__(
        self,
        gate: Gate,
        action: Callable[[ToolCall], Outcome],
        *,
        shape: Shape,
        limit: int,
        held: int,
        tells: bool,
    ) -> Stream:
        """The stream of one answer."""


STREAMS: Mapping[Dialect, MakeStream] = {
    Dialect.CHAT: ChatStream,
    Dialect.RESPONSES: ResponsesStream,
    Dialect.MESSAGES: MessagesStream,
    Dialect.GENERIC: RecordStream,
}


class EventStream:
    """An event stream whose dialect its first event with data tells.

    Args:
        asked: the dialect of the request; None where it did not ask for a stream.
        make: the stream of a dialect.
        shape: how deep and large one event may be.
        limit: the most bytes of one event.
    """

    def __init__(
        self,
        asked: Dialect | None,
        make: Callable[[Dialect], Stream],
        *,
        shape: Shape,
        limit: int,
    ) -> None:
        self._asked, self._make, self._shape = asked, make, shape
        self._reader = sse.Reader(limit)
        self._held = bytearray()
        self._inner: Stream | None = None
        self.dialect = Dialect.GENERIC

    @property
    def over(self) -> bool:
        """True when nothing more is sent."""
        return self._inner is not None and self._inner.over

    @property
    def began(self) -> bool:
        """True when something that a client shows, or acts on, has left."""
        return self._inner is not None and self._inner.began

    @property
    def cut(self) -> bool:
        """True when nothing more of the answer leaves."""
        return self._inner is not None and self._inner.cut

    @property
    def outcome(self) -> Outcome | None:
        """What was decided, once it was."""
        return self._inner.outcome if self._inner else None

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; what may be sent on now."""
        if self._inner is not None:
            return self._inner.feed(chunk)
        self._held += chunk
        dialect = self._told(chunk)
        return self._chosen(dialect).feed(bytes(self._held)) if dialect else b""

    def catch_up(self) -> bytes:
        """Judge what has left ahead of its judgement; what is to be sent because of that."""
        return self._inner.catch_up() if self._inner is not None else b""

    def end(self) -> bytes:
        """Upstream is over; what may still be sent."""
        if self._inner is not None:
            return self._inner.end()
        inner = self._chosen(self._asked or Dialect.GENERIC)
        return inner.feed(bytes(self._held)) + inner.end()

    def _chosen(self, dialect: Dialect) -> Stream:
        self.dialect, self._inner = dialect, self._make(dialect)
        return self._inner

    def _told(self, chunk: bytes) -> Dialect | None:
        """The dialect, once it is known."""
        try:
            events = self._reader.feed(chunk)
        except WireError:
            return self._asked or Dialect.GENERIC
        for event in events:
            # A client that waits for its answer must be given the comments that keep it waiting.
            if event.data is None and self._asked:
                return self._asked
            if event.data is not None:
                return self._of(event.data)
        return None

    def _of(self, data: str) -> Dialect:
        """What a document says, else what was asked; text answers no question of a dialect."""
        found = Dialect.GENERIC
        is_document = data.lstrip()[:1] in {"{", "["}
        if is_document:
            with suppress(WireError):
                found = dialect_of(decode(data.encode(), self._shape))
        known = found is not Dialect.GENERIC
        return found if known or not is_document else self._asked or found


def opened(
    asked: object,
    gate: Gate,
    action: Callable[[ToolCall], Outcome],
    *,
    shape: Shape,
    limit: int,
    held: int,
    tells: bool = False,
) -> EventStream:
    """The reader of an event stream that answers the request `asked` (its parsed body).

    Args:
        asked: what was asked; anything else than an object says nothing.
        gate: of the exchange, new.
        action: judges a tool call.
        shape: how deep and large one event may be.
        limit: the most bytes of one event.
        held: the most bytes that wait to be judged.
        tells: say at the end what was decided.
    """
    is_stream = isinstance(asked, dict) and asked.get("stream") is True

    def make(dialect: Dialect) -> Stream:
        if dialect not in STREAMS:
            gate.refuse(SkipReason.UNKNOWN_CONTENT_TYPE)
        kind = STREAMS.get(dialect, RecordStream)
        return kind(gate, action, shape=shape, limit=limit, held=held, tells=tells)

    of = dialect_of(asked) if is_stream else None
    return EventStream(of, make, shape=shape, limit=limit)
