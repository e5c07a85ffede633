"""Who is told about verdicts: the protocols, and the telling.

An observer must not raise and must not block: it is told on the thread of the request.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from shield.about import About
from shield.types import Caller, Verdict

Took = Callable[[str, float], None]


class Observer(Protocol):
    """Told about every verdict; must not raise and must not block."""

    def verdict(self, verdict: Verdict, caller: Caller) -> None:
        """A verdict was given."""


@runtime_checkable
class Witness(Protocol):
    """An observer that is told what a verdict was about, too, in place of `verdict`."""

    def witness(self, verdict: Verdict, caller: Caller, about: About) -> None:
        """A verdict was given."""


@runtime_checkable
class Stopwatch(Protocol):
    """An observer that is told how long scanners work; called from many threads."""

    def took(self, scanner: str, seconds: float) -> None:
        """A scanner has worked on a subject."""


def tell(
    observers: Iterable[Observer], verdict: Verdict, caller: Caller, about: Callable[[], About]
) -> None:
    """Tell all observers; `about` is asked for once at most, where somebody wants to know."""
    known: About | None = None
    for observer in observers:
        if isinstance(observer, Witness):
            known = known or about()
            observer.witness(verdict, caller, known)
        else:
            observer.verdict(verdict, caller)


def clocked(observers: Sequence[Observer]) -> Took | None:
    """Tells every stopwatch among the observers; None without one."""
    watches = [o for o in observers if isinstance(o, Stopwatch)]
    if not watches:
        return None

    def took(scanner: str, seconds: float) -> None:
        for watch in watches:
            watch.took(scanner, seconds)

    return took
