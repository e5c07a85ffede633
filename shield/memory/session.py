"""What a session remembers, and the port through which it is kept.

A blocked turn is remembered by digest, decision and rule family only, never by its text,
so that it cannot poison what follows.
"""

import hashlib
import hmac
from typing import Protocol

from msgspec import Struct

from shield.types import Caller, Segment, Turn


class Session(Struct, frozen=True):
    """The texts and turns of a session, oldest first."""

    history: tuple[Segment, ...] = ()
    trail: tuple[Turn, ...] = ()


class SessionStore(Protocol):
    """Where sessions live between exchanges. Implementations bound and expire them."""

    def read(self, key: str) -> Session:
        """The session of `key`; empty when there is none or it has expired."""

    def write(self, key: str, session: Session, *, principal: str) -> None:
        """Keep a session; `principal` is the key of its owner, for per-principal bounds."""

    def forget(self, key: str) -> None:
        """Erase a session."""


def session_key(secret: bytes, caller: Caller) -> str:
    """A key that no other tenant, principal or session shares: HMAC over length-prefixed parts."""
    return _hmac(secret, caller.tenant, caller.principal, caller.session)


def principal_key(secret: bytes, caller: Caller) -> str:
    """The key of the session's owner."""
    return _hmac(secret, caller.tenant, caller.principal)


def text_digest(text: str) -> str:
    """Names a text in a trail: 32 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def trimmed(session: Session, turns: int, size: int) -> Session:
    """The newest texts and turns within `turns` entries and `size` bytes of text."""
    kept: list[Segment] = []
    left = size
    for segment in reversed(session.history[-turns:]):
        left -= len(segment.text.encode("utf-8", "surrogatepass"))
        if left < 0:
            break
        kept.append(segment)
    return Session(tuple(reversed(kept)), session.trail[-turns:])


def _hmac(secret: bytes, *parts: str) -> str:
    made = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return made.hexdigest()
