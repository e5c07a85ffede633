"""What operators have ordered: a folder that all workers read, beside the policy unless said otherwise.

`order.json` holds the mode and the version that a rollback has pinned, `rollout.json` the
rollout that is under way. Each is written whole and moved into place; what cannot be read, or what
anybody may write, changes nothing: the last order that could be read holds.
"""

import fcntl
import logging
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from shield.errors import SetupError

_log = logging.getLogger("shield.ops")
_LOOK = 0.2
_MOST = 65_536
_UNSEEN = (0, 0, 0)
ORDER, ROLLOUT = "order.json", "rollout.json"

Mode = Literal["enforce", "shadow", "off"]
T = TypeVar("T", bound=Struct)


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator has ordered, why and when (seconds since 1970).

    `mode` may only loosen what the policy says, never enforce one that observes. `pinned` is the
    digest of the version that a rollback went back to; it holds as long as the policy file
    still is `instead`.
    """

    mode: Mode = "enforce"
    reason: str = ""
    at: float = 0.0
    pinned: str = ""
    instead: str = ""


def folder_of(policy: Path) -> Path:
    """Where the state of a policy file lies: SHIELD_STATE, else a folder beside it."""
    named = os.environ.get("SHIELD_STATE", "")
    return Path(named) if named else policy.with_suffix(".state")


class Watched(Generic[T]):
    """A small JSON file as it is now; looked at again at most five times a second.

    Args:
        path: the file; where there is none, `missing` holds.
        kind: what the file holds.
        missing: what holds without a file.
        clock: seconds, from any beginning.
    """

    def __init__(
        self, path: Path, kind: type[T], missing: T, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._kind, self._missing, self._clock = path, kind, missing, clock
        self._next, self._seen, self._lock = 0.0, _UNSEEN, Lock()
        self.value = missing
        self.failing = False

    def now(self) -> T:
        """What the file says; where it cannot be read, what it said before."""
        at = self._clock()
        if at < self._next:
            return self.value
        with self._lock:
            if self._clock() >= self._next:
                self._look()
                self._next = at + _LOOK
        return self.value

    def _look(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self.value, self._seen, self.failing = self._missing, _UNSEEN, False
            return
        except OSError as error:
            self._fails(type(error).__name__)
            return
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen == self._seen:
            return
        self._seen = seen
        if stat.S_IMODE(found.st_mode) & stat.S_IWOTH:
            self._fails("anybody may write it")
            return
        if found.st_uid not in {0, os.geteuid()}:
            self._fails("it belongs to somebody else")
            return
        self._read()

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                raw = file.read(_MOST)
            self.value = msgspec.json.decode(raw, type=self._kind)
            self.failing = False
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._fails(type(error).__name__)
        except OSError as error:
            self._seen = _UNSEEN  # it may be read at the next look
            self._fails(type(error).__name__)

    def _fails(self, why: str) -> None:
        if not self.failing:
            _log.error("%s changes nothing: %s", self._path, why)
        self.failing = True


def put(path: Path, value: Struct) -> None:
    """Write a file whole, readable and writable by its owner alone.

    Raises:
        OSError: it cannot be written; the old one stands.
    """
    _made(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(value), indent=1))
            file.flush()
            os.fsync(file.fileno())
        _handed(Path(name))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time changes what lies in the folder."""
    _made(folder)
    with (folder / ".lock").open("w") as file:
        _handed(folder / ".lock")
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _made(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True)
        _handed(folder)


def _handed(path: Path) -> None:
    """What root writes is given to whom the folder belongs: workers must be able to read it."""
    if os.geteuid() == 0:
        of = path.parent.stat()
        os.chown(path, of.st_uid, of.st_gid)


def held(path: Path, kind: type[T], missing: T) -> T:
    """What a file says now; `missing` where there is none.

    Raises:
        SetupError: it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return missing
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise SetupError(
            "the file cannot be read", where=path, mend="delete it: the policy holds without it"
        ) from None
