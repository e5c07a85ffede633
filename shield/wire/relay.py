"""A stream of records through a gate, whatever its dialect: events, or lines of JSON.

Every string of every event goes through a lane of the gate, so that nothing hides between two events.
Events leave in the order in which they came, each when all of its texts have; unchanged ones byte for
byte. Tool calls leave whole, after the action checkpoint. What comes by itself, such as an id, is judged
by itself, once.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from shield.errors import WireError
from shield.types import Outcome, Retraction, SkipReason, ToolCall
from shield.wire import sse
from shield.wire.framing import EVENTS, Framing
from shield.wire.gate import Gate
from shield.wire.heard import Dialect, Heard, Text
from shield.wire.strict import Json, encode, replaced

HELD = 8_388_608
_ALONE = "#alone"
_TOO_MUCH = frozenset(
    ["event_too_large", "calls_too_large", "too_much_held", "too_many_open", "nodes", "depth"]
)


class _Use(Struct, frozen=True):
    """A text at a JSON Pointer, None where nothing can be written, and where its lane has it."""

    path: str | None
    lane: str
    start: int
    text: str


class _Frame(Struct, frozen=True):
    """One event that waits."""

    event: sse.Event
    uses: tuple[_Use, ...]
    heard: Heard | None = None
    last: bool = False


class Relay:
    """The bytes of one streamed answer → the bytes to send on. Not for use from two threads.

    Args:
        gate: of the exchange, new.
        action: judges a tool call.
        dialect: reads the events, new.
        limit: the most bytes of one event.
        held: the most bytes of events that wait for their texts to be judged.
        framing: how events are told apart.
        tells: say at the end what was decided of an answer that passes.
    """

    def __init__(
        self,
        gate: Gate,
        action: Callable[[ToolCall], Outcome],
        dialect: Dialect,
        *,
        limit: int,
        held: int = HELD,
        framing: Framing = EVENTS,
        tells: bool = False,
    ) -> None:
        self._gate, self._action, self._dialect = gate, action, dialect
        self._tells = tells
        gate.withhold(_ALONE)
        self._framing, self._reader = framing, framing.reader(limit)
        self._queue: deque[_Frame] = deque()
        self._room = held
        self._lengths: dict[str, int] = {}
        self._alone: dict[str, int] = {}
        self.over = False
        self.began = False  # something that a client shows, or acts on, has left

    @property
    def outcome(self) -> Outcome | None:
        """What was decided, once it was: of the answer, or of the tool call that cut it."""
        return self._gate.outcome

    @property
    def cut(self) -> bool:
        """True when nothing more of the answer leaves."""
        return self._gate.cut

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes from upstream; what may be sent on now.

        Once `over`, nothing more is sent and upstream may be let go.
        """
        if self.over:
            return b""
        return chunk if self._gate.passing else self._step(lambda: self._reader.feed(chunk))

    def end(self) -> bytes:
        """Upstream is over; what may still be sent. Half an answer must not look like a whole one."""
        if self.over:
            return b""
        out = b"" if self._gate.passing else self._step(self._reader.end)
        if not self.over and not self._gate.passing:
            self._gate.end()
            out += self._closing() if self._gate.cut else self._drained() + self._broken()
        self.over = True
        return out

    def catch_up(self) -> bytes:
        """Judge what has left ahead of its judgement; what is to be sent because of that."""
        if self.over:
            return b""
        self._gate.catch_up()
        if self._gate.cut:
            return self._closing()
        # A client must have a text before it can take any of it back.
        return b"" if self._queue else self._retracted()

    def _step(self, events: Callable[[], Sequence[sse.Event]]) -> bytes:
        out: list[bytes] = []
        rest: deque[sse.Event] = deque()
        try:
            rest.extend(events())
            while rest and not self.over and not self._gate.passing:
                out.append(self._event(rest[0]))
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

    def _event(self, event: sse.Event) -> bytes:
        """Take one event; what may be sent after it."""
        self._room -= len(event.raw)
        if self._room < 0:
            raise WireError(502, "too_much_held", "too many bytes wait to be judged")
        uses = [self._by_itself(t) for t in _beside(event) if t]
        heard = None if event.data is None else self._dialect.read(event.data, event.name)
        is_last = event.data is not None and (heard is None or heard.last)
        if heard is not None:
            uses += self._heard(heard)
        if _ALONE in self._lengths:
            self._gate.settle(_ALONE)
        self._queue.append(_Frame(event, tuple(uses), heard, last=is_last))
        self._concluded(heard)
        if is_last:
            self._judge(self._dialect.rest())
            self._gate.end()
        if self._gate.cut:
            return self._closing()
        out = self._drained()
        self.over = is_last
        return out

    def _concluded(self, heard: Heard | None) -> None:
        """What an event says is over, or cannot be looked at."""
        if heard is not None:
            for reason in heard.skipped:
                self._gate.omit(reason)
            self._judge(heard.calls)
            for lane in heard.settled:
                self._gate.settle(lane)

    def _heard(self, heard: Heard) -> list[_Use]:
        texts = [text for text in heard.texts if text.text]
        if heard.waits or heard.calls:
            # What a tool is asked to do cannot be taken back.
            for text in texts:
                self._gate.withhold(text.lane or _ALONE)
        return [self._use(text) for text in texts]

    def _use(self, text: Text) -> _Use:
        if not text.lane:
            return self._by_itself(text.text, text.path)
        if text.at is not None:
            return _Use(text.path, text.lane, text.at, text.text)
        start = self._lengths.get(text.lane, 0)
        self._lengths[text.lane] = start + len(text.text)
        self._gate.feed(text.text, text.lane)
        return _Use(text.path, text.lane, start, text.text)

    def _by_itself(self, text: str, path: str | None = None) -> _Use:
        """A text that is joined to no other; judged once, however often it comes, with those of its event."""
        if text not in self._alone:
            start = self._lengths.get(_ALONE, 0)
            self._alone[text] = start
            self._lengths[_ALONE] = start + len(text) + 1
            self._gate.feed(f"{text}\n", _ALONE)
        return _Use(path, _ALONE, self._alone[text], text)

    def _judge(self, calls: Sequence[ToolCall]) -> None:
        """The action checkpoint, for calls that are whole."""
        for call in calls:
            outcome = self._action(call)
            if not outcome.passes:
                self._gate.abandon(outcome)
                return

    def _drained(self) -> bytes:
        out: list[bytes] = []
        while self._queue and self._ready(self._queue[0]):
            frame = self._queue.popleft()
            self._room += len(frame.event.raw)
            out += [self._told()] if frame.last else []
            out.append(self._sent(frame))
        return b"".join(out)

    def _ready(self, frame: _Frame) -> bool:
        waits = frame.heard.waits if frame.heard else ()
        return not any(map(self._dialect.pending, waits)) and all(
            self._gate.released(use.lane) >= use.start + len(use.text) for use in frame.uses
        )

    def _sent(self, frame: _Frame) -> bytes:
        """The bytes of a frame; none when something is cut where nothing can be written."""
        cuts: dict[str | None, str] = {}
        for use in frame.uses:
            now = self._gate.shown(use.lane, use.start, use.text)
            if now != use.text:
                # Two readings that cut differently leave nothing that both have let pass.
                cuts[use.path] = now if cuts.get(use.path, now) == now else ""
        if None in cuts:
            return b""
        self.began = self.began or _says_something(frame)
        return self._written(frame, {path or "": now for path, now in cuts.items()})

    def _written(self, frame: _Frame, cuts: Mapping[str, str]) -> bytes:
        event, heard = frame.event, frame.heard
        if heard is None:
            return event.raw
        document = heard.document
        for path, now in cuts.items():
            document = replaced(document, path, now)
        self._dialect.note(document)
        if not cuts and not heard.changed:
            return event.raw
        said = str(document) if heard.prose else encode(document).decode()
        return self._framing.written(said, event)

    def _closing(self) -> bytes:
        self.over = True
        self._queue.clear()
        return self._retracted() + self._dialect.cut(self._gate.outcome)

    def _broken(self) -> bytes:
        return self._told() + self._dialect.broken()

    def _told(self) -> bytes:
        """What is to be taken back, and what was decided of an answer that has passed whole."""
        outcome = self._gate.outcome
        if not self._tells or outcome is None:
            return self._retracted()
        verdict = outcome.verdict
        said: dict[str, Json] = {"verdict": verdict.id, "decision": verdict.decision}
        return self._retracted() + self._dialect.aside(said)

    def _retracted(self) -> bytes:
        found = self._gate.retractions()
        return self._dialect.aside({"retract": [_shown(r) for r in found]}) if found else b""


def _shown(found: Retraction) -> Json:
    where: dict[str, Json] = {"text": found.lane, "start": found.start, "end": found.end}
    return {**where, "in_place": found.in_place}


def _beside(event: sse.Event) -> tuple[str, ...]:
    """What an event says beside its data."""
    return *event.asides, event.name, event.id or ""


def _says_something(frame: _Frame) -> bool:
    """False for what a stream begins with: roles, names of models, frames without anything in them."""
    heard = frame.heard
    if heard is None or heard.shows or heard.waits:
        return True
    return any(use.lane != _ALONE for use in frame.uses)
