"""Placeholders' values that workers share: one value has one placeholder whichever worker met it.

A vault that fails puts nothing away and gives nothing back: values are cut out without a way
back, and placeholders stay as they are. Neither lets anything pass.
"""

import json
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec import Struct

from shield.errors import StoreError
from shield.memory.records import Records, Room, connected
from shield.memory.vault import label_of, restored

if TYPE_CHECKING:
    import redis

TAG = "{shield}:vault:"


class _Drawer(Struct, frozen=True):
    """The values of one session, in the order in which they were met: (kind, value)."""

    entries: tuple[tuple[str, str], ...] = ()

    def names(self) -> dict[str, str]:
        """The values by the names of their placeholders."""
        counts: dict[str, int] = {}
        found: dict[str, str] = {}
        for kind, value in self.entries:
            counts[kind] = counts.get(kind, 0) + 1
            found[f"{kind}_{counts[kind]}"] = value
        return found

    def name(self, kind: str, value: str) -> str:
        """The name of a value's placeholder; empty when it has none."""
        alike = [v for k, v in self.entries if k == kind]
        return f"{kind}_{alike.index(value) + 1}" if value in alike else ""


class RedisVault:
    """A `VaultStore` that workers share.

    Args:
        client: a client that answers bytes, with timeouts.
        secret: the key under which values are encrypted; the same for all workers.
        room: the bounds of all workers together; a record is a session's values.
        entries: values of one session; later ones get no placeholder.
        clock: seconds, from any beginning.
    """

    def __init__(
        self,
        client: "redis.Redis",
        secret: bytes,
        room: Room,
        *,
        entries: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._records = Records(client, secret, TAG, room, clock=clock)
        self._entries, self._size = entries, room.size

    @classmethod
    def of(cls, url: str, secret: bytes, room: Room, *, entries: int) -> Self:
        """The vault at an address.

        Raises:
            SetupError: the address is none.
        """
        return cls(connected(url), secret, room, entries=entries)

    def token(self, session: str, owner: str, kind: str, value: str) -> str:
        """The placeholder of a value; empty when there is no room, or the store fails."""
        label, name = label_of(kind), ""

        def added(held: bytes | None) -> bytes:
            nonlocal name
            drawer = _drawer(held)
            name = drawer.name(label, value)
            if not name and len(drawer.entries) < self._entries:
                drawer = _Drawer((*drawer.entries, (label, value)))
                name = drawer.name(label, value)
            plain = json.dumps(drawer.entries, separators=(",", ":")).encode()
            if len(plain) > self._size // 2:  # what outgrows the store would be erased by it
                raise StoreError("no room")
            return plain

        try:
            self._records.change(session, owner, added)
        except StoreError:
            return ""
        return f"<{name}>" if name else ""

    def restore(self, session: str, text: str) -> str:
        """The text with this session's values; as it is when the store fails."""
        return restored(text, lambda: self._values(session))

    def forget(self, session: str) -> None:
        """Erase a session's values."""
        self._records.forget(session)

    def forget_owner(self, owner: str) -> None:
        """Erase the values of all sessions of an owner."""
        self._records.forget_owner(owner)

    def _values(self, session: str) -> dict[str, str]:
        try:
            return _drawer(self._records.read(session)).names()
        except StoreError:
            return {}


def _drawer(held: bytes | None) -> _Drawer:
    if held is None:
        return _Drawer()
    try:
        return msgspec.convert({"entries": json.loads(held)}, _Drawer)
    except (ValueError, msgspec.ValidationError):
        raise StoreError("values that this release cannot read") from None
