"""How the records of a stream are told apart: events, or lines."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from shield.wire import lines, sse
from shield.wire.sse import Event


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
    """`reader` takes the most bytes of one record, `written` puts data in the place of an event's.

    `prose` says that a record may hold something else than JSON.
    """

    reader: Callable[[int], Records]
    written: Callable[[str, Event], bytes]
    prose: bool


def _event(data: str, event: Event) -> bytes:
    return sse.written(data, name=event.name, identity=event.id)


EVENTS = Framing(sse.Reader, _event, prose=True)
LINES = Framing(lines.Reader, lines.written, prose=False)
