"""Placeholders for personal data, and the way back: `<EMAIL_1>` stands for one value in one session.

The model reads placeholders; who wrote the values reads the values. A session's values are kept
under its key, an HMAC of tenant, principal and session, so that nobody else's key opens them.
"""

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

# What the objects of a session and of a value weigh beside their text, measured on CPython 3.11
# and rounded up.
_SESSION_BYTES, _VALUE_BYTES = 1_200, 700
_ENDING = re.compile(r"_(?:ADDRESS|NUMBER|CODE)$")
_NAME = r"[A-Za-z]{1,24}(?:\\?_[A-Za-z]{1,24}){0,5}\\?_\d{1,9}"
# Models and renderers put placeholders into HTML, JSON and Markdown. What stands in a link stays:
# fetching it would carry the value away.
_SHOWN = re.compile(
    rf"(?P<link>(?:[A-Za-z][A-Za-z0-9+.-]{{0,20}}:)?//\S*)"
    rf"|(?:\\?<|&lt;|&#60;|\\u003[cC])\s?(?P<name>{_NAME})\s?(?:\\?>|&gt;|&#62;|\\u003[eE])"
)


class VaultStore(Protocol):
    """Where values live while placeholders stand for them. Implementations bound and expire them."""

    def token(self, session: str, owner: str, kind: str, value: str) -> str:
        """The placeholder of a value, always the same in a session; empty when there is no room.

        `session` and `owner` are keys; `kind` is the slug of the rule that found the value.
        """

    def restore(self, session: str, text: str) -> str:
        """The text with the values of this session's placeholders; others stay as they are."""

    def forget(self, session: str) -> None:
        """Erase a session's values."""

    def forget_owner(self, owner: str) -> None:
        """Erase the values of all sessions of an owner."""


class _Drawer:
    """The values of one session."""

    __slots__ = ("at", "counts", "names", "owner", "values", "weight")

    def __init__(self, owner: str, at: float) -> None:
        self.owner, self.at, self.weight = owner, at, _SESSION_BYTES
        self.names: dict[tuple[str, str], str] = {}
        self.values: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def add(self, kind: str, value: str) -> str:
        self.counts[kind] = number = self.counts.get(kind, 0) + 1
        name = f"{kind}_{number}"
        self.names[kind, value], self.values[name] = name, value
        self.weight += _cost(value)
        return name


class LocalVault:
    """A `VaultStore` for one process.

    Args:
        seconds: a session's values expire this long after one of them was last met.
        entries: values of one session; later ones get no placeholder.
        per_owner: sessions of one owner; the oldest goes first.
        size: bytes of all values together, about; the oldest sessions go first.
        clock: seconds, from any beginning. Time that runs backwards counts as none.
    """

    def __init__(
        self,
        *,
        seconds: float,
        entries: int,
        per_owner: int,
        size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._entries, self._per_owner, self._size = (
            seconds,
            entries,
            per_owner,
            size,
        )
        self._clock, self._last, self._passed = clock, clock(), 0.0
        self._kept: OrderedDict[str, _Drawer] = OrderedDict()
        self._owned: dict[str, OrderedDict[str, None]] = {}
        self._used = 0
        self._lock = threading.Lock()

    def token(self, session: str, owner: str, kind: str, value: str) -> str:
        """The placeholder of a value; empty when the session, or the vault, has no room for it."""
        label, cost = label_of(kind), _cost(value)
        if _SESSION_BYTES + cost > self._size:
            return ""
        with self._lock:
            drawer = self._opened(session, owner)
            name = drawer.names.get((label, value))
            if name is None:
                if len(drawer.names) >= self._entries or drawer.weight + cost > self._size:
                    return ""
                name = drawer.add(label, value)
                self._used += cost
                self._shrink()
            return f"<{name}>"

    def restore(self, session: str, text: str) -> str:
        """The text with this session's values; what stands in a link stays a placeholder."""
        with self._lock:
            drawer = self._kept.get(session)
            expired = drawer is None or self._now() - drawer.at > self._seconds
            values = {} if drawer is None or expired else dict(drawer.values)
        return restored(text, lambda: values)

    def forget(self, session: str) -> None:
        """Erase a session's values."""
        with self._lock:
            self._drop(session)

    def forget_owner(self, owner: str) -> None:
        """Erase the values of all sessions of an owner."""
        with self._lock:
            for session in tuple(self._owned.get(owner, ())):
                self._drop(session)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def used(self) -> int:
        """Bytes of memory, about and rather more than less."""
        return self._used

    def _opened(self, session: str, owner: str) -> _Drawer:
        """The session's drawer as the newest, after what is older than its time has gone."""
        now = self._now()
        while self._kept and now - self._kept[oldest := next(iter(self._kept))].at > self._seconds:
            self._drop(oldest)
        drawer = self._kept.get(session)
        if drawer is None:
            drawer = self._kept[session] = _Drawer(owner, now)
            self._used += drawer.weight
            owned = self._owned.setdefault(owner, OrderedDict())
            owned[session] = None
            if len(owned) > self._per_owner:
                self._drop(next(iter(owned)))
        drawer.at = now
        self._kept.move_to_end(session)
        self._shrink()
        return drawer

    def _shrink(self) -> None:
        """Drop the oldest sessions; the newest fits by itself."""
        while self._used > self._size:
            self._drop(next(iter(self._kept)))

    def _drop(self, session: str) -> None:
        drawer = self._kept.pop(session, None)
        if drawer is not None:
            self._used -= drawer.weight
            owned = self._owned[drawer.owner]
            owned.pop(session, None)
            if not owned:
                del self._owned[drawer.owner]

    def _now(self) -> float:
        """Seconds that have passed so far: a clock that is set back keeps nothing alive."""
        read = self._clock()
        if math.isfinite(read):
            self._passed += max(0.0, read - self._last)
            self._last = read
        return self._passed


def label_of(kind: str) -> str:
    """What a placeholder says of a value: `EMAIL` for `email-address`."""
    letters = re.sub(r"[^A-Z]+", "_", kind.upper()).strip("_")
    return _ENDING.sub("", letters) or "VALUE"


def restored(text: str, values: Callable[[], dict[str, str]]) -> str:
    """The text with values in place of their placeholders; they are asked for when there are some.

    What stands in a link stays a placeholder.
    """
    if not any(shown["name"] for shown in _SHOWN.finditer(text)):
        return text
    found = values()
    return _SHOWN.sub(lambda shown: _value(shown, found), text) if found else text


def _value(shown: "re.Match[str]", values: dict[str, str]) -> str:
    name = (shown["name"] or "").replace("\\", "").upper()
    return values.get(name, shown[0])


def _cost(value: str) -> int:
    return _VALUE_BYTES + (len(value) if value.isascii() else 4 * len(value))
