"""Streams of records in no known dialect: events with any data, or lines of JSON.

Nobody says here which strings a client will join and which stand by themselves. So both readings
are judged: what comes under one name makes up one text, and a string that is long enough to hold
a secret is judged by itself as well. Whole tool calls go past the action checkpoint.
"""

import json
from collections.abc import Callable, Iterator, Mapping

from shield.errors import WireError
from shield.types import Outcome, ToolCall
from shield.wire.framing import EVENTS, Framing
from shield.wire.gate import Gate
from shield.wire.heard import Heard, Text
from shield.wire.reading import read_response
from shield.wire.relay import HELD, Relay
from shield.wire.sse import Event
from shield.wire.strict import Json, Shape, decode, nodes
from shield.wire.vocabulary import KNOWN_KEYS

_WHOLE = 8  # characters: anything shorter is a part of something, or says nothing by itself
_DONE = "[DONE]"
# Values that say what a record is; they are repeated, not joined.
_NAMES = frozenset({"id", "object", "model", "role", "type", "event", "name", "created_at"})


class RecordDialect:
    """Reads records that nobody has named.

    Args:
        shape: how deep and large one record may be.
        framing: how they are told apart.
    """

    def __init__(self, shape: Shape, framing: Framing) -> None:
        self._shape, self._framing = shape, framing

    def read(self, data: str, name: str) -> Heard:
        """A record; it is never the last.

        Raises:
            WireError: it is JSON that can be read in two ways, or no JSON where it must be, or holds a
                part of a tool call.
        """
        document = self._document(data)
        if document is None:
            texts = () if data.strip() == _DONE else tuple(_twice(name, "", "", data))
            return Heard(data, texts, prose=True, shows=True)
        calls = read_response(document[0]).calls
        if calls and any("/delta/" in path for path, _ in nodes(document[0])):
            raise WireError(502, "undecodable", "a part of a tool call, in no known dialect")
        found = (text for found in _texts(document[0]) for text in _twice(name, *found))
        return Heard(document[0], tuple(found), calls=calls, shows=True)

    def rest(self) -> tuple[ToolCall, ...]:
        """None: calls are whole with their record."""
        return ()

    def pending(self, call: int) -> bool:
        """False: no record waits for a call in another."""
        return False

    def note(self, document: Json) -> None:
        """Nothing of a record matters for the end."""

    def aside(self, note: Mapping[str, Json]) -> bytes:
        """A record of Shield's own, in an event named `shield`."""
        return self._framing.written(json.dumps({"shield": {**note}}), Event(b"", name="shield"))

    def cut(self, outcome: Outcome | None) -> bytes:
        """A last record that says so, in an event named `error`."""
        error = {
            "message": "The response was cut by the content policy.",
            "type": "invalid_request_error",
            "param": None,
            "code": "content_filter",
            "verdict": outcome.verdict.id if outcome else "",
        }
        return self._framing.written(json.dumps({"error": error}), Event(b"", name="error"))

    def broken(self) -> bytes:
        """Nothing: who knows how such a stream ends."""
        return b""

    def _document(self, data: str) -> tuple[Json] | None:
        """The JSON of a record, None where it is a text.

        Raises:
            WireError: it is JSON that can be read in two ways, or no JSON where it must be.
        """
        prose = self._framing.prose
        if prose and data.lstrip()[:1] not in {"{", "[", '"'}:
            return None
        try:
            return (decode(data.encode(), self._shape),)
        except WireError as error:
            if error.code != "not_json" or not prose:
                raise
            return None


class RecordStream(Relay):
    """The bytes of a stream of records → the bytes to send on. Not for use from two threads.

    Args:
        gate: of the exchange, new.
        action: judges a tool call.
        shape: how deep and large one record may be.
        limit: the most bytes of one record.
        held: the most bytes of records that wait for their texts to be judged.
        framing: how records are told apart.
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
        framing: Framing = EVENTS,
        tells: bool = False,
    ) -> None:
        dialect = RecordDialect(shape, framing)
        super().__init__(
            gate, action, dialect, limit=limit, held=held, framing=framing, tells=tells
        )


def _twice(name: str, path: str | None, lane: str, text: str) -> Iterator[Text]:
    """A text as what goes on in its lane and, where it is long enough, by itself."""
    if not lane and path != "":
        yield Text(path, "", text)
        return
    yield Text(path, f"{name}:{lane}", text)
    if len(text) >= _WHOLE:
        yield Text(path, "", text)


def _texts(document: Json) -> Iterator[tuple[str | None, str, str]]:
    """The strings of a record: pointer, lane, text. Keys have no pointer, names no lane."""
    kind = document.get("type") if isinstance(document, dict) else None
    of = kind if isinstance(kind, str) else ""
    for path, node in nodes(document):
        if isinstance(node, dict):
            yield from ((None, "", key) for key in node if key and key not in KNOWN_KEYS)
        elif isinstance(node, str) and node:
            parts = path.split("/")
            lane = "/".join("*" if part.isdigit() else part for part in parts)
            is_name = parts[-1] in _NAMES
            yield path, "" if is_name else f"{of}{lane}", node
