"""What a session remembers, and the port through which it is kept.

A blocked turn is remembered by digest, decision, rule family and scores only, never by its
text, so that it cannot poison what follows.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from shield.types import Caller, Segment, Step, Turn

# Suspicious turns that a principal's sessions share: enough to see somebody feel for the edge.
MOST_TRIES = 32
# What the objects weigh beside their text, measured on CPython 3.11 and rounded up.
_SESSION_BYTES, _SEGMENT_BYTES, _TURN_BYTES, _SCORE_BYTES = 400, 800, 400, 140


class Session(Struct, frozen=True):
    """The texts, turns and tool calls of a session, oldest first."""

    history: tuple[Segment, ...] = ()
    trail: tuple[Turn, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def weight(self) -> int:
        """Bytes of memory, about and rather more than less."""
        turns = sum(_TURN_BYTES + _SCORE_BYTES * len(t.scores) for t in self.trail)
        texts = sum(_SEGMENT_BYTES + _held(s) for s in self.history)
        return _SESSION_BYTES + turns + texts + _TURN_BYTES * len(self.steps)


class SessionStore(Protocol):
    """Where sessions live between exchanges. Implementations bound and expire them."""

    def read(self, key: str) -> Session:
        """The session of `key`; empty when there is none or it has expired."""

    def write(self, key: str, session: Session, *, principal: str) -> None:
        """Keep a session; `principal` is the key of its owner, for per-principal bounds.

        What is kept under the owner's own key is shared by all sessions of the owner, and is
        none of those that the bound counts.
        """

    def forget(self, key: str) -> None:
        """Erase a session."""

    def forget_owner(self, principal: str) -> None:
        """Erase all sessions of an owner."""


def session_key(secret: bytes, caller: Caller) -> str:
    """A key that no other tenant, principal or session shares: HMAC over length-prefixed parts."""
    return _hmac(secret, caller.tenant, caller.principal, caller.session)


def principal_key(secret: bytes, caller: Caller) -> str:
    """The key of the session's owner."""
    return _hmac(secret, caller.tenant, caller.principal)


def content_digest(text: str) -> str:
    """SHA-256 of a text, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def text_digest(text: str) -> str:
    """Names a text in a trail: 32 hex digits."""
    return content_digest(text)[:32]


def continued(session: Session, history: Iterable[Segment], turns: Iterable[Turn]) -> Session:
    """The session after an exchange: with another history, and with `turns` at the end.

    A turn that was sent again moves to its place among them, so that the trail stands in the
    order of the conversation however the client sends it.
    """
    last = {turn.digest: turn for turn in turns}
    kept = (turn for turn in session.trail if turn.digest not in last)
    return Session(tuple(history), (*kept, *last.values()), session.steps)


def trimmed(session: Session, texts: int, size: int, turns: int = 0) -> Session:
    """The newest `texts` segments within `size` bytes, and the newest `turns` of the trail.

    Refused turns are forgotten last: a client that resends its history would be blamed for
    them again. `turns` is `texts` when left out.
    """
    kept: list[Segment] = []
    left = size
    for segment in reversed(session.history[-texts:]):
        left -= _size(segment)
        if left < 0:
            break
        kept.append(segment)
    trail = _newest(session.trail, turns or texts)
    return Session(tuple(reversed(kept)), trail, session.steps[-texts:])


def _newest(trail: Sequence[Turn], most: int) -> tuple[Turn, ...]:
    if len(trail) <= most:
        return tuple(trail)
    refused = [n for n, turn in enumerate(trail[:-most]) if turn.refused]
    spared = refused[-(most // 2) :] if most > 1 else []
    others = range(len(trail) - most + len(spared), len(trail))
    return tuple(trail[n] for n in (*spared, *others))


def _size(segment: Segment) -> int:
    """Bytes of all that the sender wrote."""
    return sum(
        len(t) if t.isascii() else len(t.encode("utf-8", "surrogatepass")) for t in _texts(segment)
    )


def _held(segment: Segment) -> int:
    """Bytes of memory of the same: one character beyond ASCII may widen all others to four."""
    return sum(len(t) if t.isascii() else 4 * len(t) for t in _texts(segment))


def _texts(segment: Segment) -> Iterator[str]:
    """The text, and what the sender named: path, tool or document."""
    yield segment.text
    yield segment.path
    for origin in segment.label.origins:
        yield origin.name
        yield origin.path


def _hmac(secret: bytes, *parts: str) -> str:
    made = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return made.hexdigest()
