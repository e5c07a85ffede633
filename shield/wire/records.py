"""Streams of records in no known dialect: events with any data, or lines of JSON.

Nobody says here which strings a client will join and which stand by themselves. So both readings
are judged: what comes under one name makes up one text, and a string that is long enough to hold
a secret is judged by itself as well. Records leave in the order in which they came, each when all
its texts have; unchanged ones byte for byte. Whole tool calls go past the action checkpoint.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from shield.errors import WireError
from shield.types import Outcome, SkipReason, ToolCall
from shield.wire import lines, sse
from shield.wire.reading import read_response
from shield.wire.relay import Gate
from shield.wire.sse import Event
from shield.wire.strict import Json, Shape, decode, encode, nodes, replaced
from shield.wire.vocabulary import KNOWN_KEYS

_ALONE = "#alone"
_WHOLE = 8  # characters: anything shorter is a part of something, or says nothing by itself
_TOO_MUCH = frozenset({"event_too_large", "too_much_held", "nodes", "depth"})
_HELD = 8_388_608
# Values that say what a record is; they are repeated, not joined.
_NAMES = frozenset({"id", "object", "model", "role", "type", "event", "name", "created_at"})


class Records(Protocol):
    """Bytes → records."""

    @property
    def unread(self) -> bytes:
        """The bytes of the record that is not over."""

    def feed(self, chunk: bytes) -> list[Event]:
        """The records that `chunk` completes."""

    def end(self) -> list[Event]:
        """Those that the end completes."""


class Framing(Struct, frozen=True):
    """How records are told apart. `prose` says that one may hold something else than JSON."""

    reader: Callable[[int], Records]
    written: Callable[[str, Event], bytes]
    ending: Callable[[Outcome | None], bytes]
    prose: bool


def _event(data: str, event: Event) -> bytes:
    return sse.written(data, name=event.name, identity=event.id)


def _last_event(outcome: Outcome | None) -> bytes:
    identity = outcome.verdict.id if outcome else ""
    return sse.written(json.dumps({"error": lines.cut_error(identity)}), name="error")


EVENTS = Framing(sse.Reader, _event, _last_event, prose=True)
LINES = Framing(lines.Reader, lines.written, lines.ending, prose=False)


class _Use(Struct, frozen=True):
    """A text, where its lane has it, and the pointer to write it to; None where none can be."""

    path: str | None
    lane: str
    start: int
    text: str


class _Frame(Struct, frozen=True):
    """One record that waits; `document` is None where its data is a text."""

    event: Event
    uses: tuple[_Use, ...]
    document: Json
    is_json: bool


class RecordStream:
    """The bytes of a stream of records → the bytes to send on. Not for use from two threads.

    Args:
        gate: of the exchange, new.
        action: judges a tool call.
        shape: how deep and large one record may be.
        limit: the most bytes of one record.
        held: the most bytes of records that wait for their texts to be judged.
        framing: `EVENTS` or `LINES`.
    """

    def __init__(
        self,
        gate: Gate,
        action: Callable[[ToolCall], Outcome],
        *,
        shape: Shape,
        limit: int,
        held: int = _HELD,
        framing: Framing = EVENTS,
    ) -> None:
        self._gate, self._action, self._shape = gate, action, shape
        self._framing, self._reader = framing, framing.reader(limit)
        self._queue: deque[_Frame] = deque()
        self._room = held
        self._lengths: dict[str, int] = {}
        self._alone: dict[str, int] = {}
        self.over = self.began = False

    @property
    def outcome(self) -> Outcome | None:
        """What was decided, once it was."""
        return self._gate.outcome

    @property
    def cut(self) -> bool:
        """True when nothing more of the answer leaves."""
        return self._gate.cut

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes from upstream; what may be sent on now."""
        if self.over:
            return b""
        return chunk if self._gate.passing else self._step(lambda: self._reader.feed(chunk))

    def end(self) -> bytes:
        """Upstream is over; what may still be sent. An event without its end is dropped."""
        if self.over:
            return b""
        out = b"" if self._gate.passing else self._step(self._reader.end)
        if not self.over and not self._gate.passing:
            self._gate.end()
            out += self._closing() if self._gate.cut else self._drained()
        self.over = True
        return out

    def _step(self, records: Callable[[], Sequence[Event]]) -> bytes:
        out: list[bytes] = []
        rest: deque[Event] = deque()
        try:
            rest.extend(records())
            while rest and not self.over and not self._gate.passing:
                out.append(self._record(rest[0]))
                rest.popleft()
        except WireError as error:
            too_much = error.code in _TOO_MUCH
            self._gate.refuse(SkipReason.LIMIT if too_much else SkipReason.UNDECODABLE)
        if self._gate.cut and not self.over:
            out.append(self._closing())
        elif self._gate.passing:
            self.began = True
            waiting = [self._sent(frame) for frame in self._queue]
            self._queue.clear()
            out += [*waiting, *(event.raw for event in rest), self._reader.unread]
        return b"".join(out)

    def _record(self, event: Event) -> bytes:
        self._room -= len(event.raw)
        if self._room < 0:
            raise WireError(502, "too_much_held", "too many bytes wait to be judged")
        uses = [self._by_itself(t, None) for t in (*event.asides, event.name, event.id or "") if t]
        document, is_json = self._read(event.data)
        if is_json:
            self._judge(document)
            uses += [use for text in _texts(document) for use in self._uses(event, *text)]
        elif event.data and event.data.strip() != "[DONE]":
            uses += self._uses(event, "", "", event.data)
        self._queue.append(_Frame(event, tuple(uses), document, is_json))
        return self._closing() if self._gate.cut else self._drained()

    def _read(self, data: str | None) -> tuple[Json, bool]:
        """The JSON of a record, and whether it is any.

        Raises:
            WireError: it is JSON that can be read in two ways, or no JSON where it must be.
        """
        if data is None or (self._framing.prose and data.lstrip()[:1] not in {"{", "[", '"'}):
            return None, False
        try:
            return decode(data.encode(), self._shape), True
        except WireError as error:
            if error.code != "not_json" or not self._framing.prose:
                raise
            return None, False

    def _judge(self, document: Json) -> None:
        """The action checkpoint, for the whole calls of a record.

        Raises:
            WireError: a part of a call, in a stream whose dialect is not known.
        """
        calls = read_response(document).calls
        if calls and any("/delta/" in path for path, _ in nodes(document)):
            raise WireError(502, "undecodable", "a part of a tool call, in no known dialect")
        for call in calls:
            outcome = self._action(call)
            if not outcome.passes:
                self._gate.abandon(outcome)
                return

    def _uses(self, event: Event, path: str | None, lane: str, text: str) -> Iterator[_Use]:
        if not lane and path != "":
            yield self._by_itself(text, path)
            return
        lane = f"{event.name}:{lane}"
        start = self._lengths.get(lane, 0)
        self._lengths[lane] = start + len(text)
        self._gate.feed(text, lane)
        yield _Use(path, lane, start, text)
        if len(text) >= _WHOLE:
            yield self._by_itself(text, path)

    def _by_itself(self, text: str, path: str | None) -> _Use:
        """A text that is joined to no other; judged once, however often it comes."""
        if text not in self._alone:
            start = self._lengths.get(_ALONE, 0)
            self._alone[text] = start
            self._lengths[_ALONE] = start + len(text) + 1
            self._gate.feed(f"{text}\n", _ALONE)
            self._gate.settle(_ALONE)
        return _Use(path, _ALONE, self._alone[text], text)

    def _drained(self) -> bytes:
        out: list[bytes] = []
        while self._queue and self._ready(self._queue[0]):
            frame = self._queue.popleft()
            self._room += len(frame.event.raw)
            out.append(self._sent(frame))
        return b"".join(out)

    def _ready(self, frame: _Frame) -> bool:
        released = self._gate.released
        return all(released(use.lane) >= use.start + len(use.text) for use in frame.uses)

    def _sent(self, frame: _Frame) -> bytes:
        """The bytes of a record; none when something is cut where nothing can be written."""
        cuts: dict[str | None, str] = {}
        for use in frame.uses:
            now = self._gate.shown(use.lane, use.start, use.text)
            if now != use.text:
                # Two readings that cut differently leave nothing that both have let pass.
                cuts[use.path] = now if cuts.get(use.path, now) == now else ""
        if None in cuts:
            return b""
        self.began = True
        if not cuts:
            return frame.event.raw
        if not frame.is_json:
            return self._framing.written(cuts[""], frame.event)
        document = frame.document
        for path, now in cuts.items():
            document = replaced(document, path or "", now)
        return self._framing.written(encode(document).decode(), frame.event)

    def _closing(self) -> bytes:
        self.over = True
        self._queue.clear()
        return self._framing.ending(self._gate.outcome)


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
