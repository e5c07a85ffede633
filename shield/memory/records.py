"""Records in Redis or Valkey that workers share: encrypted, bounded, expiring, replaced as a whole.

A record has a version: who replaces it says which one it has read, and nobody's change is lost.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import redis
from msgspec import Struct
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as Slow
from redis.retry import Retry

from shield.errors import SetupError, StoreError
from shield.memory import scripts
from shield.memory.sealed import opened, sealed

_log = logging.getLogger("shield.store")
_TRIES = 16
_TOGETHER = 256  # records read in one step
_REST = 1.0


class Room(Struct, frozen=True):
    """What records of a kind may take, of all workers together.

    Seconds to live after the last write; records in all, of one owner, and their bytes.
    """

    seconds: int
    most: int
    per_owner: int
    size: int


class Records:
    """Records of one kind.

    Args:
        client: a client that answers bytes, with timeouts.
        secret: the key under which records are encrypted; the same for all workers.
        tag: begins all keys, and holds a hash tag.
        room: the bounds.
        clock: seconds, from any beginning; after the store could not be reached it is left alone
            for a second, in which everything fails at once.
    """

    def __init__(
        self,
        client: "redis.Redis",
        secret: bytes,
        tag: str,
        room: Room,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._secret, self._tag, self._room = client, secret, tag, room
        self._write = client.register_script(scripts.WRITE)
        self._forget = client.register_script(scripts.FORGET)
        self._forget_owner = client.register_script(scripts.FORGET_OWNER)
        self._clock, self._until = clock, 0.0
        self._failing: set[str] = set()

    def read(self, name: str) -> bytes | None:
        """A record; None when there is none or it has expired.

        Raises:
            StoreError: the store fails, or what it holds cannot be opened; that is erased.
        """
        data = self._held(name)[1]
        if data is None:
            return None
        try:
            return opened(data, self._tag + name, self._secret)
        except StoreError:
            _log.exception("a record of the store is unreadable and was erased")
            self.forget(name)
            raise

    def all(self) -> Iterator[bytes]:
        """Every record that can be opened, the one written last at the end.

        Raises:
            StoreError: the store fails.
        """
        names = self._asked("read", lambda: self._client.zrange(f"{self._tag}all", 0, -1))
        for begin in range(0, len(names), _TOGETHER):
            some = [name.decode() for name in names[begin : begin + _TOGETHER]]
            for name, data in zip(
                some, self._asked("read", partial(self._many, some)), strict=True
            ):
                plain = None if data is None else self._opened(data, name)
                if plain is not None:
                    yield plain

    def change(self, name: str, owner: str, changed: Callable[[bytes | None], bytes]) -> None:
        """Replace a record by what `changed` makes of it. Under its owner's own name it does not count
        among the owner's.

        Raises:
            StoreError: the store fails, or the record changes faster than it can be read.
        """
        for _ in range(_TRIES):
            version, data = self._held(name)
            plain = changed(None if data is None else self._opened(data, name))
            if self._put(name, owner, version, sealed(plain, self._tag + name, self._secret)):
                return
        raise StoreError("a record changes too fast to be written")

    def forget(self, name: str) -> None:
        """Erase a record."""
        self._asked("written", lambda: self._forget(args=[self._tag, name]))

    def forget_owner(self, owner: str) -> None:
        """Erase all records of an owner, and what lies under the owner's own name."""
        self._asked("written", lambda: self._forget_owner(args=[self._tag, owner]))

    def __len__(self) -> int:
        found: int = self._asked("read", lambda: self._client.zcard(f"{self._tag}all"))
        return found

    def _many(self, names: list[str]) -> list[bytes | None]:
        with self._client.pipeline(transaction=False) as together:
            for name in names:
                together.hget(f"{self._tag}record:{name}", "data")
            found: list[bytes | None] = together.execute()
        return found

    def _held(self, name: str) -> tuple[bytes, bytes | None]:
        """The version and data of a record; no version where there is none."""
        key, wanted = f"{self._tag}record:{name}", ["version", "data"]
        version, data = self._asked("read", lambda: self._client.hmget(key, wanted))
        return version or b"", data

    def _opened(self, data: bytes, name: str) -> bytes | None:
        """What nobody can read is written over."""
        try:
            return opened(data, self._tag + name, self._secret)
        except StoreError:
            return None

    def _put(self, name: str, owner: str, version: bytes, data: bytes) -> bool:
        room = self._room
        args: list[Any] = [self._tag, name, owner, version, secrets.token_hex(8), data]
        args += [room.seconds * 1000, room.per_owner, room.most, room.size]
        return bool(self._asked("written", lambda: self._write(args=args)))

    def _asked(self, use: str, ask: Callable[[], Any]) -> Any:
        """What the store answers when it is read or written.

        Raises:
            StoreError: it fails, or has just failed.
        """
        if self._clock() < self._until:
            raise StoreError("the shared store has just failed")
        try:
            answer = ask()
        except (RedisError, OSError) as error:
            if isinstance(error, Unreachable | Slow | OSError):
                self._until = self._clock() + _REST
            if use not in self._failing:
                _log.error("the shared store cannot be %s: %s", use, type(error).__name__)
                self._failing.add(use)
            raise StoreError("the shared store failed") from None
        if use in self._failing:
            _log.warning("the shared store can be %s again", use)
            self._failing.discard(use)
        return answer


def connected(url: str, seconds: float = 0.25) -> "redis.Redis":
    """A client for an address, which may set `?socket_timeout=` of its own; nothing is asked yet.

    Raises:
        SetupError: the address is none; it is not repeated, because it may hold a password.
    """
    again = Retry(NoBackoff(), 1, supported_errors=(Unreachable,))  # a connection gone stale
    try:
        return redis.Redis.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=again
        )
    except ValueError:
        raise SetupError(
            "the address of the shared store is none", mend="redis://host:port/number"
        ) from None
