"""Two accounts of one session made one: what two workers remembered side by side."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

from shield.memory.session import Session

T = TypeVar("T", bound=Hashable)


def merged(kept: Session, mine: Session) -> Session:
    """Mine, and before it what is kept and I do not know of: another worker wrote it meanwhile.

    Nothing is forgotten on purpose but by bounds, so that whoever writes next cuts to them again.
    """
    texts = {segment.text for segment in mine.history}
    digests = {turn.digest for turn in mine.trail}
    return Session(
        (*(s for s in kept.history if s.text not in texts), *mine.history),
        (*(t for t in kept.trail if t.digest not in digests), *mine.trail),
        (*_beyond(kept.steps, mine.steps), *mine.steps),
    )


def _beyond(kept: Iterable[T], mine: Sequence[T]) -> Iterable[T]:
    """What is kept more often than I have it: the same call may be made twice."""
    left = Counter(mine)
    for step in kept:
        if left[step]:
            left[step] -= 1
        else:
            yield step
