"""What was made of a text is remembered by its content: a resent conversation costs next to nothing."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_COST, _LEAST = 12, 1_000  # bytes of memory a character, and a text, about


class Memo:
    """Results of pure functions of a text: bounded, oldest first out, for any thread.

    Nothing in it depends on who asked, so that nobody can put words into another's mouth.

    Args:
        size: bytes of memory, about.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._kept: dict[tuple[Callable[[str], Any], str], Any] = {}
        self._lock = threading.Lock()

    def of(self, text: str, how: Callable[[str], T]) -> T:
        """`how(text)`, made once. `how` is a function of a module and never returns None."""
        key = how, text
        known: T | None = self._kept.get(key)  # without the lock: most calls find what they ask for
        if known is not None:
            return known
        made = how(text)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._left -= _COST * len(text) + _LEAST
            while self._left < 0 and self._kept:
                oldest = next(iter(self._kept))
                del self._kept[oldest]
                self._left += _COST * len(oldest[1]) + _LEAST
        return made
