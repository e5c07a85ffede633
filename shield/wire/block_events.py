"""Anthropic's streamed messages through a gate.

The text blocks of a message make up one text, because clients join them; thinking and the inputs of
tools are texts of their own. A tool's input leaves whole, after the action checkpoint. A cut message
ends as the dialect does: its open blocks stop, and it says `refusal`.

What is cut out of thinking leaves its signature as it was, so that the provider will not take that
block back.

References: Anthropic's API reference, "Streaming messages"; anthropic-sdk-python `_streaming.py`,
which raises on an event named `error`.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from shield.types import Outcome, ToolCall
from shield.wire.block_endings import Told, event
from shield.wire.chat import call, parsed
from shield.wire.gate import Gate
from shield.wire.heard import Heard, Text
from shield.wire.messages import asks_client, proposed
from shield.wire.places import mapping, text
from shield.wire.relay import HELD, Relay
from shield.wire.strands import Strands, growing, malformed, number, whole
from shield.wire.strict import Json, Shape, decode

_TEXT, _INPUT = "text", "input"
# The field of each kind of delta that grows, and the text that it makes up.
_GROWS = {
    "text_delta": ("text", _TEXT),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
    "input_json_delta": ("partial_json", _INPUT),
}
_BEGINS = frozenset({_TEXT, "thinking"})
_WHOLE = frozenset({"message_start", "message_delta", "message_stop", "ping", "error"})


class _Block(Struct, frozen=True):
    """A block that is open; `name` and `id` are those of the tool that it calls, if it calls one."""

    kind: str
    name: str = ""
    id: str = ""
    input: Json = None

    @property
    def calls(self) -> bool:
        """True when the client is asked to run a tool."""
        return asks_client(self.kind)


class MessagesDialect:
    """Reads the events of one message.

    Args:
        shape: how deep and large one event may be.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape, self._told, self._strands = shape, Told(), Strands()
        self._open: dict[int, _Block] = {}
        self._begun: set[int] = set()
        self._started = False

    def read(self, data: str, name: str) -> Heard | None:
        """An event.

        Raises:
            WireError: it has not the form of the dialect, or is not what it is named.
        """
        document = decode(data.encode(), self._shape)
        if not isinstance(document, dict):
            raise malformed()
        kind = text(document.get("type"))
        if not kind or name not in {"", kind}:
            raise malformed()
        if kind == "content_block_start":
            return self._start(document)
        if kind == "content_block_delta":
            return self._delta(document)
        if kind == "content_block_stop":
            return self._stop(document)
        return self._other(document, kind)

    def rest(self) -> tuple[ToolCall, ...]:
        """The calls of the blocks that did not say that they were over."""
        found = tuple(self._call(i, block) for i, block in self._open.items() if block.calls)
        self._open.clear()
        return found

    def pending(self, call: int) -> bool:
        """True while the call of a block has not been judged."""
        return call in self._open

    def note(self, document: Json) -> None:
        """An event is being sent, as `document`."""
        self._told.note(mapping(document))

    def aside(self, note: Mapping[str, Json]) -> bytes:
        """An event of a type that is not Anthropic's, which clients are told to pass over."""
        return event({"type": "shield", "shield": {**note}})

    def cut(self, outcome: Outcome | None) -> bytes:
        """The open blocks stop, and the message, with `refusal`."""
        return self._told.cut(outcome)

    def broken(self) -> bytes:
        """An error event, unless the message had said why it stopped."""
        return self._told.broken()

    def _start(self, document: dict[str, Json]) -> Heard:
        index, block = number(document.get("index")), document.get("content_block")
        if not isinstance(block, dict) or index in self._begun:
            raise malformed()
        kind = text(block.get("type"))
        made = _Block(kind, text(block.get("name")), text(block.get("id")), block.get("input"))
        self._open[index] = made
        self._begun.add(index)
        texts: list[Text] = []
        path = f"/content_block/{kind}"
        if kind in _BEGINS:
            texts.append(self._strands.grow((index, kind), kind, path, text(block.get(kind))))
        texts += whole(self._strands, document, frozenset({path}) if texts else frozenset())
        return Heard(
            document,
            texts,
            waits=frozenset({index} if made.calls else ()),
            calls=() if made.calls else tuple(proposed(block)),
            settled=() if kind == _TEXT else self._pause(),
            shows=kind not in _BEGINS,
        )

    def _delta(self, document: dict[str, Json]) -> Heard:
        index, delta = number(document.get("index")), document.get("delta")
        block = self._open.get(index)
        if block is None or not isinstance(delta, dict):
            raise malformed()
        return Heard(
            document,
            [*self._pieces(index, document, delta)],
            waits=frozenset({index} if block.calls else ()),
            calls=tuple(proposed(delta)),
        )

    def _pieces(
        self, index: int, document: dict[str, Json], delta: dict[str, Json]
    ) -> Iterator[Text]:
        kind = text(delta.get("type"))
        if kind == "citations_delta":
            yield from whole(self._strands, document, frozenset())
            return
        if kind not in _GROWS:
            yield from growing(self._strands, kind, document, index)
            return
        field, of = _GROWS[kind]
        piece, path = delta.get(field), f"/delta/{field}"
        if not isinstance(piece, str):
            raise malformed()
        yield self._strands.grow((index, of), of, path, piece)
        yield from whole(self._strands, document, frozenset({path}))

    def _stop(self, document: dict[str, Json]) -> Heard:
        index = number(document.get("index"))
        block = self._open.get(index)
        if block is None:
            raise malformed()
        calls = (self._call(index, block),) if block.calls else ()
        del self._open[index]
        mine = [k for k in self._strands.unfinished if isinstance(k, tuple) and k[0] == index]
        over = [lane for key in mine for lane in self._strands.close(key)]
        return Heard(
            document,
            [*whole(self._strands, document, frozenset())],
            waits=frozenset({index} if calls else ()),
            calls=calls,
            settled=tuple(lane for lane in over if lane != _TEXT),
        )

    def _other(self, document: dict[str, Json], kind: str) -> Heard:
        if kind == "message_start":
            if self._started:
                raise malformed()
            self._started = True
        read = whole(self._strands, document, frozenset())
        return Heard(
            document,
            [*(read if kind in _WHOLE else growing(self._strands, kind, document))],
            calls=tuple(proposed(document)),
            settled=self._pause() if kind == "message_delta" else (),
            shows=kind not in {"message_start", "ping"},
            last=kind == "message_stop",
        )

    def _pause(self) -> tuple[str, ...]:
        """The lane of the text, when something else comes; more text may follow it."""
        return (_TEXT,) if self._strands.known(_TEXT) else ()

    def _call(self, index: int, block: _Block) -> ToolCall:
        """The call of a block. Where its input comes at once and in pieces, clients would differ.

        Raises:
            WireError: it comes in both ways.
        """
        raw = self._strands.text((index, _INPUT))
        if raw and block.input:
            raise malformed()
        return call(block.name, parsed(raw) if raw else block.input or {}, block.id)


class MessagesStream(Relay):
    """The bytes of one streamed message → the bytes to send on. Not for use from two threads.

    Args:
        gate: of the exchange, new.
        action: judges a tool call.
        shape: how deep and large one event may be.
        limit: the most bytes of one event.
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
        super().__init__(gate, action, MessagesDialect(shape), limit=limit, held=held, tells=tells)
