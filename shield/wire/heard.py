"""What a dialect makes of one event of a stream."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from shield.types import Outcome, SkipReason, ToolCall
from shield.wire.strict import Json


class Text(Struct, frozen=True):
    """A string of an event: its JSON Pointer, None for a key, and the lane that it belongs to, empty
    for what stands by itself. `at` is where the lane has it already, None when it goes on there.
    """

    path: str | None
    lane: str
    text: str
    at: int | None = None


class Heard(Struct, frozen=True):
    """An event that has been read. `prose` says that its document is a text, and no JSON.

    `changed` says that something was left out of it. `waits` names the calls that it holds parts
    of: it leaves when they have been judged. `calls` are whole with it, `settled` are lanes that
    go no further for now, `skipped` is what cannot be looked at. `shows` says that a client sees
    something of it even if it holds no text. After the `last` nothing comes.
    """

    document: Json
    texts: Sequence[Text]
    prose: bool = False
    changed: bool = False
    waits: frozenset[int] = frozenset()
    calls: tuple[ToolCall, ...] = ()
    settled: tuple[str, ...] = ()
    skipped: tuple[SkipReason, ...] = ()
    shows: bool = False
    last: bool = False


class Dialect(Protocol):
    """How one kind of stream is read, and how it ends when it does not end by itself."""

    def read(self, data: str, name: str) -> Heard | None:
        """The data and the name of an event; None for a sign of the end that holds nothing.

        Raises:
            WireError: it has not the form of the dialect.
        """

    def rest(self) -> tuple[ToolCall, ...]:
        """The answer is over: the calls that have come and were not judged."""

    def pending(self, call: int) -> bool:
        """True while a call that an event waits for has not been judged."""

    def note(self, document: Json) -> None:
        """An event is being sent, as `document`."""

    def aside(self, note: Mapping[str, Json]) -> bytes:
        """An event of Shield's own, `note` under `shield`, which clients of the dialect pass over."""

    def cut(self, outcome: Outcome | None) -> bytes:
        """The end of an answer that was cut."""

    def broken(self) -> bytes:
        """The end of an answer that upstream did not end: half an answer must not look like a whole one."""
