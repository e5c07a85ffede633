"""An adaptive attack: for each attack that is stopped, a search for a disguise in which it passes.

Beam search over the transforms of `mutate.py`: all of them alone in an order of the attack's own,
then further ones over the weakest variants, up to three deep, as far as a reader could undo them. A
variant is the weaker the less was found in it. Attacks take turns, one try each, so that the
time is shared evenly; the tries of an attack do not depend on the time.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from random import Random
from typing import NamedTuple

from msgspec import Struct

from shield.audit.budget import Rate, rate
from shield.audit.corpus import Case
from shield.audit.disguised import disguised, message, plain
from shield.audit.judges import Judge
from shield.audit.mutate import TRANSFORMS, Transform, follows
from shield.audit.replay import judged, verdicts
from shield.types import Verdict

SEED = 7
_BEAM, _DEEP = 3, 3
_WITHIN = (1, 10, 100, 1_000)


class Escape(Struct, frozen=True):
    """A case that passed under these transforms, and how many variants had been tried."""

    id: str
    group: str
    names: tuple[str, ...]
    tries: int


class Reached(Struct, frozen=True):
    """Attacks that had passed after so many tries; only where every attack was given as many."""

    tries: int
    rate: Rate


class Search(Struct, frozen=True):
    """What an adaptive attack came to. `transforms` counts each in the disguises that passed."""

    attacks: int
    tries: int
    escaped: Rate
    within: tuple[Reached, ...]
    transforms: tuple[tuple[str, int], ...]
    escapes: tuple[Escape, ...]


class _Variant(NamedTuple):
    """The turns that carry an attack now, by which transforms, and how much was found in it."""

    turns: tuple[str, ...]
    chain: tuple[Transform, ...]
    strength: float = 0.0


_Hunt = Generator[_Variant, float, None]


class _Open(NamedTuple):
    """An attack that is searched."""

    case: Case
    hunt: _Hunt
    variant: _Variant
    tries: int


def search(
    judge: Judge,
    cases: Iterable[Case],
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Search:
    """Search for escapes of the attacks among `cases` that are stopped as they are."""
    until = clock() + seconds
    waiting: deque[_Open] = deque()
    for case in plain(cases, SEED):
        if clock() >= until:
            break
        if _found(judge, case)[0]:
            hunt = _hunt(message(case), case.id)
            waiting.append(_Open(case, hunt, next(hunt), 0))
    attacks, spent, escapes = len(waiting), 0, []
    while waiting and clock() < until:
        one = waiting.popleft()
        names = tuple(made.name for made in one.variant.chain)
        tries = one.tries + 1
        spent += 1
        shown = disguised(one.case, one.variant.turns, "+".join(names))
        stopped, strength = _found(judge, shown)
        if not stopped:
            escapes.append(Escape(one.case.id, one.case.group, names, tries))
            continue
        # One that has no variant left has passed in none, however many tries it had been given.
        with suppress(StopIteration):
            waiting.append(_Open(one.case, one.hunt, one.hunt.send(strength), tries))
    fewest = min((one.tries for one in waiting), default=_WITHIN[-1])
    return _summed(attacks, spent, fewest, escapes)


def _found(judge: Judge, case: Case) -> tuple[bool, float]:
    """Whether a case is stopped, and how strong the findings are: their sum, then the surest."""
    found = verdicts(judge, case)
    return judged(case, found).stopped, max(map(_strength, found), default=0.0)


def _strength(verdict: Verdict) -> float:
    findings = (*verdict.findings, *verdict.shadow)
    return verdict.score + max((finding.score for finding in findings), default=0.0)


def _hunt(text: str, name: str) -> _Hunt:
    """The variants of a text, weakest first of each depth; is told the strength of each."""
    rng = Random(f"{name}\0{SEED}")  # noqa: S311 — the same order every time
    beam = [_Variant((text,), ())]
    tried: set[tuple[str, ...]] = {(text,)}
    for _ in range(_DEEP):
        made: list[_Variant] = []
        steps = [(start, t) for start in beam for t in TRANSFORMS.values() if _fits(start, t)]
        for start, transform in rng.sample(steps, len(steps)):
            turns = tuple(turn for part in start.turns for turn in transform(part, SEED))
            if turns not in tried:
                tried.add(turns)
                variant = _Variant(turns, (*start.chain, transform))
                made.append(variant._replace(strength=(yield variant)))
        beam = sorted(made, key=lambda variant: variant.strength)[:_BEAM]


def _fits(start: _Variant, transform: Transform) -> bool:
    return transform not in start.chain and all(
        follows(before.idea, transform.idea) for before in start.chain
    )


def _summed(attacks: int, spent: int, fewest: int, escapes: list[Escape]) -> Search:
    """`fewest` are the tries that every attack was given that did not pass."""
    used = Counter(name for escape in escapes for name in escape.names)
    reached = (
        Reached(most, rate(sum(escape.tries <= most for escape in escapes), attacks))
        for most in _WITHIN
        if attacks and most <= fewest
    )
    return Search(
        attacks=attacks,
        tries=spent,
        escaped=rate(len(escapes), attacks),
        within=tuple(reached),
        transforms=tuple(sorted(used.items(), key=lambda item: (-item[1], item[0]))),
        escapes=tuple(sorted(escapes, key=lambda escape: (escape.group, escape.id))),
    )
