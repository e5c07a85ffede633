"""Plain text that comes in pieces, through a gate."""

import codecs

from shield.types import Outcome, SkipReason
from shield.wire.gate import Gate

_CUT = "\n[The answer was cut by the content policy.]\n"


class TextStream:
    """The bytes of a text → the bytes to send on. Not for use from two threads.

    A sign that is split between two pieces waits for its rest. What does not fit the charset is
    decided by the policy as undecodable, after the text before it.

    Args:
        gate: of the exchange, new.
        charset: one in which ASCII bytes are ASCII characters.
    """

    def __init__(self, gate: Gate, charset: str) -> None:
        self._gate, self._charset = gate, charset
        self._decoder = codecs.getincrementaldecoder(charset)("strict")
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
        """Take the next bytes; what may be sent on now."""
        return b"" if self.over else self._step(chunk, last=False)

    def catch_up(self) -> bytes:
        """Nothing: no text leaves ahead of its judgement, since nothing in a text could take it back."""
        return b""

    def end(self) -> bytes:
        """The text is over; what may still be sent."""
        if self.over:
            return b""
        out = self._step(b"", last=True)
        if not self.over:
            out += self._sent(self._gate.end())
            self.over = True
        return out

    def _step(self, chunk: bytes, *, last: bool) -> bytes:
        if self._gate.passing:
            return chunk
        rest = b""
        try:
            text = self._decoder.decode(chunk, last)
        except UnicodeDecodeError as error:
            # What stands before the fault is judged, however the bytes were sliced.
            text = error.object[: error.start].decode(self._charset)
            rest = error.object[error.start :]
        left = self._gate.feed(text)
        if rest and not self._gate.cut:
            self._gate.refuse(SkipReason.UNDECODABLE)
            left += self._gate.feed("")
        out = self._sent(left)
        if not self._gate.passing:
            return out
        held = rest or self._decoder.getstate()[0]
        self._decoder.reset()
        return out + held

    def _sent(self, text: str) -> bytes:
        self.began = self.began or bool(text)
        self.over = self.over or self._gate.cut
        ending = _CUT if self._gate.cut else ""
        return (text + ending).encode(self._charset)
