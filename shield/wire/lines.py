"""Newline-delimited JSON, read as it comes: one record a line, in any slices."""

from shield.errors import WireError
from shield.wire.sse import Event


class Reader:
    """Bytes → lines, as events that keep their bytes. Not for use from two threads.

    Args:
        limit: the most bytes of one line, more than 0.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._seen = 0  # bytes of `_held` that are known to hold no end of a line

    @property
    def unread(self) -> bytes:
        """The bytes of the line that is not over."""
        return bytes(self._held)

    def feed(self, chunk: bytes) -> list[Event]:
        """The lines that `chunk` completes.

        Raises:
            WireError: 502 with code `event_too_large`, or `undecodable` for a line that is no
                UTF-8. Lines before the fault are given first, and the next call raises.
        """
        self._held += chunk
        found: list[Event] = []
        at, seen, self._seen = 0, self._seen, 0
        try:
            while (end := self._held.find(b"\n", max(at, seen))) >= 0:
                found.append(self._line(bytes(self._held[at : end + 1])))
                at = end + 1
            self._sized(len(self._held) - at)
        except WireError:
            if not found:
                raise
            return found
        finally:
            del self._held[:at]
        self._seen = len(self._held)
        return found

    def end(self) -> list[Event]:
        """The bytes are over: what is left is the last line.

        Raises:
            WireError: as `feed` does.
        """
        found = self.feed(b"")
        if self._held:
            found.append(self._line(bytes(self._held)))
            self._held.clear()
        return found

    def _line(self, raw: bytes) -> Event:
        self._sized(len(raw))
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise WireError(502, "undecodable", "a line of the stream is not UTF-8") from None
        return Event(raw, text.strip() or None)

    def _sized(self, size: int) -> None:
        if size > self._limit:
            raise WireError(502, "event_too_large", f"a line has more than {self._limit} bytes")


def written(data: str, _: Event) -> bytes:
    """The bytes of one line; `data` is canonical JSON, which holds no break."""
    return f"{data}\n".encode()
