"""Server-sent events, read as they come and written.

The reader takes bytes in any slices and gives the same events for the same bytes; each event
keeps the bytes that it came from, so that what is not changed can be sent on byte for byte.
It is linear in the bytes, and bounded by the size of one event.

References: the WHATWG HTML standard, "Server-sent events", 9.2.5 and 9.2.6.
"""

import re

from msgspec import Struct

from shield.errors import WireError

_BREAK = re.compile(rb"\r\n|\n|\r")
_BREAKS = re.compile(r"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Event(Struct, frozen=True):
    """One event and the bytes that it came from, its blank line among them.

    `data` is None when the event holds none: clients do not see such an event. `asides` are what
    no client reads and a careless one might show: comments, and lines that are no known field.
    """

    raw: bytes
    data: str | None = None
    name: str = ""
    id: str | None = None
    retry: int | None = None
    asides: tuple[str, ...] = ()


class _Fields(Struct):
    """What the lines of the event being read have said so far."""

    data: list[str]
    asides: list[str]
    name: str = ""
    id: str | None = None
    retry: int | None = None

    def event(self, raw: bytes) -> Event:
        said = "\n".join(self.data) if self.data else None
        return Event(raw, said, self.name, self.id, self.retry, tuple(self.asides))


class Reader:
    """Bytes of an event stream → events. Not for use from two threads.

    A carriage return at the end of a slice waits for the next byte, which may be its line feed.

    Args:
        limit: the most bytes of one event, more than 0.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._raw = bytearray()
        self._seen = 0  # bytes of `_held` that are known to hold no break
        self._first = True
        self._fields = _Fields([], [])

    @property
    def unread(self) -> bytes:
        """The bytes of the event that is not over."""
        return bytes(self._raw + self._held)

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes.

        Raises:
            WireError: 502 with code `event_too_large`, or `undecodable` for a line that is no
                UTF-8. Events before the fault are given first, and the next call raises; the
                reader is of no use afterwards.
        """
        self._held += chunk
        return self._read(last=False)

    def end(self) -> list[Event]:
        """The bytes are over. An event without its blank line counts for nothing, as the standard
        says, and stays in `unread`.

        Raises:
            WireError: as `feed` does.
        """
        return self._read(last=True)

    def _read(self, *, last: bool) -> list[Event]:
        found: list[Event] = []
        try:
            self._lines(found, last=last)
        except WireError:
            self._seen = 0
            if not found:
                raise
        return found

    def _lines(self, found: list[Event], *, last: bool) -> None:
        at = 0
        try:
            while (line := _BREAK.search(self._held, max(at, self._seen))) is not None:
                if line.group() == b"\r" and line.end() == len(self._held) and not last:
                    break
                self._sized(len(self._raw) + line.end() - at)
                text = self._text(bytes(self._held[at : line.start()]))
                self._raw += self._held[at : line.end()]
                at = line.end()
                self._line(text, found)
            self._sized(len(self._raw) + len(self._held) - at)
        finally:
            line = None  # a match keeps the buffer from shrinking
            del self._held[:at]
        self._seen = max(0, len(self._held) - 1)

    def _sized(self, size: int) -> None:
        if size > self._limit:
            raise WireError(502, "event_too_large", f"an event has more than {self._limit} bytes")

    def _text(self, line: bytes) -> str:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise WireError(502, "undecodable", "a line of the stream is not UTF-8") from None
        first, self._first = self._first, False
        return text.removeprefix(_BOM.decode()) if first else text

    def _line(self, line: str, found: list[Event]) -> None:
        if line:
            self._field(line)
            return
        found.append(self._fields.event(bytes(self._raw)))
        self._raw.clear()
        self._fields = _Fields([], [])

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        fields = self._fields
        if name == "data":
            fields.data.append(value)
        elif name == "event":
            fields.name = value
        elif name == "id" and "\0" not in value:
            fields.id = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) < 10:
            fields.retry = int(value)
        else:
            fields.asides.append(line)


def written(data: str, *, name: str = "", identity: str | None = None) -> bytes:
    """The bytes of one event; breaks in `data` become lines of their own.

    Raises:
        ValueError: a break or NUL in the name or the id, or a lone surrogate anywhere.
    """
    for value in (name, identity or ""):
        if _BREAKS.search(value) or "\0" in value:
            raise ValueError("a name or an id is one line")
    lines = [f"event: {name}"] if name else []
    lines += [] if identity is None else [f"id: {identity}"]
    lines += [f"data: {line}" for line in _BREAKS.split(data)]
    return ("\n".join(lines) + "\n\n").encode()
