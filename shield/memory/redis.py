"""Sessions that workers share, in Redis or Valkey: encrypted, bounded, expiring, merged.

Two workers that write one session at a time lose nothing of each other. A store that cannot be
reached, is slow, or refuses to be written raises `StoreError`, and the policy's `on_store_failure`
decides.
"""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec import Struct

from shield.errors import StoreError
from shield.memory.merged import merged
from shield.memory.records import Records, Room, connected
from shield.memory.session import MOST_TRIES, Session, trimmed

if TYPE_CHECKING:
    import redis

TAG = "{shield}:session:"


class Bounds(Struct, frozen=True):
    """What sessions may take: of all workers together, and each by itself.

    Seconds to live after the last write; sessions in all, of one principal, and their bytes;
    texts, bytes of text, and turns of one session.
    """

    seconds: int = 1_800
    most: int = 20_000
    per_principal: int = 100
    size: int = 67_108_864
    texts: int = 64
    text_bytes: int = 65_536
    turns: int = 256


class RedisSessions:
    """A `SessionStore` that workers share.

    Args:
        client: a client that answers bytes, with timeouts.
        secret: the key under which sessions are encrypted; the same for all workers.
        bounds: of all workers together, whoever writes.
        clock: seconds, from any beginning.
    """

    def __init__(
        self,
        client: "redis.Redis",
        secret: bytes,
        bounds: Bounds,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        room = Room(bounds.seconds, bounds.most, bounds.per_principal, bounds.size)
        self._records = Records(client, secret, TAG, room, clock=clock)
        self._bounds = bounds

    @classmethod
    def of(cls, url: str, secret: bytes, bounds: Bounds) -> Self:
        """The store at an address. Whether it answers is decided request by request.

        Raises:
            SetupError: the address is none.
        """
        return cls(connected(url), secret, bounds)

    def read(self, key: str) -> Session:
        """The session of `key`; empty when there is none or it has expired.

        Raises:
            StoreError: the store fails, or what it holds cannot be opened; that is erased.
        """
        plain = self._records.read(key)
        return Session() if plain is None else _session(plain)

    def write(self, key: str, session: Session, *, principal: str) -> None:
        """Keep a session as the newest, with what other workers have kept of it meanwhile.

        Raises:
            StoreError: the store fails, or the session changes faster than it can be read.
        """
        shared = key == principal

        def whole(held: bytes | None) -> bytes:
            both = session if held is None else merged(_session(held), session)
            return _plain(self._within(both, shared=shared))

        self._records.change(key, principal, whole)

    def forget(self, key: str) -> None:
        """Erase a session."""
        self._records.forget(key)

    def forget_owner(self, principal: str) -> None:
        """Erase all sessions of an owner, and what they share."""
        self._records.forget_owner(principal)

    def __len__(self) -> int:
        return len(self._records)

    def _within(self, session: Session, *, shared: bool) -> Session:
        bounds = self._bounds
        turns = MOST_TRIES if shared else bounds.turns
        return trimmed(session, bounds.texts, bounds.text_bytes, turns)


def _plain(session: Session) -> bytes:
    # The standard library's JSON keeps lone surrogates, which msgspec refuses.
    return json.dumps(msgspec.to_builtins(session), separators=(",", ":")).encode()


def _session(plain: bytes) -> Session:
    """A session that was kept.

    Raises:
        StoreError: another release has kept it.
    """
    try:
        return msgspec.convert(json.loads(plain), Session)
    except (ValueError, msgspec.ValidationError):
        raise StoreError("a session that this release cannot read") from None
