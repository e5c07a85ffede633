"""OpenAI's `chat.completion.chunk` streams through a gate.

The deltas of one field of one choice make up one text. A cut stream ends as the dialect does: each
open choice finishes with `content_filter`, then comes `[DONE]`.

References: OpenAI's API reference, "The chat completion chunk object"; openai-python
`_streaming.py`, which raises on a truthy `error`.
"""

from collections.abc import Callable, Mapping

from shield.types import Outcome, ToolCall
from shield.wire.chunk import read
from shield.wire.endings import Told
from shield.wire.gate import Gate
from shield.wire.heard import Heard
from shield.wire.places import mapping
from shield.wire.proposals import Proposals
from shield.wire.relay import HELD, Relay
from shield.wire.strict import Json, Shape

_DONE = "[DONE]"


class ChatDialect:
    """Reads the chunks of one completion.

    Args:
        shape: how deep and large one chunk may be.
        limit: the most characters of all tool calls.
    """

    def __init__(self, shape: Shape, limit: int) -> None:
        self._shape, self._proposals, self._told = shape, Proposals(limit), Told()

    def read(self, data: str, name: str) -> Heard | None:
        """The chunk in the data of an event; None for `[DONE]`.

        Raises:
            WireError: it has not the form of the dialect.
        """
        if data.strip() == _DONE:
            return None
        chunk = read(data, self._shape)
        calls = {c.index for c in chunk.choices if self._proposals.add(c.index, c.delta)}
        done = [c.index for c in chunk.choices if c.finished]
        return Heard(
            chunk.document,
            chunk.texts,
            changed=chunk.changed,
            waits=frozenset(calls),
            calls=tuple(call for index in done for call in self._proposals.take(index)),
            shows=bool(done),
        )

    def rest(self) -> tuple[ToolCall, ...]:
        """The calls of the choices that did not say that they were over."""
        left = self._proposals.choices
        return tuple(call for choice in left for call in self._proposals.take(choice))

    def pending(self, call: int) -> bool:
        """True while the calls of a choice have not been judged."""
        return self._proposals.pending(call)

    def note(self, document: Json) -> None:
        """A chunk is being sent, as `document`."""
        self._told.note(mapping(document))

    def aside(self, note: Mapping[str, Json]) -> bytes:
        """A chunk without a choice, as those that state the usage are."""
        return self._told.aside(note)

    def cut(self, outcome: Outcome | None) -> bytes:
        """Each open choice finishes with `content_filter`."""
        return self._told.cut(outcome)

    def broken(self) -> bytes:
        """An error event, unless all choices had finished."""
        return self._told.broken()


class ChatStream(Relay):
    """The bytes of one streamed completion → the bytes to send on. Not for use from two threads.

    Args:
        gate: of the exchange, new.
        action: judges a tool call.
        shape: how deep and large one chunk may be.
        limit: the most bytes of one event, and characters of all tool calls.
        held: the most bytes of events that wait for their texts to be judged.
        tells: say at the end what was decided.
    """

    def __init__(
        self,
        gate: Gate,
        action: Callable[[ToolCall], Outcome],
        *,
        shape: Shape,
        limit: int,
        held: int = HELD,
        tells: bool = False,
    ) -> None:
        super().__init__(
            gate, action, ChatDialect(shape, limit), limit=limit, held=held, tells=tells
        )
